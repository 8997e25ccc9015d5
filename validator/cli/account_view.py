"""What one node shows of an account, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.errors import ChainUnreadableError
from validator.wire.plain import plain
from validator.wire.tos import UNITS_PER_TOS
from validator.wire.tos.rules import LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validator.chain.ports import Node
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Miner


@dataclass(frozen=True, slots=True)
class Account:
    """An account at one node. `balance` in units; `pending`: its transactions in the mempool."""

    node: str
    miner: Miner | None
    balance: int
    next_nonce: int
    pending: int


def look_up(nodes: Sequence[Node], key: PublicKey, genesis: bytes | None) -> Account:
    """Ask the first node that answers. Raises ChainUnreadableError, the last node's."""
    fault = ChainUnreadableError("there is no node to ask")
    for node in nodes:
        try:
            return _ask(node, key, genesis)
        except ChainUnreadableError as error:
            fault = error
    raise fault


def _ask(node: Node, key: PublicKey, genesis: bytes | None) -> Account:
    if genesis is not None and node.genesis() != genesis:
        raise ChainUnreadableError(
            f"node {plain(node.name)} shows another chain than the key is bound to"
        )
    waiting = node.pending(key)
    return Account(
        node.name,
        node.miner(key),
        node.balance(key),
        node.next_nonce(key),
        0 if waiting is None else len(waiting.hashes),
    )


def to_json(found: Account, address: str, fee: int) -> dict[str, Any]:
    """Return it as JSON values; `fee` is what one verdict costs, in units."""
    reputation = None if found.miner is None else found.miner.reputation
    return {
        "address": address,
        "node": found.node,
        "registered": found.miner is not None,
        "reputation": reputation,
        "may_judge": {
            difficulty.name.lower(): {
                "needs": limits.validate_reputation,
                "enough": reputation is not None and reputation >= limits.validate_reputation,
            }
            for difficulty, limits in LIMITS.items()
        },
        "balance": found.balance,
        "verdicts_paid": found.balance // fee,
        "next_nonce": found.next_nonce,
        "pending": found.pending,
    }


def rows(found: Account, address: str, fee: int) -> Iterator[tuple[str, object]]:
    """Yield names and values for people."""
    yield "address", address
    yield "node", found.node
    if found.miner is None:
        yield "registered", "no; `tos-validator account register` does it"
    else:
        yield "registered", f"at height {found.miner.registered_at}"
        yield "reputation", found.miner.reputation
        for difficulty, limits in LIMITS.items():
            least = limits.validate_reputation
            word = "enough" if found.miner.reputation >= least else "too little"
            yield f"for {difficulty.name.lower()}", f"{word}: {least} are needed"
    yield "balance", f"{found.balance} units ({found.balance / UNITS_PER_TOS:.4f} TOS)"
    yield "pays for", f"{found.balance // fee} verdicts at {fee} units"
    yield "next nonce", found.next_nonce
    yield "in the mempool", found.pending
