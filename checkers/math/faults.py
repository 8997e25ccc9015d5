"""What of a task can be no result and no unit, whatever the answer is."""

from __future__ import annotations

import re
from fractions import Fraction

from checkers.math.extract import find
from checkers.math.nodes import UnparsableError
from checkers.math.normal import SET_CLOSE, SET_OPEN, normal
from checkers.math.units import Unit, read_unit

PERCENT = Unit((), Fraction(1, 100))
_PERCENTS = frozenset({"%", "percent", "percentage", "pct"})
_LABEL = re.compile(r"(?<![A-Za-z0-9(])(?:[A-Za-z]|[0-9]{1,2}|[ivx]{1,4})\)")
_OPEN_END = re.compile(r"(?<!\^)[/=<^_\\]$")


class TaskError(ValueError):
    """The task's own part cannot be used. Its text names no value of the task."""


def task_unit(text: str | None) -> Unit | None:
    """Return the unit of the option `unit`; raises `TaskError` for what is none."""
    if text is None:
        return None
    try:
        written = normal(text).strip()
    except UnparsableError:
        written = ""
    unit = PERCENT if written in _PERCENTS else read_unit(written.replace("degree ", "°"))
    if unit is None:
        raise TaskError("`unit` is no unit that is known: write it as m/s^2, km, °C or percent")
    return unit


def is_broken(text: str) -> bool:
    """Say of a result that could not be read whether it is no formula and no text either.

    It holds no letter or digit, its brackets do not match, or it breaks off. All else may still be
    compared as a text, as `7 (mod 12)` is.
    """
    try:
        text = normal(find(text).texts[-1])
    except UnparsableError:
        return True
    if not any(char.isalnum() for char in text):
        return True
    if _OPEN_END.search(text) is not None:
        return True
    return not (_matched(text) or _matched(_LABEL.sub("", text)))


def _matched(text: str) -> bool:
    """Half-open intervals such as `[0, 1)` and `]0, 1[` mix round and square brackets."""
    square = text.count("[") + text.count("]")
    uneven = abs(text.count("(") - text.count(")"))
    braces = text.count("{") == text.count("}")
    sets = text.count(SET_OPEN) == text.count(SET_CLOSE)
    return braces and sets and uneven <= square and (uneven + square) % 2 == 0
