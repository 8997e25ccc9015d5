"""Why a decision is what it is: plain sentences, the most important first."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from checkers.protocol import CheckStatus, Reason
from validator.domain.verdict import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from validator.domain.verdict import CheckRecord

_CAUSE: Mapping[Reason | None, str] = MappingProxyType(
    {
        Reason.TASK_INVALID: "the task itself is at fault",
        Reason.TOOLCHAIN_MISSING: "this worker lacks the toolchain",
        Reason.SANDBOX_UNAVAILABLE: "no sandbox could be had",
        Reason.INTERNAL: "a fault of the engine",
        Reason.BUDGET: "the time for this submission was spent",
        Reason.MACHINE_BUSY: "the machine was too busy to time the answer",
    }
)


def explain(
    records: Sequence[CheckRecord], decision: Decision, score: int | None, *, answer_empty: bool
) -> tuple[str, ...]:
    """Return the reasons of a decision, most important first."""
    found: list[str]
    match decision:
        case Decision.REJECT:
            found = [*_failed(records, required=True), *_low(records, score)]
            found += _failed(records, required=False)
        case Decision.ACCEPT:
            found = [*_passed(records), *_failed(records, required=False), *_open(records)]
        case Decision.ABSTAIN:
            found = [*_errors(records), *_undecided(records)]
        case _:  # escalate
            found = [*_not_provable(records, answer_empty=answer_empty), *_open(records)]
    return tuple(found) or ("No check that counts for anything was run",)


def _failed(records: Sequence[CheckRecord], *, required: bool) -> Iterator[str]:
    for item in records:
        if item.result.status is CheckStatus.FAIL and item.required is required:
            kind = "required check" if required else "check"
            yield f"The {kind} {item.result.check} failed: {item.result.summary}"


def _low(records: Sequence[CheckRecord], score: int | None) -> Iterator[str]:
    if not any(item.result.status is CheckStatus.FAIL and item.required for item in records):
        yield f"The total of {score} points is below the 70 that an answer needs"


def _passed(records: Sequence[CheckRecord]) -> Iterator[str]:
    passed = [item for item in records if item.result.status is CheckStatus.PASS]
    for item in sorted(passed, key=lambda item: not item.sufficient):  # what proves it, first
        yield f"The check {item.result.check} passed: {item.result.summary}"


def _errors(records: Sequence[CheckRecord]) -> Iterator[str]:
    for item in records:
        if item.result.status is CheckStatus.ERROR:
            cause = _CAUSE[item.result.reason]
            yield (
                f"The check {item.result.check} could not be made ({cause}, not the answer):"
                f" {item.result.summary}"
            )


def _undecided(records: Sequence[CheckRecord]) -> Iterator[str]:
    for item in records:
        if item.result.status is CheckStatus.UNDECIDED:
            yield f"The check {item.result.check} could not tell: {item.result.summary}"


def _open(records: Sequence[CheckRecord]) -> list[str]:
    return [*_undecided(records), *_errors(records)]


def _not_provable(records: Sequence[CheckRecord], *, answer_empty: bool) -> Iterator[str]:
    if answer_empty:
        yield "The answer is empty, and an empty answer is never accepted"
    proofs = [item for item in records if item.sufficient]
    if not proofs:
        yield "No check of the plan can prove an answer right, so nothing found here may accept it"
    elif all(item.result.status is CheckStatus.SKIPPED for item in proofs):
        yield "No check that can prove an answer right was run"
    elif all(item.result.status in (CheckStatus.FAIL, CheckStatus.SKIPPED) for item in proofs):
        yield "No check that can prove an answer right passed"
