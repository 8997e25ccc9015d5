"""Refusals of nodes, and a chain that contradicts our journal: TV090, TV091."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class SubmitRefusedError(ValidatorError):
    """A node did not take a transaction.

    `refusal` is one of `nonce` (used or out of range: read it again and rebuild), `fee`,
    `reference` (above the node's height), `syncing` (ask later), `funds`, `other` (stop).
    """

    code = "TV090"
    status = 502
    title = "Transaction refused by the node"
    hint = "The verdict is recorded and will be sent again where that can help; see `posts list`."

    def __init__(self, detail: str, refusal: str = "other", code: int | None = None) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.node_code = code


class FollowingHaltedError(ValidatorError):
    """The chain contradicts the journal where neither may change, or blocks are missing."""

    code = "TV091"
    status = 503
    title = "Following halted"
    hint = "Look at the nodes: it goes on by itself once they show the chain of the journal again."
