from __future__ import annotations

# ruff: noqa: E501 - hypothesis reads the types
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from checkers.option_parts import Tolerance
from checkers.tests.comparators import exact, lines_unordered, numeric, tokens, trimmed
from checkers.tests.values import decode, equal

TEXT = st.binary(max_size=200)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
BOUNDS = st.floats(min_value=0, max_value=1e300, allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(TEXT)
def test_every_comparator_accepts_the_expected_text_itself(text: bytes) -> None:
    close = numeric(Tolerance())
    assert all(compare(text, text) for compare in (exact, trimmed, tokens, lines_unordered, close))


@given(TEXT, TEXT)
def test_a_stricter_comparator_accepts_no_more(one: bytes, other: bytes) -> None:
    if exact(one, other):
        assert trimmed(one, other)
    if trimmed(one, other):
        assert tokens(one, other)
        assert lines_unordered(one, other)
    if tokens(one, other):
        assert numeric(Tolerance())(one, other)


@given(NUMBERS, NUMBERS, BOUNDS, BOUNDS)
def test_the_numeric_comparator_is_exact_arithmetic(
    one: float, other: float, absolute: float, relative: float
) -> None:
    bound = max(Fraction(absolute), Fraction(relative) * abs(Fraction(repr(one))))
    near = abs(Fraction(repr(one)) - Fraction(repr(other))) <= bound

    compare = numeric(Tolerance(absolute=absolute, relative=relative))

    assert compare(repr(one).encode(), repr(other).encode()) == near


@given(st.sampled_from([b"nan", b"NaN", b"inf", b"-Infinity", b"0x1p3"]), NUMBERS, BOUNDS, BOUNDS)
def test_no_tolerance_is_wide_enough_for_what_is_no_number(
    word: bytes, number: float, absolute: float, relative: float
) -> None:
    compare = numeric(Tolerance(absolute=absolute, relative=relative))

    assert not compare(repr(number).encode(), word)


def tagged(value: object) -> object:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return ["i", hex(value)]
    if isinstance(value, float):
        return ["f", repr(value)]
    if isinstance(value, list):
        return ["l", [tagged(item) for item in value]]
    assert isinstance(value, dict)
    return ["d", [[key, tagged(item)] for key, item in value.items()]]


@given(JSON)
def test_a_value_survives_the_way_out_of_the_cage(value: object) -> None:
    assert equal(value, decode(tagged(value)), None)


@given(JSON, JSON)
def test_values_of_different_kinds_are_never_equal(one: object, other: object) -> None:
    kinds = {bool: 1, int: 2, float: 2, str: 3, list: 4, dict: 5, type(None): 6}
    if kinds[type(one)] != kinds[type(other)]:
        assert not equal(one, decode(tagged(other)), Tolerance(absolute=1e300, relative=1e300))
