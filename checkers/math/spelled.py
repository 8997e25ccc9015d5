"""Whole numbers and simple fractions written in English words."""

from __future__ import annotations

import re
from fractions import Fraction

MAX_WORDS = 20

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {name: place for place, name in enumerate(_ONES)}
_LARGE = {name: 10 * place for place, name in enumerate(_TENS, 2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "twelfth": 12, "hundredth": 100,
}  # fmt: skip
_JOINTS = re.compile(r"[\s-]+")


def spelled(text: str) -> Fraction | None:
    """Value of `twenty-one`, `one half`, `two and a half`, `minus three`; None for all else.

    `third` alone is a place more often than a part.
    """
    words = _JOINTS.split(text.strip().lower())[: MAX_WORDS + 1]
    if len(words) > MAX_WORDS or (len(words) == 1 and _part(words[0]) not in (None, 2, 4)):
        return None
    if words[0] in ("minus", "negative"):
        value = _positive(words[1:])
        return None if value is None else -value
    return _positive(words)


def leading(text: str) -> tuple[Fraction, str] | None:
    """Value of the number words that a text begins with, and the rest: `half a liter`."""
    words = text.split()[: MAX_WORDS + 1]
    for place in range(len(words) - 1, 0, -1):
        value = spelled(" ".join(words[:place]))
        if value is not None:
            return value, re.sub(r"^(?:of )?an? ", "", " ".join(words[place:]))
    return None


def _positive(words: list[str]) -> Fraction | None:
    part = _part(words[-1]) if words else None
    if part is None:
        value = _whole(words)
        return None if value is None else Fraction(value)
    if "and" in words:
        place = words.index("and")
        whole, top = _whole(words[:place]), _top(words[place + 1 : -1])
        return None if whole is None or top is None or top >= part else whole + Fraction(top, part)
    if len(words) == 2 and words[0].isdecimal() and part not in (2, 4):  # noqa: PLR2004
        return Fraction(int(words[0][:9]), part)  # `2 thirds`; two quarters may be coins
    top = _top(words[:-1])
    return None if top is None else Fraction(top, part)


def _part(word: str) -> int | None:
    return _PARTS.get(word) or _PARTS.get(word.removesuffix("s"))


def _top(words: list[str]) -> int | None:
    """How many parts: `a half` and `half` are one."""
    return 1 if words in ([], ["a"], ["an"]) else _whole(words)


def _whole(words: list[str]) -> int | None:
    """Words of a whole number in their order: hundreds before tens before ones."""
    total, group, last = 0, 0, 10**15
    if not words:
        return None
    for place, word in enumerate(words):
        if word == "and" and place and (words[place - 1] in _SCALES or group % 100 == 0 < group):
            continue
        if word == "hundred" and 0 < group < 10:  # noqa: PLR2004 - nine hundred is the most
            group *= 100
            continue
        if word in _SCALES and group > 0 and _SCALES[word] < last:
            last = _SCALES[word]
            total, group = total + group * last, 0
            continue
        value = _SMALL.get(word, _LARGE.get(word))
        if value is None or not _follows(group, value, alone=words == [word]):
            return None
        group += value
    return total + group


def _follows(group: int, value: int, *, alone: bool) -> bool:
    """Say whether a number below a hundred may come behind what its group already has."""
    if value == 0:
        return alone
    tens = group % 100
    return tens == 0 or (tens in _LARGE.values() and value < 10)  # noqa: PLR2004 - ones behind tens
