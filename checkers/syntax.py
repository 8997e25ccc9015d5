"""`syntax`: does the answer parse in its language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.sources import Stopped, compiled, settle_compile, source_of, tool_of
from sandboxes.languages import syntax

if TYPE_CHECKING:
    from checkers.options import SyntaxOptions
    from checkers.protocol import CheckResult, Context, Submission


class SyntaxCheck:
    """Parses in the cage: parsers of languages are programs, and the text is hostile."""

    name = "syntax"
    version = "1"

    def check(
        self, submission: Submission, options: SyntaxOptions, context: Context
    ) -> CheckResult:
        """Judge one answer."""
        try:
            source = source_of(self.name, submission, options.language)
            tool = tool_of(context.sandbox, source.language)
            with context.sandbox.open(source.language) as session:
                outcome = settle_compile(
                    self.name,
                    lambda: syntax(session, source.language, source.files, source.entry),
                    "parse",
                )
        except Stopped as stop:
            return stop.result
        return compiled(self.name, outcome, tool, f"parses as {source.language}")
