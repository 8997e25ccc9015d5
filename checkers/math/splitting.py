"""Cutting normal text at separators outside its brackets."""

from __future__ import annotations

import re

from checkers.math.normal import SET_CLOSE, SET_OPEN

_OPEN = "([{" + SET_OPEN
_CLOSE = ")]}" + SET_CLOSE
_WHOLE = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9,])")
_HALF_OPEN = re.compile(r"(?<![0-9A-Za-z)}])\](?=[^\[\](){}]{1,200},[^\[\](){}]{1,200}[\[\]])")


def split(text: str, *separators: str) -> list[str]:
    """Split at any of the separators where no bracket is open; `]1, 4[` counts as a bracket."""
    depths, kept = _depths(text), _in_numbers(text)
    parts, start, place = [], 0, 0
    while place < len(text):
        mark = next((each for each in separators if text.startswith(each, place)), None)
        if mark is not None and depths[place] == 0 and place not in kept:
            parts.append(text[start:place])
            place += len(mark)
            start = place
        else:
            place += 1
    return [*parts, text[start:]]


def split_words(text: str, word: str) -> list[str]:
    """Split at `and` or `or` between spaces or brackets, with a comma before it or none."""
    depths = _depths(text)
    parts, start = [], 0
    for found in re.finditer(
        rf"[,;]?(?:(?<=[\s)\]}}0-9;,])){word}(?=[\s(\[]|[a-zA-Z](?:\(|=))", text
    ):
        if depths[found.start()] == 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [part.strip(" ,;") for part in (*parts, text[start:])]


def closes_at_end(text: str) -> bool:
    """True when the first bracket is closed by the last character, and not before."""
    if len(text) < 2:  # noqa: PLR2004 - a pair
        return False
    depths = _depths(text)
    return all(depth > 0 for depth in depths[1:-1])


def _in_numbers(text: str) -> set[int]:
    """Places of the commas of `1,234,567`, which stands alone with no space in it."""
    whole = [match.span() for match in _WHOLE.finditer(text)]
    return {place for start, end in whole for place in range(start, end) if text[place] == ","}


def _depths(text: str) -> list[int]:
    """Number of open brackets at each character, its own opening not yet counted."""
    text = _turned(text)
    depths, depth = [], 0
    for char in text:
        if char in _CLOSE or char == "\x05":
            depth -= 1
        depths.append(depth + (char in _CLOSE or char == "\x05"))
        if char in _OPEN or char == "\x04":
            depth += 1
    return depths


def _turned(text: str) -> str:
    """Mark `]` that opens and `[` that closes an interval, at the same places."""
    marked = list(text)
    for found in _HALF_OPEN.finditer(text):
        marked[found.start()] = "\x04"
        end = re.compile(r"[\[\]]").search(text, found.end())
        if end is not None and end[0] == "[":
            marked[end.start()] = "\x05"
    for found in re.finditer(
        r"[\[(][^\[\](){}]{1,200},[^\[\](){}]{1,200}(\[)(?=\s*(?:$|\\cup|,))", text
    ):
        marked[found.start(1)] = "\x05"
    return "".join(marked)
