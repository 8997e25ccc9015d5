"""A verdict's document as it is shown: with what became of it since.

The stored document never changes. Where its evidence lies and where the chain has it are laid over
it when it is read; `wire.documents.as_judged` takes that off again.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from validator.domain.posting import PostState
from validator.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from validator.evidence.shelf import Shelved

    class Shelf(Protocol):
        """Where bundles lie."""

        def look(self, verdict_id: str) -> Shelved:
            """What there is of a verdict. Raises NotFoundError."""


CHAIN_STATUS: Final[Mapping[PostState, str]] = MappingProxyType(
    {
        PostState.HELD: "none",
        PostState.UNSTARTED: "none",
        PostState.IN_PROGRESS: "prepared",
        PostState.UNCONFIRMED: "submitted",
        PostState.CONFIRMED: "confirmed",
        PostState.FINALIZED: "final",
        # A transaction went out; whether another one follows is not decided yet.
        PostState.CONFIRMED_MISSING_RECEIPT: "submitted",
        PostState.FATAL_ERROR: "failed",
    }
)
"""The contract's words (`chain.status`) for where a post stands."""


def with_evidence(
    document: Mapping[str, Any], shelf: Shelf, *, operator: bool = False
) -> dict[str, Any]:
    """Return the document with `evidence` filled in, once there is some for this reader.

    An owner sees what is released. The operator sees what is kept, without an address before that.
    Raises StoreUnavailableError.
    """
    verdict_id = str(document["verdict_id"])
    try:
        found = shelf.look(verdict_id)
    except NotFoundError:
        return dict(document)
    if not (found.released or operator):
        return dict(document)
    uri = f"/v1/verdicts/{verdict_id}/evidence" if found.released else None
    return {**document, "evidence": {"digest": found.public, "uri": uri}}


def with_chain(
    document: Mapping[str, Any], network: str, state: PostState | None, tx: str | None
) -> dict[str, Any]:
    """Return the document of a verdict on a chain's answer with `chain` filled in.

    `state` is that of its post, None when there is none yet.
    """
    status = "none" if state is None else CHAIN_STATUS[state]
    return {**document, "chain": {"network": network, "tx": tx, "status": status}}
