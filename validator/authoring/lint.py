"""Advice about a task, without running anything: what is wrong, and what will be regretted.

An `error` keeps the task from being used. A `warning` is something that a publisher usually regrets
once miners answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from checkers.claims.options import ClaimsOptions
from checkers.option_parts import ProgramComparator
from checkers.options import (
    MathOptions,
    PerformanceOptions,
    SchemaOptions,
    TestsOptions,
)
from validator.errors import InvalidDocumentError, ValidatorError
from validator.intake import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validator.authoring.folder import TaskFolder
    from validator.domain.submission import Plan, PlannedCheck
    from validator.settings import LimitSettings

FEW_CASES = 5
BUDGET_S = 300
"""Seconds of one submission's plan (contract, section 2)."""

LOOSE = 0.01
"""Relative tolerance above which a claim is hardly a measurement."""

_SHORT_SECRET = 4
"""Characters below which a hidden value in a public text says nothing: it may be any number."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence about one field."""

    level: Literal["error", "warning"]
    field: str
    message: str


def lint(folder: TaskFolder, limits: LimitSettings) -> tuple[Advice, ...]:
    """Return all advice, errors first. Never raises for what a task can hold."""
    found = [*_answers(folder)]
    plan, refused = _plan(folder, limits)
    found += refused
    if plan is not None:
        found += _of_task(folder, plan)
        for index, item in enumerate(plan.checks):
            if plan.plan_id == "task":
                found += _of_check(f"task.checks[{index}]", item)
        found += _leaks(folder, plan)
    return tuple(sorted(found, key=lambda advice: (advice.level, advice.field, advice.message)))


def _plan(folder: TaskFolder, limits: LimitSettings) -> tuple[Plan | None, list[Advice]]:
    """Read the task with its reference answer (or any other), as intake does."""
    trials = sorted(folder.trials, key=lambda trial: trial.kind != "reference")
    answers = [trial.answer for trial in trials if trial.expected != "refused"] or [
        {"content": "x"}
    ]
    try:
        return parse(folder.body(answers[0]), limits).plan, []
    except InvalidDocumentError as error:
        return None, [Advice("error", item.field, item.message) for item in error.errors]
    except ValidatorError as error:
        return None, [Advice("error", "task", error.detail)]


def _answers(folder: TaskFolder) -> Iterator[Advice]:
    kinds = [trial.kind for trial in folder.trials]
    if "reference" not in kinds:
        message = "has no answer of kind reference: nobody knows that the task can be solved"
        yield Advice("error", "answers", message)
    if "mistake" not in kinds:
        message = "has no answer of kind mistake: nobody knows that the checks see one"
        yield Advice("error", "answers", message)
    if "hostile" not in kinds:
        message = "has no answer of kind hostile; try one that cheats as you would"
        yield Advice("warning", "answers", message)
    seen: dict[str, str] = {}
    for trial in folder.trials:
        parts = str(sorted((k, str(v)) for k, v in trial.answer.items() if k != "id"))
        if parts in seen:
            yield Advice("error", f"answers.{trial.name}", f"is the same answer as {seen[parts]}")
        seen.setdefault(parts, trial.name)


def _of_task(folder: TaskFolder, plan: Plan) -> Iterator[Advice]:
    task = folder.task
    for name, least in (("title", 1), ("description", 40)):
        if len(str(task.get(name) or "").strip()) < least:
            yield Advice("warning", f"task.{name}", "is missing or says too little for a miner")
    accepts = any(item.sufficient for item in plan.checks)
    if not accepts:
        message = "no check can accept an answer: every good one goes on to peers and experts"
        yield Advice("warning", "task.checks", message)
    wanted = [trial.name for trial in folder.trials if trial.expected == "accept"]
    if wanted and not accepts:
        message = f"is expected to be accepted, which no check of this task can do ({wanted[0]})"
        yield Advice("error", "answers", message)
    if not task.get("difficulty"):
        yield Advice("warning", "task.difficulty", "is missing; beginner is assumed")


