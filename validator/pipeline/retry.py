"""Whether another worker might decide what this one could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.protocol import CheckStatus
from validator.domain.verdict import Decision

if TYPE_CHECKING:
    from validator.domain.verdict import Verdict


def retry_wanted(verdict: Verdict) -> bool:
    """Return True when this verdict is an abstention that a repetition elsewhere may mend.

    A task whose own program is broken is broken everywhere: it is never retried.
    """
    if verdict.decision is not Decision.ABSTAIN:
        return False
    reasons = [
        record.result.reason
        for record in verdict.checks
        if record.result.status is CheckStatus.ERROR and record.result.reason is not None
    ]
    return bool(reasons) and all(reason.retryable for reason in reasons)
