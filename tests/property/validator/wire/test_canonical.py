from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from validator.wire import canonical
from validator.wire.canonical import canonical_json
from validator.wire.plain import plain, visible

texts = st.text(st.characters(exclude_categories=["Cs"]))
doubles = st.floats(allow_nan=False, allow_infinity=False)
# From 2**53 on, a double is spelled with zeros for the digits it does not hold (RFC 8785, appendix
# B), and so reads back as another integer, though as the same double.
exact = st.floats(min_value=-(2.0**53), max_value=2.0**53)
scalars = st.none() | st.booleans() | st.integers() | exact | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


@given(values)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@given(values | st.dictionaries(texts, doubles | st.integers()) | st.lists(doubles))
def test_the_quick_way_spells_as_the_slow_one_does(value: Any) -> None:
    slow: list[str] = []
    canonical._write(value, slow)

    assert canonical_json(value) == "".join(slow).encode()


@given(values)
def test_canonical_json_is_idempotent(value: Any) -> None:
    once = canonical_json(value)

    assert canonical_json(json.loads(once)) == once


@given(st.dictionaries(texts, st.integers(), min_size=1))
def test_the_order_of_insertion_does_not_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))

    assert canonical_json(backwards) == canonical_json(value)


@given(st.dictionaries(texts, st.none()))
def test_keys_rise_by_utf16_code_units(value: dict[str, None]) -> None:
    keys = [key for key, _ in json.loads(canonical_json(value), object_pairs_hook=list)]

    units = [[int.from_bytes(u) for u in _units(key)] for key in keys]
    assert units == sorted(units)


def _units(key: str) -> list[bytes]:
    raw = key.encode("utf-16-be")
    return [raw[at : at + 2] for at in range(0, len(raw), 2)]


@given(st.integers())
def test_integers_keep_their_digits(value: int) -> None:
    assert canonical_json(value) == str(value).encode()


@given(doubles)
def test_a_double_reads_back_bit_for_bit_except_minus_zero(value: float) -> None:
    read = float(canonical_json(value))

    assert read == value
    assert math.copysign(1, read) == math.copysign(1, value) or value == 0


@given(st.text(), st.integers(min_value=8, max_value=100))
def test_plain_text_is_printable_whatever_came_in(text: str, length: int) -> None:
    shown = plain(text, length)

    assert all(char.isprintable() or char.isspace() for char in shown)
    assert not {"\n", "\r", "\x1b", "\u202e", "\u2028"} & set(shown)


@given(st.text())
def test_visible_text_has_no_control_but_line_ends_and_tabs(text: str) -> None:
    assert "\x1b" not in visible(text)
    assert "\u202e" not in visible(text)
    visible(text).encode()  # a lone surrogate would raise
