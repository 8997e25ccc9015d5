from __future__ import annotations

# ruff: noqa: E501, RUF001 - tables of inputs read best on one line each
from typing import Any

import pytest

from checkers.option_parts import Tolerance
from checkers.tests.comparators import exact, lines_unordered, numeric, tokens, trimmed

CLOSE = numeric(Tolerance(absolute=1e-9, relative=1e-6))


def test_each_comparator_forgives_only_what_it_says() -> None:
    assert exact(b"a\n", b"a\n")
    assert not exact(b"a\n", b"a")
    assert trimmed(b"a\nb\n", b"  a  \r\nb\n\n")
    assert not trimmed(b"a\nb", b"a b")
    assert not trimmed(b"a\nb", b"a\n b")
    assert tokens(b"a b\nc", b"a\n b   c\n")
    assert not tokens(b"a b", b"ab")
    assert lines_unordered(b"a\nb\nb", b"b\na\nb\n")
    assert not lines_unordered(b"a\nb\nb", b"a\na\nb")
    assert not lines_unordered(b"a\nb", b"a\nb\nc")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (b"1", b"1.0000001"), (b"x 1e3", b"x 1000"), (b"-0", b"0"), (b"0", b"-0.0000000001"),
        (b"1e-5", b"0.00001"), (b"+5", b"5."), (b"nan", b"nan"), (b"inf", b"inf"), (b"1e999", b"1e999"),
    ],
)  # fmt: skip
def test_numbers_within_the_tolerance_are_accepted(expected: Any, actual: Any) -> None:
    assert CLOSE(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (b"1", b"nan"), (b"1", b"NaN"), (b"1", b"inf"), (b"1", b"-inf"), (b"1", b"1e999"),
        (b"1e308", b"1e309"), (b"16", b"0x10"), (b"1000", b"1_000"), (b"1", "١".encode()),
        (b"1", b"1,0"), (b"1", b"1.0.0"), (b"1", b""), (b"1", b"1 1"), (b"1", b"true"),
        (b"nan", b"NaN"), (b"x", b"y"), (b"1", b"1.00001"), (b"1", b"1e99999999999"),
        (b"1", b"--1"), (b"1", b"1e"), (b"1", b"."),
    ],
)  # fmt: skip
def test_what_is_no_number_or_too_far_away_is_refused(expected: Any, actual: Any) -> None:
    assert not CLOSE(expected, actual)


def test_without_tolerance_big_integers_are_exact() -> None:
    same = numeric(Tolerance())

    assert not same(b"12345678901234567890", b"12345678901234567891")
    assert same(b"0.1", b"0.10")
