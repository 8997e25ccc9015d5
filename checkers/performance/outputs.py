"""Are two outputs the same answer. Pure, on bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from checkers.tests.comparators import read_number, trimmed, within

RELATIVE: Final = Fraction(1, 10**9)
"""How far apart two fractional numbers may lie: a faster way sums in another order."""

ABSOLUTE: Final = Fraction(1, 10**12)


def same_output(expected: bytes, actual: bytes) -> bool:
    """Line by line, without white space at the ends of lines and of the whole.

    Words of a line have to be the same; two numbers that are both written with a decimal point or
    an exponent may differ by 1e-9 of the expected one (or 1e-12). Integers never.
    """
    if trimmed(expected, actual):
        return True
    wanted, given = _lines(expected), _lines(actual)
    return len(wanted) == len(given) and all(map(_same_line, wanted, given))


def _same_line(wanted: list[bytes], given: list[bytes]) -> bool:
    return len(wanted) == len(given) and all(map(_same_word, wanted, given))


def _same_word(wanted: bytes, given: bytes) -> bool:
    if wanted == given:
        return True
    if not (_fractional(wanted) and _fractional(given)):
        return False
    one, other = read_number(wanted), read_number(given)
    return one is not None and other is not None and within(one, other, ABSOLUTE, RELATIVE)


def _fractional(word: bytes) -> bool:
    return any(sign in word for sign in (b".", b"e", b"E"))


def _lines(text: bytes) -> list[list[bytes]]:
    return [line.split() for line in text.strip().split(b"\n")]
