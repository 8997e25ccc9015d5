"""Measures of an argument, inside the jail: linear in the length of the texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checkers.argument.contradiction import contradiction, gives_up
from checkers.argument.padding import is_padding, is_repetition
from checkers.argument.relation import is_copied, is_unrelated
from checkers.argument.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def judge(request: dict[str, Any]) -> dict[str, Any]:
    """Measure an argument.

    Takes `{"text", "content", "task", "min_words", "must_mention"}`; `content` is null where the
    argument is the answer's content itself. Returns `{"words": n, "faults": [[category, title,
    severity]]}`; without words no fault is looked for.
    """
    words = words_of(request["text"])
    faults = [list(fault) for fault in _faults(request, words)] if words else []
    return {"words": len(words), "faults": faults}


def _faults(request: dict[str, Any], words: list[str]) -> Iterator[tuple[str, str, str]]:
    text, content, task = request["text"], request["content"], request["task"]
    if len(words) < request["min_words"]:
        yield "short", f"{len(words)} words; {request['min_words']} are asked for", "high"
    if any(is_copied(words, words_of(other)) for other in (task, content) if other):
        yield "copy", "repeats the task or the answer itself", "high"
    if is_repetition(words):
        yield "repetition", "says the same words again and again", "high"
    elif is_padding(text):
        yield "padding", "is mostly phrases that say nothing, or that were said", "medium"
    if is_unrelated(words, task):
        yield "unrelated", "uses not one of the words of its task", "low"
    yield from _against_itself(text, content)
    if not _mentions_all(text, words, request["must_mention"]):
        # What is asked for may be hidden, and so is how much of it there is.
        yield "unmentioned", "does not mention all that is asked for", "medium"


def _against_itself(text: str, content: str | None) -> Iterator[tuple[str, str, str]]:
    apart = contradiction(text, content) if content else None
    if apart is not None:
        yield "contradiction", f"ends with {apart[0]}, but the answer says {apart[1]}", "high"
    if gives_up(text):
        yield "gives_up", "says itself that it found no solution", "medium"


def _mentions_all(text: str, words: list[str], needed: Sequence[str]) -> bool:
    """Words and phrases as whole words; what holds no words (such as `!=`) as plain text."""
    if not needed:
        return True
    spaced, plain = f" {' '.join(words)} ", text.casefold()
    for one in needed:
        wanted = words_of(one)
        found = f" {' '.join(wanted)} " in spaced if wanted else one.casefold() in plain
        if not found:
            return False
    return True
