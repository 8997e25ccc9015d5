"""What the operator must hear of: a log event and a count for each, told once for one cause."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)


class Alert(StrEnum):
    """The kinds; the log's event is `post_alert`, its field `kind` one of these words."""

    FOREIGN_SCORE = "foreign_score"
    """The chain shows another score under our key: nothing is begun."""
    CONFLICT = "verdict_conflict"
    """The signer has another verdict for this answer; its own is what goes out."""
    REFUSED = "verdict_refused"
    """The signer, or a rule of the chain, will never let this verdict out."""
    CLOSES_EARLY = "closes_early"
    """An accept closes its task while a better answer of ours waits or an earlier is unjudged."""
    STUCK = "stuck"
    """A transaction has been unconfirmed, or could not be looked at, for many blocks."""
    LOST = "lost"
    """A nonce is used up and no score of ours reads back."""
    NONCE_MOVED = "nonce_moved"
    """Something else used the account's nonces."""
    NODE = "refused_for_now"
    """Node or signer refuses for a reason that the operator must mend: fee, funds, a paused key."""
    OPERATOR = "needs_operator"
    """A verdict waits for the operator: approval, registration, reputation."""
    EVIDENCE = "evidence"
    """Evidence does not fit the verdict that is on the chain, and is left at the signer."""
    LATE = "late"
    """A task's deadline passed before its verdict went out."""


class Alerts:
    """Counts by kind since the start; the same kind about the same thing is told once."""

    def __init__(self) -> None:
        self._counts: Counter[Alert] = Counter()
        self._told: set[tuple[Alert, str]] = set()

    def tell(self, kind: Alert, about: str, **fields: object) -> None:
        """Tell the operator, unless this was told before. `about`: an id, or a number as text."""
        if (kind, about) in self._told:
            return
        self._told.add((kind, about))
        self._counts[kind] += 1
        log.warning("post_alert", kind=kind.value, about=about, **fields)

    def over(self, kind: Alert, about: str) -> None:
        """Say that it is mended: if it comes again, it is told again."""
        self._told.discard((kind, about))

    @property
    def counts(self) -> Mapping[Alert, int]:
        """How many of each kind were told."""
        return dict(self._counts)
