"""Second form of `tests`: functions of the answer are called, results compared outside the cage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from checkers.results import cut, ending, task_fault
from checkers.sources import source_of, stage_answer, tool_of
from checkers.tests.attempts import Attempt, Seen, attempt, stopped_attempt, timed_run
from checkers.tests.calling import Called, Function, can_call, function_of
from checkers.tests.tally import CHECK, Planned, run_all, slots, tally
from checkers.tests.values import AnyOrder, equal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from checkers.option_parts import Call
    from checkers.options import TestsOptions
    from checkers.protocol import CheckResult, Context, Submission
    from sandboxes.protocol import Limits, Outcome

_SHOWN = 200


def check_calls(
    submission: Submission, options: TestsOptions, context: Context, pass_at: int
) -> CheckResult:
    """Call the function for every entry of `calls`, count the points."""
    source = source_of(CHECK, submission, options.language)
    if not can_call(source.language):
        return task_fault(CHECK, f"functions of {source.language} cannot be called")
    calls, limits = options.calls or (), options.limits.to_limits()
    tool = tool_of(context.sandbox, source.language)
    with context.sandbox.open(source.language) as session:
        stage_answer(CHECK, session, source)
        function = function_of(session, source, options.entry or "")
        names = slots([(call.name, call.weight, call.hidden) for call in calls], "call")
        planned = [
            Planned(slot, _runner(function, call, limits, context))
            for slot, call in zip(names, calls, strict=True)
        ]
        ends = run_all(planned, context)
    return tally(planned, ends, pass_at, tool)


def _runner(
    function: Function, call: Call, limits: Limits, context: Context
) -> Callable[[float], Attempt]:
    def run(patience: float) -> Attempt:
        made: list[Called] = []

        def once(allowed: Limits) -> Outcome:
            made.append(function.call(call.args, call.kwargs, allowed))
            return made[-1].outcome

        timed_run(once, limits, context, patience)
        return judge_call(call, made[-1], limits)

    return run


def judge_call(call: Call, called: Called, limits: Limits) -> Attempt:
    """Say what one call showed."""
    outcome, returned = called.outcome, called.returned
    stopped = stopped_attempt(outcome, limits)
    if stopped is not None:
        return stopped
    if returned is None:
        return attempt(outcome, Seen.WRONG, f"did not return: {ending(outcome, limits)}")
    if returned.error is not None:
        return attempt(outcome, Seen.WRONG, cut(f"raised {': '.join(returned.error)}"))
    if equal(call.expected, returned.value, call.tolerance):
        return attempt(outcome, Seen.RIGHT, "")
    shown = f"expected {_show(call.expected)}, returned {_show(returned.value)}"
    return attempt(outcome, Seen.WRONG, shown)


def _show(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, AnyOrder):
        return f"a set of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 8 * _SHOWN:
        return f"an integer of {value.bit_length()} bits"
    try:
        return cut(json.dumps(value), _SHOWN)
    except ValueError:  # an integer inside is too long to be written
        return f"a {type(value).__name__}"
