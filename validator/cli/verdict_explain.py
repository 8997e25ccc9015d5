"""Why an audit got its points: what the operator may read and no miner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers import jail
from checkers.audit.check import explain
from checkers.jail_parent import JailUnavailableError
from checkers.options import AuditOptions
from validator.errors import NotFoundError, ReplayRefusedError
from validator.intake import parse

if TYPE_CHECKING:
    from validator.settings import Settings

SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Explained:
    """Sentences about one check."""

    check: str
    explained: tuple[str, ...]


def explained(settings: Settings, verdict_id: str) -> list[Explained]:
    """Return one entry for each audit of a verdict's plan.

    It is computed again from the stored submission. Raises NotFoundError where the verdict or an
    audit in it is not there, ReplayRefusedError where the work did not end, and what intake raises.
    """
    from validator.cli.verdict_lists import submission_of

    intake = parse(submission_of(settings, verdict_id), settings.limits)
    audits = [one.options for one in intake.plan.checks if isinstance(one.options, AuditOptions)]
    if not audits:
        raise NotFoundError("This verdict holds no audit; other checks explain themselves.")
    try:
        return [
            Explained(one.check, tuple(explain(intake.submission, one, SECONDS))) for one in audits
        ]
    except (jail.JailError, JailUnavailableError) as error:
        raise ReplayRefusedError(f"the audit could not be explained: {error}") from None
