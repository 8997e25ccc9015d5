"""`reasoning`: is there an argument, not a bare copy. Says nothing about whether it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers import jail
from checkers.options import DEFAULT_PASS_AT
from checkers.protocol import CheckResult, CheckStatus, Finding
from checkers.results import cut, errored, failed

if TYPE_CHECKING:
    from checkers.options import ReasoningOptions
    from checkers.protocol import Context, Submission

SECONDS: Final = 20.0
"""For the longest texts that intake lets pass; a usual one takes milliseconds."""

PENALTY = {
    "short": 40,
    "copy": 100,
    "repetition": 100,
    "padding": 40,
    "unrelated": 30,  # alone it fails nobody: good arguments may share no word with their task
    "contradiction": 60,
    "gives_up": 40,
    "unmentioned": 40,
}
"""Points that each fault costs; each counts once."""


class ReasoningCheck:
    """Form only: length, copying, padding, relation to the task, contradiction, what is mentioned.

    Measured in the jail, in time linear in the length of the texts.
    """

    name = "reasoning"
    version = "2"

    def check(
        self, submission: Submission, options: ReasoningOptions, context: Context
    ) -> CheckResult:
        """Judge one answer. Its `reasoning` is read; without one, its `content`."""
        request = _request(submission, options)
        seconds = min(SECONDS, context.remaining())
        try:
            reply = jail.run("argument", request, seconds=seconds)
        except jail.JailError as error:
            message = "reading the argument took too much time or memory"
            return errored(self.name, error.reason, message)
        words = reply["words"]
        if not words:
            return failed(self.name, "there is no reasoning")
        findings = tuple(Finding(name, cut(title), how) for name, title, how in reply["faults"])
        score = max(0, 100 - sum(PENALTY[finding.category] for finding in findings))
        passed = score >= (options.pass_at or DEFAULT_PASS_AT[self.name])
        return CheckResult(
            check=self.name,
            status=CheckStatus.PASS if passed else CheckStatus.FAIL,
            score=score,
            summary=_summary(words, findings),
            findings=findings,
            metrics={"words": float(words)},
        )


def _request(submission: Submission, options: ReasoningOptions) -> dict[str, Any]:
    """What the jail's work is asked (`checkers.argument.judging.judge`)."""
    answer = submission.answer
    has_own = bool((answer.reasoning or "").strip())
    return {
        "text": (answer.reasoning if has_own else answer.content) or "",
        "content": answer.content if has_own else None,
        "task": f"{submission.title} {submission.description}",
        "min_words": options.min_words,
        "must_mention": list(options.must_mention),
    }


def _summary(words: int, findings: tuple[Finding, ...]) -> str:
    if not findings:
        return f"{words} words of argument"
    return "; ".join(finding.title for finding in findings[:3])
