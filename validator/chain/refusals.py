"""What a node's error means (protocol note, 9.3).

Codes from 200 on are positions in the node's list and shift between versions: a known code decides
only where no known sentence does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from validator.errors import SubmitRefusedError

if TYPE_CHECKING:
    from validator.chain.rpc import Fault

WRAPPED: Final = -32004
INVALID_REQUEST: Final = -32600
_THERE: Final = "there"
_SENTENCES: Final = (
    ("already in mempool", _THERE),
    ("already in blockchain", _THERE),
    ("nonce", "nonce"),
    ("insufficient funds", "funds"),
    ("invalid tx fee", "fee"),
    ("invalid reference", "reference"),
    ("syncing", "syncing"),
)
_CODES: Final = {
    228: _THERE,
    289: _THERE,
    220: "nonce",
    279: "nonce",
    300: "nonce",
    235: "fee",
    231: "reference",
    253: "syncing",
}
_FIRST_OWN: Final = 200
"""Below are the codes of JSON-RPC, which never mean anything about the transaction."""


def refusal_of(fault: Fault, node: str) -> SubmitRefusedError | None:
    """Return why a transaction was not taken; None when the node has it already."""
    meaning = _meaning(fault)
    if meaning == _THERE:
        return None
    said = f"node {node} says {fault.code}: {fault.message}"
    return SubmitRefusedError(said, meaning, fault.code)


def is_absent(fault: Fault, *sentences: str) -> bool:
    """Whether an error says, in one of these ways, that something is not there."""
    if fault.code not in (WRAPPED, INVALID_REQUEST):
        return False
    said = fault.message.lower()
    return any(sentence in said for sentence in sentences)


def _meaning(fault: Fault) -> str:
    if fault.code < _FIRST_OWN:
        return "other"
    said = fault.message.lower()
    for sentence, meaning in _SENTENCES:
        if sentence in said:
            return meaning
    return _CODES.get(fault.code, "other")
