"""Several submissions at hand: what their plans have in common is done in one go.

That is the `static` check of Python answers, whose tools take far longer to start than to work. The
verdicts are those of each submission alone (same `result_digest`); every other check runs per
submission, and so does `static` where the batch did not end well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from validator.pipeline.cage import RunSandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.protocol import CheckResult, Context, Submission
    from validator.domain.submission import Intake
    from validator.pipeline.pipeline import Pipeline, RunCheck

log = structlog.get_logger(__name__)

STATIC: Final = "static"
MOST: Final = 50
"""Submissions that are worth holding for one another: a cage of the batch takes as many."""


def ahead(pipeline: Pipeline, intakes: Sequence[Intake]) -> list[Pipeline]:
    """Do what can be done for all; return for each the pipeline that knows what it got.

    Raises nothing that `Pipeline.run` does not. With fewer than two to share, nothing is done.
    """
    wanted = [
        (number, planned.options)
        for number, intake in enumerate(intakes)
        for planned in intake.plan.checks
        if planned.check == STATIC
    ]
    known = [pipeline] * len(intakes)
    if len(wanted) < 2:  # noqa: PLR2004 - nothing to share
        return known
    from checkers.static.batch import judged_together

    sandbox = RunSandbox(pipeline.sandbox_provider)
    try:
        found = judged_together(
            [(intakes[number].submission, options) for number, options in wanted],
            pipeline.context(intakes[wanted[0][0]], sandbox),
        )
    except Exception as error:
        log.warning("batch_failed", error=type(error).__name__, exc_info=True)
        return known
    for index, result in found.items():
        number, options = wanted[index]
        known[number] = replace(
            known[number], run_check=_Known(known[number].run_check, options, result, sandbox)
        )
    return known


@dataclass(frozen=True, slots=True)
class _Known:
    """A `RunCheck` that has the result of one planned check, told by its very options."""

    otherwise: RunCheck
    options: Any
    result: CheckResult
    sandbox: RunSandbox

    def __call__(
        self,
        name: str,
        submission: Submission,
        options: Any,  # noqa: ANN401 - one model of `checkers.options` per check
        context: Context,
    ) -> CheckResult:
        """Return the result that is known, or run the check."""
        if options is not self.options:
            return self.otherwise(name, submission, options, context)
        if isinstance(context.sandbox, RunSandbox):
            context.sandbox.adopt(self.sandbox)
        return self.result
