"""`reasoning`: is there an argument, not a bare copy. Says nothing about whether it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.argument.contradiction import contradiction, gives_up
from checkers.argument.padding import is_padding, is_repetition
from checkers.argument.relation import is_copied, is_unrelated
from checkers.argument.words import words_of
from checkers.options import DEFAULT_PASS_AT
from checkers.protocol import CheckResult, CheckStatus, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkers.options import ReasoningOptions
    from checkers.protocol import Context, Submission

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

    Pure and linear in the length of the texts.
    """

    name = "reasoning"
    version = "2"

    def check(
        self,
        submission: Submission,
        options: ReasoningOptions,
        context: Context,  # noqa: ARG002 - the protocol's; form needs no cage
    ) -> CheckResult:
        """Judge one answer. Its `reasoning` is read; without one, its `content`."""
        answer = submission.answer
        own = answer.reasoning if (answer.reasoning or "").strip() else answer.content
        words = words_of(own or "")
        if not words:
            return CheckResult(self.name, CheckStatus.FAIL, 0, "there is no reasoning")
        findings = tuple(_faults(submission, own or "", words, options))
        score = max(0, 100 - sum(PENALTY[finding.category] for finding in findings))
        passed = score >= (options.pass_at or DEFAULT_PASS_AT[self.name])
        return CheckResult(
            check=self.name,
            status=CheckStatus.PASS if passed else CheckStatus.FAIL,
            score=score,
            summary=_summary(words, findings),
            findings=findings,
            metrics={"words": float(len(words))},
        )


def _faults(
    submission: Submission, text: str, words: list[str], options: ReasoningOptions
) -> Iterator[Finding]:
    answer = submission.answer
    task = f"{submission.title} {submission.description}"
    content = answer.content if text is not answer.content else None
    if len(words) < options.min_words:
        title = f"{len(words)} words; {options.min_words} are asked for"
        yield Finding("short", title, "high")
    if any(is_copied(words, words_of(other)) for other in (task, content) if other):
        yield Finding("copy", "repeats the task or the answer itself", "high")
    if is_repetition(words):
        yield Finding("repetition", "says the same words again and again", "high")
    elif is_padding(text):
        yield Finding("padding", "is mostly phrases that say nothing, or that were said", "medium")
    if is_unrelated(words, task):
        yield Finding("unrelated", "uses not one of the words of its task", "low")
    yield from _against_itself(text, content)
    if any(not _mentions(text, words, needed) for needed in options.must_mention):
        # What is asked for may be hidden, and so is how much of it there is.
        yield Finding("unmentioned", "does not mention all that is asked for", "medium")


def _against_itself(text: str, content: str | None) -> Iterator[Finding]:
    apart = contradiction(text, content) if content else None
    if apart is not None:
        title = f"ends with {apart[0]}, but the answer says {apart[1]}"
        yield Finding("contradiction", title, "high")
    if gives_up(text):
        yield Finding("gives_up", "says itself that it found no solution", "medium")


def _mentions(text: str, words: list[str], needed: str) -> bool:
    """A word or phrase as whole words; what holds no words (such as `!=`) as plain text."""
    wanted = words_of(needed)
    if not wanted:
        return needed.casefold() in text.casefold()
    return f" {' '.join(wanted)} " in f" {' '.join(words)} "


def _summary(words: list[str], findings: tuple[Finding, ...]) -> str:
    if not findings:
        return f"{len(words)} words of argument"
    return "; ".join(finding.title for finding in findings[:3])
