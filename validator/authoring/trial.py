"""Does a task do what its author thinks: every answer judged, and some that the author forgot.

Beside the author's own answers the kit sends an empty one, one that repeats the task's text, and,
where results of public cases could be learned by heart, a program that has learned them. None of
these may be accepted. The reference is judged twice and must end alike (threat model, row 7).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.authoring.folder import Trial
from validator.errors import ValidatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from validator.authoring.folder import TaskFolder
    from validator.domain.verdict import Verdict

KIT = "kit"
NOT_ACCEPTED = "not accept"

_BY_HEART_PYTHON = """\
import sys
KNOWN = {known!r}
print(KNOWN.get((sys.stdin.read(), tuple(sys.argv[1:])), ""), end="")
"""
_BY_HEART_CALLS = """\
import json
KNOWN = json.loads({known!r})
def {entry}(*args, **kwargs):
    key = json.dumps([args, kwargs], sort_keys=True)
    return KNOWN.get(key)
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one answer. `as_meant` says whether that is what was expected."""

    trial: Trial
    decision: str
    score: int | None
    as_meant: bool
    reasons: tuple[str, ...] = ()


def try_out(folder: TaskFolder, judge: Callable[[bytes], Verdict]) -> Iterator[Ending]:
    """Judge every answer. `judge` raises a ValidatorError for what intake refuses."""
    for trial in folder.trials:
        first = _judged(folder, trial, judge)
        yield _twice(first, folder, trial, judge) if trial.kind == "reference" else first[0]
    for trial in unwanted(folder):
        yield _judged(folder, trial, judge)[0]


def unwanted(folder: TaskFolder) -> Iterator[Trial]:
    """Yield what no task may accept: nothing at all, the task's own words, answers by heart."""
    for trial in folder.trials:
        if trial.kind == "reference":
            empty = {name: _emptied(value) for name, value in trial.answer.items() if name != "id"}
            yield _kit("empty", "an answer without anything in it", empty)
            break
    words = str(folder.task.get("description") or "")
    if words.strip():
        yield _kit("the-task-itself", "the task's own description", {"content": words})
    yield from _by_heart(folder.task)


def _emptied(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name: {"text": ""} for name in value}
    return [] if isinstance(value, list) else ""


def _kit(name: str, why: str, answer: Mapping[str, Any]) -> Trial:
    return Trial(f"{KIT}:{name}", KIT, NOT_ACCEPTED, why, answer)


def _by_heart(task: Mapping[str, Any]) -> Iterator[Trial]:
    for check in task.get("checks") or ():
        language = check.get("language") or task.get("language")
        if check.get("check") != "tests" or language != "python":
            continue
        items = check.get("cases") or check.get("calls") or []
        public = [item for item in items if not item.get("hidden")]
        if not public or len(public) == len(items):  # nothing is hidden: `lint` says so
            continue
        code = _cases_by_heart(public) if check.get("cases") else _calls_by_heart(check, public)
        yield _kit("by-heart", "the public cases learned by heart", {"code": code})
        return


def _cases_by_heart(cases: list[dict[str, Any]]) -> str:
    known = {
        (case.get("stdin", ""), tuple(case.get("args", ()))): case.get("expected_stdout") or ""
        for case in cases
    }
    return _BY_HEART_PYTHON.format(known=known)


def _calls_by_heart(check: Mapping[str, Any], calls: list[dict[str, Any]]) -> str:
    known = {
        json.dumps([call.get("args", []), call.get("kwargs", {})], sort_keys=True): call["expected"]
        for call in calls
    }
    entry = str(check.get("entry", "solve")).rpartition(":")[2]
    return _BY_HEART_CALLS.format(known=json.dumps(known), entry=entry)


def _judged(
    folder: TaskFolder, trial: Trial, judge: Callable[[bytes], Verdict]
) -> tuple[Ending, str | None]:
    """Return how an answer ended, and the digest of its result."""
    try:
        verdict = judge(folder.body(trial.answer))
    except ValidatorError as error:
        named = [item.field for item in getattr(error, "errors", ())]
        meant = trial.expected in ("refused", NOT_ACCEPTED)
        meant = meant and (trial.field is None or trial.field in named)
        return Ending(trial, "refused", None, meant, (error.detail,)), None
    decision = verdict.decision.value
    meant = decision == trial.expected
    if trial.expected == NOT_ACCEPTED:
        meant = decision != "accept"
    ending = Ending(trial, decision, verdict.score, meant, tuple(verdict.reasons))
    return ending, verdict.result_digest


def _twice(
    first: tuple[Ending, str | None],
    folder: TaskFolder,
    trial: Trial,
    judge: Callable[[bytes], Verdict],
) -> Ending:
    ending, digest = first
    again, other = _judged(folder, trial, judge)
    if digest == other:
        return ending
    reason = f"ended twice in different ways ({ending.decision}, then {again.decision})"
    return Ending(trial, ending.decision, ending.score, as_meant=False, reasons=(reason,))
