"""What a node answers instead of a result: codes and texts of protocol note 9.3.

Codes from 200 on are 200 plus the error's position in the node's list.
"""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Codes of JSON-RPC errors, by the name that the node gives them."""

    PARSE = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    WRAPPED = -32004
    NOT_SUBSCRIBED = -1
    ALREADY_SUBSCRIBED = -2
    TX_TOO_BIG = 213
    NONCE_ALREADY_USED = 220
    ALREADY_IN_MEMPOOL = 228
    REFERENCE_TOPOHEIGHT = 231
    FEE_TOO_LOW = 235
    EXTRA_DATA = 240
    SYNCING = 253
    SIGNATURE = 254
    NOT_ON_DISK = 264
    TX_VERSION = 273
    NONCE_RANGE = 279
    ALREADY_IN_CHAIN = 289
    SENDER_IS_RECEIVER = 296
    ANY = 299
    NONCE = 300
    NO_POINT = 302
    MULTISIG_NOT_CONFIGURED = 306
    MULTISIG_PARTICIPANTS = 307
    MULTISIG_THRESHOLD = 308
    FORMAT = 309
    MULTISIG_NOT_FOUND = 312


class NodeError(Exception):
    """An error object of JSON-RPC: code and message."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class HangUpError(Exception):
    """The node drops the connection without a reply: its handler panicked, or it was told to."""


class DevnetError(Exception):
    """A wrong setting or control request; the sentence says what to mend."""


def invalid_params(detail: str) -> NodeError:
    """Return the error for parameters that do not read."""
    return NodeError(Code.INVALID_PARAMS, f"Invalid params: {detail}")


def invalid_request(detail: str) -> NodeError:
    """Return the error for what the node calls an invalid request, such as an unknown task."""
    return NodeError(Code.INVALID_REQUEST, f"Invalid request: {detail}")


def wrapped(context: str, cause: str) -> NodeError:
    """Return the error for what the node wraps with a context."""
    return NodeError(Code.WRAPPED, f"{context}: {cause}")
