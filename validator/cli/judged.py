"""What became of one source that a command was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.cli.output import EXIT_BAD_INPUT, EXIT_OK, EXIT_OPEN, EXIT_REJECTED

if TYPE_CHECKING:
    from validator.domain.verdict import Verdict
    from validator.errors import ValidatorError


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one source: a verdict, or the error that kept it from being judged."""

    name: str
    verdict: Verdict | None
    error: ValidatorError | None = None
    duration_s: float = 0.0

    @property
    def exit_code(self) -> int:
        """As the contract gives it for one submission."""
        if self.verdict is None:
            return EXIT_BAD_INPUT
        decided = {"accept": EXIT_OK, "reject": EXIT_REJECTED}
        return decided.get(self.verdict.decision.value, EXIT_OPEN)
