"""Whose error is it? Threat model, row 8.

An error that the same answer reproduces on a second worker, while a known good program runs well
on both, is the answer's own: without this rule an answer that breaks the engine on purpose would
never be rejected. A check that works in the jail has a control there as well: a jail that does not
start is no answer's doing, one that dies of an answer's bytes is. Every doubt goes the other way:
no control, one worker or another error leave it our fault.
"""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog

from checkers import jail
from checkers.protocol import CheckStatus, Reason
from validator.domain.verdict import Decision
from validator.intake import parse
from validator.pipeline.rejudge import rejudged
from validator.store.ports import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.domain.submission import Intake
    from validator.domain.verdict import CheckRecord, Verdict
    from validator.services import Services

SUMMARY = "exceeds the published limits"
SUSPICIOUS = frozenset({Reason.INTERNAL, Reason.SANDBOX_UNAVAILABLE})
"""Reasons that an answer can bring about. The others say what the worker or the task lacks.

`MACHINE_BUSY` is not among them: a busy machine times two workers alike, and a small control never
meets its own wall limit, so it would clear nobody.
"""

CONTROL_ID = "sub_control"
_C = '#include <stdio.h>\nint main(void) { puts("42"); return 0; }\n'
_LOG = "console.log(6 * 7);\n"
PROGRAMS: Mapping[str, str] = MappingProxyType(
    {
        "python": "print(6 * 7)\n",
        "c": _C,
        "cpp": _C,
        "javascript": _LOG,
        "typescript": _LOG,
        "rust": 'fn main() { println!("42"); }\n',
        "go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(42) }\n',
        "java": (
            "class Main { public static void main(String[] a) { System.out.println(6 * 7); } }\n"
        ),
        "bash": "echo $((6 * 7))\n",
    }
)
"""Programs that print 42. A language without one has no control, so it is never blamed: one that
only compiles has none.
"""

log = structlog.get_logger(__name__)


def faults_of(
    services: Services, intake: Intake, verdict: Verdict, worker: str
) -> tuple[Fault, ...]:
    """The verdict's suspicious errors, each with the outcome of a control run just now."""
    controls: dict[str, bool] = {}
    found = []
    for position, record in enumerate(verdict.checks):
        reason = suspicious(record)
        if reason is None:
            continue
        options = intake.plan.checks[position].options
        language = getattr(options, "language", None) or intake.submission.language or "python"
        if language not in controls:
            controls[language] = control_passes(services, language)
        control = controls[language] and jail.sound(record.result.check)
        found.append(Fault(position, reason.value, worker, control))
    return tuple(found)


def suspicious(record: CheckRecord) -> Reason | None:
    """The reason of an error that the answer may have brought about."""
    reason = record.result.reason
    return reason if reason in SUSPICIOUS else None


def control_passes(services: Services, language: str) -> bool:
    """Whether a small program of this language is accepted in this process's own cage, now."""
    source = PROGRAMS.get(language)
    if source is None:
        return False
    case = {"name": "control", "stdin": "", "expected_stdout": "42\n"}
    check = {"check": "tests", "cases": [case], "comparator": "trimmed"}
    document = {
        "task": {"type": "code", "language": language, "checks": [check]},
        "answer": {"code": source},
    }
    intake = parse(json.dumps(document).encode(), services.settings.limits)
    return services.pipeline.run(intake, CONTROL_ID).decision is Decision.ACCEPT


def own(fault: Fault, earlier: Sequence[Fault]) -> bool:
    """True when another worker saw the same error of the same check, and both controls passed."""
    return fault.control and any(
        before.control
        and before.worker != fault.worker
        and (before.position, before.reason) == (fault.position, fault.reason)
        for before in earlier
    )


def blamed(
    verdict: Verdict, intake: Intake, faults: Sequence[Fault], earlier: Sequence[Fault]
) -> Verdict:
    """Return the verdict with every error that is the answer's own as a failed check."""
    guilty = {fault.position for fault in faults if own(fault, earlier)}
    if not guilty:
        return verdict
    for position in sorted(guilty):
        result = verdict.checks[position].result
        log.warning(
            "defect_reproduced_by_answer",
            submission_id=verdict.submission_id,
            check=result.check,
            reason=str(result.reason),
            detail=result.summary[:200],
        )
    records = [
        _failed(record) if position in guilty else record
        for position, record in enumerate(verdict.checks)
    ]
    return rejudged(verdict, intake, records)


def _failed(record: CheckRecord) -> CheckRecord:
    result = replace(record.result, status=CheckStatus.FAIL, score=0, summary=SUMMARY, reason=None)
    return replace(record, result=result)
