"""From single claims to the result: score, cases and findings, nothing hidden among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from checkers.protocol import Case, CheckResult, CheckStatus, Finding, Tool
from checkers.results import cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.claims.options import ClaimsOptions
    from checkers.claims.plan import Item

CHECK: Final = "claims"
VERSION: Final = "1"
PASS_AT: Final = 70
MAX_FINDINGS: Final = 100

NO_QUESTIONS: Final = "no claim is wrong, but the task asks no questions that they could answer"

_HIDDEN_SUMMARY: Final = {
    CheckStatus.PASS: "enough of the answers are right",
    CheckStatus.FAIL: "too few of the answers are right",
    CheckStatus.UNDECIDED: "too few of the answers could be decided",
}
"""Where a question is hidden: a count would tell how its answer ended."""

_TITLES: Final = {
    CheckStatus.FAIL: ("a claim is wrong", "high"),
    CheckStatus.UNDECIDED: ("a claim could not be decided", "info"),
    CheckStatus.SKIPPED: ("a claim is reproduced by its own program, not verified", "info"),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A claim, decided: PASS, FAIL, UNDECIDED, or SKIPPED (only its own program speaks for it).

    `why` is a clause that follows the claim's name.
    """

    item: Item
    status: CheckStatus
    why: str


def result_of(
    ended: Sequence[Ended],
    further: Sequence[Finding],
    options: ClaimsOptions,
    metrics: Mapping[str, float],
) -> CheckResult:
    """Count.

    With questions, points are the questions answered rightly, out of all questions and all wrong
    further claims: what is right beyond the questions earns nothing, so that nobody fills up a
    report with truths. What could not be decided counts both ways; where that matters, the check
    is undecided. Without questions a wrong claim fails, and right ones decide nothing: anybody can
    count the rows.
    """
    counted = [one for one in ended if _counts(one, asking=bool(options.questions))]
    findings = (*_claim_findings(ended), *further)
    cases = _cases(ended)

    def result(status: CheckStatus, score: int | None, summary: str) -> CheckResult:
        tool = Tool("tosv-claims", VERSION)
        return CheckResult(CHECK, status, score, summary, findings, cases, metrics, tool)

    if not counted:
        summary = "no claim could be verified: scripts of the answer's own prove nothing"
        return result(CheckStatus.UNDECIDED, None, summary)
    right = sum(one.status is CheckStatus.PASS for one in counted)
    open_ends = sum(one.status is CheckStatus.UNDECIDED for one in counted)
    low, high = 100 * right // len(counted), 100 * (right + open_ends) // len(counted)
    pass_at = options.pass_at or PASS_AT
    if not options.questions:
        if right + open_ends == len(counted):
            return result(CheckStatus.UNDECIDED, None, NO_QUESTIONS)
        summary = f"{right} of {len(counted)} claims are right"
        return result(CheckStatus.FAIL, min(low, pass_at - 1), summary)
    if low < pass_at <= high:
        status = CheckStatus.UNDECIDED
    else:
        status = CheckStatus.PASS if low >= pass_at else CheckStatus.FAIL
    summary = _HIDDEN_SUMMARY[status]
    if not options.has_hidden:
        summary = f"{right} of {len(counted)} answers and claims are right"
        if status is CheckStatus.UNDECIDED:
            summary += f"; {open_ends} could not be decided"
    return result(status, None if status is CheckStatus.UNDECIDED else low, summary)


def _counts(one: Ended, *, asking: bool) -> bool:
    if one.status is CheckStatus.SKIPPED:
        return False
    return not asking or one.item.asked or one.status is CheckStatus.FAIL


def _claim_findings(ended: Sequence[Ended]) -> tuple[Finding, ...]:
    found = []
    for one in ended:
        if one.item.hidden or one.status not in _TITLES:
            continue
        title, severity = _TITLES[one.status]
        found.append(Finding("claim", title, severity, explanation=_sentence(one)))
    return _limited(found, "claims")


def _sentence(one: Ended) -> str:
    why = one.why or "says nothing that this check can compute"
    return cut(f"claim {one.item.name} {why}")


def _limited(found: list[Finding], noun: str) -> tuple[Finding, ...]:
    if len(found) <= MAX_FINDINGS:
        return tuple(found)
    more = len(found) - MAX_FINDINGS
    rest = Finding(
        "claim", "there is more", "info", explanation=f"{more} more {noun} are not listed"
    )
    return (*found[:MAX_FINDINGS], rest)


def _cases(ended: Sequence[Ended]) -> tuple[Case, ...]:
    """Every claim; of a hidden question its end alone, under a name that says nothing."""
    cases = []
    hidden = 0
    for one in ended:
        if one.status is CheckStatus.SKIPPED:
            continue
        if one.item.hidden:
            hidden += 1
            cases.append(Case(f"hidden {hidden}", one.status, hidden=True))
        else:
            detail = "" if one.status is CheckStatus.PASS else _sentence(one)
            cases.append(Case(one.item.name, one.status, detail=detail))
    return tuple(cases)


def text_findings(reply: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """What the free text shows; `reply` is that of `checkers.claims.report_text`, if one came."""
    if reply is None:
        why = "looking through it took too much time or memory"
        return (Finding("text", "the text was not looked through", "info", explanation=why),)
    found = [
        Finding(
            "test",
            "a reported test contradicts itself",
            "high" if turns else "medium",
            explanation=cut(_at(name, line, _about_test(words, turns=turns))),
        )
        for name, line, words, turns in reply["tests"]
    ]
    found += [
        Finding(
            "mean",
            "a reported mean cannot be",
            "medium",
            explanation=cut(_at(name, line, f'no whole numbers of this count give "{words}"')),
        )
        for name, line, words in reply["means"]
    ]
    unsupported = [
        Finding(
            "number",
            "a number is supported by no claim",
            "low",
            explanation=cut(
                _at(name, line, f'"{number}" is the value of no claim about its columns')
            ),
        )
        for name, line, number in reply["unsupported"]
    ]
    limits = _limits_of(reply)
    return (*_limited(found, "statistics"), *_limited(unsupported, "numbers"), *limits)


def _limits_of(reply: Mapping[str, Any]) -> list[Finding]:
    """What was not looked at, and why."""
    found = [
        Finding(
            "text",
            "a text is too long",
            "info",
            explanation=f"only the start of the {name} was read",
        )
        for name in reply["cut"]
    ]
    found += [
        Finding(
            "number",
            "not all numbers were looked for",
            "info",
            explanation=f"the claims are too many to find all numbers of the {name} among them",
        )
        for name in reply["unsearched"]
    ]
    return found


def _about_test(words: str, *, turns: bool) -> str:
    said = f'the p-value of "{words}" does not follow from its statistic'
    return f"{said}, and at 0.05 the conclusion turns around" if turns else said


def _at(name: str, line: int, text: str) -> str:
    return f"{name}, line {line}: {text}"
