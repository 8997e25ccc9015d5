"""What the templates show: plain values made from rows and verdict documents."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from validator.domain.submission import State
from validator.web.redact import public_verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.domain.submission import SubmissionRow
    from validator.web.pages.excerpts import Code

MAX_LISTED = 200  # cases or findings of one check on a page
SECOND = 1.0
MILLI = 1000.0

FIRST = r"""{
  "task": {
    "type": "code",
    "language": "python",
    "description": "Read two whole numbers and print their sum.",
    "checks": [{"check": "tests", "cases": [{"stdin": "2 3", "expected_stdout": "5"}]}]
  },
  "answer": {"code": "a, b = map(int, input().split())\nprint(a + b)"}
}"""
"""A first submission, short enough to read before sending it."""

STATE_WORDS = {
    State.QUEUED: "waiting",
    State.RUNNING: "running",
    State.WAITING_PEERS: "with peers",
    State.WAITING_EXPERTS: "with experts",
    State.DONE: "done",
    State.PARKED: "parked",
}
DECISION_SENTENCES = {
    "accept": "The answer does what was asked.",
    "reject": "The answer does not do what was asked.",
    "escalate": "The automatic checks cannot decide; a later tier has to.",
    "abstain": "The engine could not tell. This says nothing about the answer.",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the front page."""

    row: SubmissionRow
    state: str
    decision: str | None
    score: int | None
    reason: str

    @property
    def is_final(self) -> bool:
        """No reload will change it."""
        return self.row.state.is_final


def listed(row: SubmissionRow, verdict: dict[str, Any] | None) -> Listed:
    """Return a line; without a verdict the state speaks."""
    if verdict is None:
        return Listed(row, STATE_WORDS[row.state], None, None, row.reason or "")
    reasons = verdict.get("reasons") or [""]
    return Listed(row, STATE_WORDS[row.state], verdict["decision"], verdict["score"], reasons[0])


def verdict_view(document: Mapping[str, Any], code: Code) -> dict[str, Any]:
    """Return a verdict for the template, with hidden cases counted and long lists cut.

    Findings stand beside the lines of `code` that they cite.
    """
    verdict = public_verdict(dict(document))
    return {
        **verdict,
        "sentence": DECISION_SENTENCES.get(verdict["decision"], ""),
        "percent": round(float(verdict.get("confidence") or 0) * 100),
        "checks": [_check_view(check, code) for check in verdict["checks"]],
    }


def _check_view(check: Mapping[str, Any], code: Code) -> dict[str, Any]:
    cases: Sequence[Mapping[str, Any]] = check.get("cases") or ()
    open_cases = [_case_view(case) for case in cases if not case.get("hidden")]
    findings = check.get("findings") or ()
    return {
        "name": check["check"],
        "status": check["status"],
        "score": check["score"],
        "band": check.get("band"),
        "weight": check["weight"],
        "role": _role(check),
        "summary": check.get("summary") or "",
        "reason": check.get("reason"),
        "tool": _tool(check.get("tool")),
        "duration": duration(check.get("duration_s")),
        "cases": open_cases[:MAX_LISTED],
        "hidden": sum(1 for case in cases if case.get("hidden")),
        "findings": [
            _finding_view(finding)
            | {"code": code.excerpt(check["check"], finding.get("file"), finding.get("lines"))}
            for finding in findings[:MAX_LISTED]
        ],
        "more": max(0, len(open_cases) - MAX_LISTED) + max(0, len(findings) - MAX_LISTED),
        "metrics": sorted((check.get("metrics") or {}).items()),
    }


def _case_view(case: Mapping[str, Any]) -> dict[str, Any]:
    marks = [mark for mark in ("marginal", "nondeterministic") if case.get(mark)]
    return {
        "name": case.get("name") or "",
        "status": case.get("status") or "",
        "weight": case.get("weight"),
        "detail": case.get("detail") or "",
        "marks": marks,
    }


def _finding_view(finding: Mapping[str, Any]) -> dict[str, Any]:
    place = finding.get("file") or ""
    lines = finding.get("lines")
    if lines:
        first, last = lines[0], lines[-1]
        place += f":{first}" if first == last else f":{first}-{last}"
    return {
        "severity": finding.get("severity") or "info",
        "title": finding.get("title") or finding.get("category") or "",
        "category": finding.get("category") or "",
        "place": place,
        "explanation": finding.get("explanation") or "",
    }


def _role(check: Mapping[str, Any]) -> str:
    words = [word for word in ("required", "sufficient") if check.get(word)]
    return ", ".join(words) or "counts"


def _tool(tool: Mapping[str, Any] | None) -> str:
    return "" if not tool else f"{tool.get('name') or ''} {tool.get('version') or ''}".strip()


def duration(seconds: float | None) -> str:
    """Return a duration as people read it; nothing where it is withheld (hidden cases ran)."""
    if not seconds:
        return ""
    if seconds < SECOND:
        return f"{seconds * MILLI:.0f} ms"
    return f"{seconds:.1f} s"


def moment(when: datetime | str | None) -> str:
    """Return a time in UTC to the second."""
    if when is None:
        return ""
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def curl_example(base: str) -> str:
    """Return a command that sends a first submission to this very server."""
    return (
        f"curl -sS {shlex.quote(base + '/v1/submissions?wait=30')} \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(FIRST)}"
    )
