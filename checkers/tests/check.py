"""`tests`: does the answer do what was asked, in one of three forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.options import DEFAULT_PASS_AT
from checkers.results import task_fault
from checkers.sources import Stopped
from checkers.tests.calls import check_calls
from checkers.tests.cases import check_cases
from checkers.tests.harness import check_harness
from sandboxes.languages import compiles_only

if TYPE_CHECKING:
    from checkers.options import TestsOptions
    from checkers.protocol import CheckResult, Context, Submission


class TestsCheck:
    """Runs the answer in the cage: as a program, by its function, or under the task's harness."""

    __test__ = False

    name = "tests"
    version = "1"

    def check(self, submission: Submission, options: TestsOptions, context: Context) -> CheckResult:
        """Judge one answer."""
        only = compiles_only(options.language or submission.language or "python")
        if only is not None:
            return task_fault(self.name, only)
        pass_at = options.pass_at or DEFAULT_PASS_AT[self.name]
        try:
            if options.cases is not None:
                return check_cases(submission, options, context, pass_at)
            if options.calls is not None:
                return check_calls(submission, options, context, pass_at)
            return check_harness(submission, options, context)
        except Stopped as stop:
            return stop.result
