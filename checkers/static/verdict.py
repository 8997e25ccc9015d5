"""From the reports of several analyzers to one result.

The score of an answer with nothing above `max_severity` is 100 less what is allowed to remain: 1 a
note, 3 a warning, 5 an error, 30 together at most. Each group above `max_severity` takes 35 more,
and the check fails. Diagnostics of one place with one weakness (CWE) are one group: they are all
shown, and count once, with the gravest level among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checkers.protocol import CheckResult, CheckStatus, Finding, Tool
from checkers.results import cut
from checkers.static.protocol import Level
from checkers.static.tools import CHECK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checkers.static.protocol import Diagnostic, Report

RANK: Final = {"none": 0, Level.NOTE: 1, Level.WARNING: 2, Level.ERROR: 3}
SEVERITY: Final = {Level.NOTE: "low", Level.WARNING: "medium", Level.ERROR: "high"}
POINTS: Final = {Level.NOTE: 1, Level.WARNING: 3, Level.ERROR: 5}
ALLOWED_POINTS: Final = 30
POINTS_ABOVE: Final = 35
MAX_SHOWN: Final = 100
SUMMARY_CHARS: Final = 500


def merged(reports: Iterable[Report]) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of all tools in one order: file, lines, tool, rule, message."""
    return tuple(sorted(one for report in reports for one in report.found))


def levels(found: Sequence[Diagnostic]) -> list[Level]:
    """Return the level of each group: what has a place and a weakness in common is one."""
    apart = [one.level for one in found if not one.cwe]
    last: dict[tuple[str, int], tuple[int, int]] = {}  # file, CWE: last line and index of a group
    groups: list[Level] = []
    for one in sorted(one for one in found if one.cwe):
        first, end = one.lines
        known = [last[one.file, cwe] for cwe in one.cwe if (one.file, cwe) in last]
        index = next((at for reach, at in known if reach >= first), len(groups))
        if index == len(groups):
            groups.append(one.level)
        groups[index] = max(groups[index], one.level, key=RANK.__getitem__)
        for cwe in one.cwe:
            reach = last.get((one.file, cwe), (0, index))[0]
            last[one.file, cwe] = (max(reach, end), index)
    return apart + groups


def score_of(counted: Iterable[Level], max_severity: str) -> tuple[int, int]:
    """Return points on the scale 0-100, and how many groups are above what may remain."""
    counted = list(counted)
    above = sum(RANK[level] > RANK[max_severity] for level in counted)
    allowed = sum(POINTS[level] for level in counted if RANK[level] <= RANK[max_severity])
    return max(0, 100 - min(ALLOWED_POINTS, allowed) - POINTS_ABOVE * above), above


def result_of(reports: Sequence[Report], max_severity: str, pass_at: int) -> CheckResult:
    """Judge. A tool that could not read the answer leaves it undecided, unless it failed anyway."""
    found = merged(reports)
    counted = levels(found)
    score, above = score_of(counted, max_severity)
    unread = [
        f"not checked by {one.tool.name}: {one.unchecked}" for one in reports if one.unchecked
    ]
    if above:
        status, points = CheckStatus.FAIL, min(score, pass_at - 1)
    elif unread:
        status, points = CheckStatus.UNDECIDED, None
    else:
        status, points = CheckStatus.PASS if score >= pass_at else CheckStatus.FAIL, score
    return CheckResult(
        CHECK,
        status,
        points,
        cut(_summary(reports, counted, (above, max_severity), unread), SUMMARY_CHARS),
        findings=_findings(found),
        metrics={f"{level}s": float(counted.count(level)) for level in Level},
        tool=_judges(reports),
    )


def _summary(
    reports: Sequence[Report], counted: list[Level], bound: tuple[int, str], unread: list[str]
) -> str:
    names = ", ".join(report.tool.name for report in reports if report.unchecked is None)
    numbers = ", ".join(
        f"{counted.count(level)} {level}{'' if counted.count(level) == 1 else 's'}"
        for level in (Level.ERROR, Level.WARNING, Level.NOTE)
        if level in counted
    )
    above, max_severity = bound
    words = [f"{names}: {numbers or 'nothing found'}"] if names else []
    if above:
        allowed = "nothing may remain" if max_severity == "none" else f"{max_severity} is allowed"
        words.append(f"{above} above what the task lets remain ({allowed})")
    return "; ".join([*words, *unread])


def _findings(found: Sequence[Diagnostic]) -> tuple[Finding, ...]:
    """The gravest first where not all are shown; in order of their places."""
    kept = sorted(sorted(found, key=lambda one: -RANK[one.level])[:MAX_SHOWN])
    return tuple(
        Finding(
            category=f"{one.tool}/{one.rule}",
            title=one.message,
            severity=SEVERITY[one.level],
            file=one.file or None,
            lines=one.lines if one.lines[0] else None,
            explanation=", ".join(f"CWE-{number}" for number in one.cwe),
        )
        for one in kept
    )


def _judges(reports: Sequence[Report]) -> Tool:
    """All tools as one, for the record."""
    tools = [report.tool for report in reports]
    return Tool(
        "+".join(tool.name for tool in tools),
        ", ".join(f"{tool.name} {tool.version}" for tool in tools),
    )
