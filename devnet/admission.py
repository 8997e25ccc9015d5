"""The mempool's checks of one transaction, in the node's order (protocol note, 6.3).

No AI rule and no length of a text is checked here: a transaction that breaks one is let in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devnet.errors import Code, NodeError
from validator.wire.tos import (
    Burn,
    FeeType,
    MultiSigSetup,
    Transaction,
    Transfers,
    TxVersion,
)

if TYPE_CHECKING:
    from validator.wire.tos import PublicKey

MAX_EXTRA_DATA: Final = 128
MAX_EXTRA_DATA_SUM: Final = 32 * MAX_EXTRA_DATA


def check_form(transaction: Transaction, topoheight: int) -> None:
    """Check fee type, version, least fee and reference. Raises NodeError."""
    _check_fee_type(transaction)
    if transaction.version is not TxVersion.T0:
        raise NodeError(Code.TX_VERSION, "Invalid tx version")
    required = transaction.minimum_fee
    if transaction.fee < required:
        raise NodeError(
            Code.FEE_TOO_LOW,
            f"Invalid Tx fee, expected at least {_tos(required)}, got {_tos(transaction.fee)}",
        )
    reference = transaction.reference.topoheight
    if reference > topoheight:
        raise NodeError(
            Code.REFERENCE_TOPOHEIGHT,
            f"Transaction has an invalid reference: topoheight {reference} is higher than"
            f" our topoheight {topoheight}",
        )


def check_nonce(transaction: Transaction, expected: int) -> None:
    """Check that the nonce is the sender's next one. Raises NodeError."""
    if transaction.nonce != expected:
        raise NodeError(
            Code.NONCE,  # a node prints the two numbers in this order
            f"Invalid nonce for TX {transaction.hash().hex()}:"
            f" expected {transaction.nonce}, got {expected}",
        )


def check_payload(transaction: Transaction, setup: MultiSigSetup | None) -> None:
    """Check what other types of transactions ask for. Raises NodeError."""
    match transaction.payload:
        case Transfers():
            _check_transfers(transaction.payload, transaction.source)
        case Burn(amount=0):
            raise NodeError(Code.FORMAT, "Invalid transaction format")
        case MultiSigSetup():
            _check_setup(transaction.payload, transaction.source, setup)


def check_signatures(transaction: Transaction, setup: MultiSigSetup | None) -> None:
    """Check the source's signature, and those of a multisig. Raises NodeError."""
    if not transaction.source.is_point:
        raise NodeError(Code.NO_POINT, "Invalid transaction proof: point decompression failed")
    if not transaction.signature_holds():
        raise NodeError(Code.SIGNATURE, "Invalid transaction signature")
    if setup is None:
        if transaction.multisig is not None:
            raise NodeError(Code.MULTISIG_NOT_CONFIGURED, "MultiSig is not configured")
        return
    if transaction.multisig is None:
        raise NodeError(Code.MULTISIG_NOT_FOUND, "MultiSig not found")
    entries = transaction.multisig.signatures
    keys = dict(enumerate(setup.participants))
    if len(entries) != setup.threshold or any(entry.id not in keys for entry in entries):
        raise NodeError(Code.MULTISIG_PARTICIPANTS, "Invalid multisig participants count")
    if not transaction.multisig_holds(keys):
        raise NodeError(Code.SIGNATURE, "Invalid transaction signature")


def check_funds(available: int, required: int) -> None:
    """Check that the sender can pay. Raises NodeError."""
    if available < required:
        raise NodeError(Code.ANY, f"Insufficient funds: available {available}, required {required}")


def _check_fee_type(transaction: Transaction) -> None:
    if transaction.fee_type is FeeType.TOS:
        return
    if transaction.fee_type is FeeType.UNO or not isinstance(transaction.payload, Transfers):
        raise NodeError(Code.FORMAT, "Invalid transaction format")
    # Nobody can freeze TOS for energy on this chain.
    raise NodeError(Code.ANY, "Insufficient energy")


def _check_transfers(payload: Transfers, source: PublicKey) -> None:
    sizes = [len(one.extra_data or b"") for one in payload.transfers]
    if any(one.destination == source for one in payload.transfers):
        raise NodeError(Code.SENDER_IS_RECEIVER, "Invalid chain state, no sender output ?")
    if max(sizes) > MAX_EXTRA_DATA or sum(sizes) > MAX_EXTRA_DATA_SUM:
        raise NodeError(Code.EXTRA_DATA, "Invalid extra data in this transaction")


def _check_setup(payload: MultiSigSetup, source: PublicKey, setup: MultiSigSetup | None) -> None:
    if payload.threshold > len(payload.participants):
        raise NodeError(Code.MULTISIG_THRESHOLD, "Invalid multisig threshold")
    if source in payload.participants:
        raise NodeError(Code.MULTISIG_PARTICIPANTS, "Invalid multisig participants count")
    if not payload.threshold and setup is None:
        raise NodeError(Code.MULTISIG_NOT_CONFIGURED, "MultiSig is not configured")


def _tos(units: int) -> str:
    return f"{units // 10**8}.{units % 10**8:08d}"
