"""What a transaction takes from its sender (protocol note, section 5)."""

from __future__ import annotations

from devnet.errors import Code, NodeError
from devnet.ledger import TOS_ASSET
from validator.wire.tos import (
    Burn,
    PublishTask,
    RegisterMiner,
    SubmitAnswer,
    Transaction,
    Transfers,
)
from validator.wire.tos.octets import U64_MAX


def taken_by_mining(transaction: Transaction) -> int:
    """Return the units that an AI-mining payload takes beside the fee; no one ever gets them."""
    match transaction.payload:
        case RegisterMiner(registration_fee=amount):
            return amount
        case SubmitAnswer(stake_amount=amount):
            return amount
        case PublishTask(reward_amount=amount):
            return amount
    return 0


def spending(transaction: Transaction) -> dict[bytes, int]:
    """Return units by asset, the fee included. Raises NodeError when a sum leaves 64 bits."""
    found: dict[bytes, int] = {TOS_ASSET: transaction.fee + taken_by_mining(transaction)}
    match transaction.payload:
        case Burn(asset=asset, amount=amount):
            found[asset] = found.get(asset, 0) + amount
        case Transfers(transfers=transfers):
            for one in transfers:
                found[one.asset] = found.get(one.asset, 0) + one.amount
    if max(found.values()) > U64_MAX:
        raise NodeError(Code.ANY, "Arithmetic overflow during balance calculation")
    return found
