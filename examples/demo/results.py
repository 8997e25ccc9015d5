"""What became of one answer, and the sum of it all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from examples.demo.corpus import Example

UNAVAILABLE = "not available here"
"""The language has no toolchain on this machine: shown, and not counted."""

NO_VERDICT = "no verdict"


@dataclass(frozen=True, slots=True)
class Judged:
    """`seen` is a decision, `refused`, UNAVAILABLE or NO_VERDICT."""

    example: Example
    seen: str
    seconds: float
    score: int | None = None
    reasons: tuple[str, ...] = ()
    verdict: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def counts(self) -> bool:
        """False where this machine cannot judge the answer's language."""
        return self.seen != UNAVAILABLE

    @property
    def agrees(self) -> bool:
        """True when the outcome is the expected one."""
        return self.seen == self.example.expected

    @property
    def first_reason(self) -> str:
        """The most important reason, or nothing."""
        return self.reasons[0] if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over all answers that this machine could judge."""

    judged: int
    agreements: int
    wrong_accepts: int
    wrong_rejects: int
    other: int
    unavailable: int
    seconds: float

    @property
    def all_agree(self) -> bool:
        """True when at least one answer was judged and none came out otherwise than expected."""
        return 0 < self.judged == self.agreements

    def sentence(self) -> str:
        """The summary line."""
        text = (
            f"{self.agreements} of {self.judged} answers as expected, "
            f"{self.wrong_accepts} wrong accepts, {self.wrong_rejects} wrong rejects, "
            f"{self.other} other differences, in {self.seconds:.0f} s"
        )
        return text + (f"; {self.unavailable} not available here" if self.unavailable else "")


def summarize(judged: Sequence[Judged], seconds: float) -> Summary:
    """Add up; `seconds` is the wall time of the whole run."""
    counted = [item for item in judged if item.counts]
    wrong = Counter(item.seen for item in counted if not item.agrees)
    return Summary(
        judged=len(counted),
        agreements=len(counted) - wrong.total(),
        wrong_accepts=wrong["accept"],
        wrong_rejects=wrong["reject"],
        other=wrong.total() - wrong["accept"] - wrong["reject"],
        unavailable=len(judged) - len(counted),
        seconds=seconds,
    )


def from_verdict(example: Example, verdict: Mapping[str, Any], seconds: float) -> Judged:
    """Read a verdict; one that lacks a toolchain says nothing about the answer."""
    missing = any(check.get("reason") == "toolchain_missing" for check in verdict["checks"])
    undecided = verdict["decision"] in ("abstain", "escalate")
    return Judged(
        example=example,
        seen=UNAVAILABLE if missing and undecided else verdict["decision"],
        seconds=seconds,
        score=verdict["score"],
        reasons=tuple(verdict["reasons"]),
        verdict=verdict,
    )


def from_refusal(example: Example, problem: Mapping[str, Any], seconds: float) -> Judged:
    """Read a problem document; a refusal that does not name the expected field is no refusal."""
    errors = problem.get("errors") or []
    reasons = tuple(f"{error['field']}: {error['message']}" for error in errors)
    wanted = example.field
    named = wanted is None or any(str(e["field"]).startswith(wanted) for e in errors)
    return Judged(
        example=example,
        seen="refused" if named else NO_VERDICT,
        seconds=seconds,
        reasons=reasons or (str(problem.get("detail", "refused")),),
        verdict=problem,
    )
