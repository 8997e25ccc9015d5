"""Does an argument speak of its task, and is it more than a copy."""

from __future__ import annotations

from checkers.argument.words import COMMON, triples, words_of

MAX_COPIED = 0.8
"""Share of word triples that may come from one other text before it counts as a copy."""

_STEM = 5
"""Letters in which two forms of one word agree; good enough to ask whether any word is shared."""

_MIN_KEYS = 6
_MIN_WORDS = 30
_MIN_COMMON = 0.1


def is_copied(words: list[str], other: list[str]) -> bool:
    """Nearly all triples of words stand in the other text, too."""
    own, theirs = triples(words), set(triples(other))
    return sum(triple in theirs for triple in own) > MAX_COPIED * len(own)


def is_unrelated(words: list[str], task: str) -> bool:
    """Not one of the task's own words, nor a form of one, is used.

    Told only where both are plainly English and long enough: an argument may be in another language
    than its task, and then it shares no words.
    """
    asked = words_of(task)
    keys = {word[:_STEM] for word in asked if word not in COMMON and len(word) > 2}  # noqa: PLR2004
    if len(keys) < _MIN_KEYS or len(words) < _MIN_WORDS:
        return False
    if not (_is_english(asked) and _is_english(words)):
        return False
    return keys.isdisjoint(word[:_STEM] for word in words)


def _is_english(words: list[str]) -> bool:
    return sum(word in COMMON for word in words) >= _MIN_COMMON * len(words)
