"""`compile`: does the answer compile or type-check, as its toolchain defines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.options import refuse_flags
from checkers.results import failed, task_fault
from checkers.sources import Stopped, build_answer, compiled, source_of, tool_of

if TYPE_CHECKING:
    from checkers.options import CompileOptions
    from checkers.protocol import CheckResult, Context, Submission


class CompileCheck:
    """Compiles in the cage with the flags that the task asks for and the allow-list holds."""

    name = "compile"
    version = "1"

    def check(
        self, submission: Submission, options: CompileOptions, context: Context
    ) -> CheckResult:
        """Judge one answer."""
        try:
            source = source_of(self.name, submission, options.language, options.entry)
            if source.entry not in source.files:
                return failed(self.name, f"the answer holds no file {source.entry}")
            refuse_flags(source.language, options.flags)
            tool = tool_of(context.sandbox, source.language)
            with context.sandbox.open(source.language) as session:
                outcome = build_answer(self.name, session, source, options.flags)
        except Stopped as stop:
            return stop.result
        except ValueError as error:  # flags met a language that only the task named
            return task_fault(self.name, str(error))
        return compiled(self.name, outcome, tool, f"compiles as {source.language}")
