"""`reasoning`: is there an argument, not a bare copy. Says nothing about whether it is right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checkers.options import DEFAULT_PASS_AT
from checkers.protocol import CheckResult, CheckStatus, Finding

if TYPE_CHECKING:
    from checkers.options import ReasoningOptions
    from checkers.protocol import Context, Submission

MAX_COPIED = 0.8
"""Share of word triples that may come from one other text before it counts as a copy."""

MIN_DISTINCT = 0.2
"""Share of different words below which a text is repetition."""

MIN_DISTINCT_TRIPLES = 0.3
PENALTY = {"short": 40, "copy": 100, "repetition": 100, "unmentioned": 40}

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


class ReasoningCheck:
    """Form only: length, what is mentioned, copying, repetition. Pure and linear."""

    name = "reasoning"
    version = "1"

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
        others = [f"{submission.title} {submission.description}"]
        if own is not answer.content and answer.content:
            others.append(answer.content)
        findings = tuple(_faults(words, own or "", options, others))
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


def words_of(text: str) -> list[str]:
    """Words without case. No Unicode normalization: its time can grow with the square."""
    return _WORD.findall(text.casefold())


def _faults(
    words: list[str], text: str, options: ReasoningOptions, others: list[str]
) -> list[Finding]:
    found = []
    if len(words) < options.min_words:
        found.append(
            Finding("short", f"{len(words)} words; {options.min_words} are asked for", "high")
        )
    if any(_copied(words, words_of(other)) for other in others):
        found.append(Finding("copy", "repeats the task or the answer itself", "high"))
    if _repetitive(words):
        found.append(Finding("repetition", "says the same words again and again", "high"))
    folded = text.casefold()
    missing = sum(not _mentions(folded, words, needed) for needed in options.must_mention)
    if missing:  # what is asked for may be hidden: it is counted, not named
        of = len(options.must_mention)
        found.append(
            Finding("unmentioned", f"{missing} of {of} points are not mentioned", "medium")
        )
    return found


def _mentions(text: str, words: list[str], needed: str) -> bool:
    """A word or phrase as whole words; what holds no words (such as `!=`) as plain text."""
    wanted = words_of(needed)
    if not wanted:
        return needed.casefold() in text
    return f" {' '.join(wanted)} " in f" {' '.join(words)} "


def _triples(words: list[str]) -> list[tuple[str, ...]]:
    if len(words) < 3:  # noqa: PLR2004 - a triple
        return [tuple(words)] if words else []
    return list(zip(words, words[1:], words[2:], strict=False))


def _copied(words: list[str], other: list[str]) -> bool:
    own, theirs = _triples(words), set(_triples(other))
    return sum(triple in theirs for triple in own) > MAX_COPIED * len(own)


def _repetitive(words: list[str]) -> bool:
    """Few different words for the length, or the same few phrases over and over."""
    length = len(words)
    if length < 10:  # noqa: PLR2004 - too short to tell
        return len(set(words)) == 1 and length > 1
    # Long honest texts reuse words, so the words are counted over windows of a fixed length.
    window = words[:200]
    few_words = len(set(window)) < MIN_DISTINCT * len(window)
    triples = _triples(words)
    return few_words or len(set(triples)) < MIN_DISTINCT_TRIPLES * len(triples)


def _summary(words: list[str], findings: tuple[Finding, ...]) -> str:
    if not findings:
        return f"{len(words)} words of argument"
    return "; ".join(finding.title for finding in findings[:3])
