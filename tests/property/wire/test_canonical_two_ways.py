"""The fast way through the standard encoder and the slow way say the same bytes."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from validator.wire import canonical

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def slowly(value: object) -> bytes:
    parts: list[str] = []
    canonical._write(value, parts)
    return "".join(parts).encode()


@given(VALUES)
@example(7.10473837506149e16)  # whole, but its shortest digits are not the integer's
@example({"\U00010000": 1, "\uffff": 2})  # sorts otherwise by code points
@example([-0.0, 5.0, 1e-5, 1e21, 2.0**53, 0.1])
@example(10**400)
def test_both_ways_agree(value: object) -> None:
    assert canonical.canonical_json(value) == slowly(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1: 2}, {"a": b"x"}, "\ud800", [object()]]
)
def test_both_ways_refuse(value: object) -> None:
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical.canonical_json(value)