def _of_check(field: str, item: PlannedCheck) -> Iterator[Advice]:
    options = item.options
    if item.weight == 0 and not item.required:
        yield Advice("warning", f"{field}.weight", "is 0: the check neither counts nor rejects")
    if isinstance(options, TestsOptions):
        yield from _of_tests(field, options)
    elif isinstance(options, MathOptions):
        yield from _of_math(field, options)
    elif isinstance(options, SchemaOptions):
        if options.document_schema in ({}, True):
            yield Advice("error", f"{field}.schema", "accepts every document")
    elif isinstance(options, ClaimsOptions):
        yield from _of_claims(field, options)
    elif isinstance(options, PerformanceOptions) and options.seed is not None:
        message = "is fixed: an answer can be made for it; leave it out and it is drawn afterwards"
        yield Advice("warning", f"{field}.seed", message)


def _of_tests(field: str, options: TestsOptions) -> Iterator[Advice]:
    items: Sequence[Any] = options.cases or options.calls or ()
    if options.harness is not None:
        message = "a harness alone never accepts on the chain: add cases or calls"
        yield Advice("warning", f"{field}.harness", message)
        return
    name = "cases" if options.cases else "calls"
    if len(items) < FEW_CASES:
        yield Advice("warning", f"{field}.{name}", f"only {len(items)}; wrong answers slip through")
    if not any(item.hidden for item in items):
        message = "none is hidden: an answer may be a table of them"
        yield Advice("warning", f"{field}.{name}", message)
    by_program = isinstance(options.comparator, ProgramComparator)
    ends = {repr(_expected(item)) for item in items}
    if len(items) > 1 and len(ends) == 1 and not by_program:
        message = "all expect the same: an answer that prints it always is accepted"
        yield Advice("error", f"{field}.{name}", message)
    seconds = len(items) * options.limits.cpu_s
    if seconds > BUDGET_S:
        message = (
            f"may take {seconds:g} s together, above the {BUDGET_S} s of a submission:"
            " a slow but right answer could not be judged whole"
        )
        yield Advice("warning", f"{field}.limits.cpu_s", message)


def _of_math(field: str, options: MathOptions) -> Iterator[Advice]:
    values = options.expected if isinstance(options.expected, list) else [options.expected]
    inexact = any(isinstance(value, float) for value in values)
    if inexact and options.tolerance is None and options.digits is None:
        message = "is a decimal number without tolerance or digits: say how exact it must be"
        yield Advice("warning", f"{field}.expected", message)


def _of_claims(field: str, options: ClaimsOptions) -> Iterator[Advice]:
    if not options.questions:
        message = "are missing: true claims about anything are never enough to accept an answer"
        yield Advice("warning", f"{field}.questions", message)
    if options.tolerance is None:
        return
    if options.tolerance.relative > LOOSE:
        message = f"is above {LOOSE:g}: numbers that are plainly wrong count as right"
        yield Advice("warning", f"{field}.tolerance.relative", message)
    if options.tolerance.absolute >= 1:
        message = "is 1 or more: every share, every p-value and neighbouring counts count as right"
        yield Advice("warning", f"{field}.tolerance.absolute", message)


def _leaks(folder: TaskFolder, plan: Plan) -> Iterator[Advice]:
    """Yield hidden expected values that a public text gives away."""
    task = folder.task
    public = f"{task.get('title') or ''}\n{task.get('description') or ''}"
    for index, item in enumerate(plan.checks):
        options = item.options
        if isinstance(options, TestsOptions):
            hidden = [case for case in (options.cases or options.calls or ()) if case.hidden]
            values = [str(_expected(case)).strip() for case in hidden]
        elif isinstance(options, MathOptions):
            given = options.expected if isinstance(options.expected, list) else [options.expected]
            values = [str(value).strip() for value in given]
        else:
            continue
        for value in values:
            if len(value) >= _SHORT_SECRET and value in public:
                message = f"the description gives away a hidden result ({value[:40]!r})"
                yield Advice("warning", f"task.checks[{index}]", message)
                break


def _expected(item: Any) -> Any:  # noqa: ANN401 - any JSON value
    if hasattr(item, "expected"):
        return item.expected
    return item.expected_stdout if item.expected_stdout is not None else item.expected_exit_code
