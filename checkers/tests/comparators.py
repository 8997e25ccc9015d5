"""Comparing what a program wrote with what was expected. Pure, on bytes, linear in their length."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from checkers.option_parts import NumericComparator

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkers.option_parts import Tolerance

MAX_NUMBER = 400
"""Longest token read as a number; a longer one is compared as text."""

# Plain decimal notation only: no underscores, hexadecimal, `nan` or `inf`, which float() takes.
# Exponents of four digits at most keep exact arithmetic cheap.
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def exact(expected: bytes, actual: bytes) -> bool:
    """Byte for byte."""
    return expected == actual


def trimmed(expected: bytes, actual: bytes) -> bool:
    """White space at both ends and at the end of each line does not count; nor does CR."""
    return _lines(expected) == _lines(actual)


def tokens(expected: bytes, actual: bytes) -> bool:
    """The same words in the same order, whatever white space is between them."""
    return expected.split() == actual.split()


def lines_unordered(expected: bytes, actual: bytes) -> bool:
    """The same lines, each as often, in any order."""
    return Counter(_lines(expected)) == Counter(_lines(actual))


def numeric(tolerance: Tolerance) -> Callable[[bytes, bytes], bool]:
    """Token by token: numbers within the tolerance, everything else as text."""
    absolute, relative = Fraction(tolerance.absolute), Fraction(tolerance.relative)

    def compare(expected: bytes, actual: bytes) -> bool:
        wanted, given = expected.split(), actual.split()
        return len(wanted) == len(given) and all(
            _close(one, other, absolute, relative) for one, other in zip(wanted, given, strict=True)
        )

    return compare


def comparator(form: str | NumericComparator) -> Callable[[bytes, bytes], bool]:
    """The function for every form but the task's own program."""
    if isinstance(form, NumericComparator):
        return numeric(form.numeric)
    return _NAMED[form]


def read_number(token: bytes) -> Fraction | None:
    """Exact value of a decimal number, or None where the token is not one."""
    if len(token) > MAX_NUMBER or _NUMBER.fullmatch(token) is None:
        return None
    return Fraction(token.decode())


def within(wanted: Fraction, given: Fraction, absolute: Fraction, relative: Fraction) -> bool:
    """Exact arithmetic: no rounding, and no NaN that could compare as close to everything."""
    return abs(wanted - given) <= max(absolute, relative * abs(wanted))


def _close(expected: bytes, actual: bytes, absolute: Fraction, relative: Fraction) -> bool:
    if expected == actual:
        return True
    wanted, given = read_number(expected), read_number(actual)
    if wanted is None or given is None:
        return False
    return within(wanted, given, absolute, relative)


def _lines(text: bytes) -> list[bytes]:
    return [line.rstrip() for line in text.strip().split(b"\n")]


_NAMED = {
    "exact": exact,
    "trimmed": trimmed,
    "tokens": tokens,
    "lines_unordered": lines_unordered,
}
