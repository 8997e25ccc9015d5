"""What one transaction more may cost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from validator.errors import CeilingError
from validator.signing.ceilings import require_no_gap


@given(st.integers(0, 40), st.integers(0, 40), st.frozensets(st.integers(0, 40)))
def test_a_nonce_is_let_through_exactly_where_nothing_below_it_is_free(
    nonce: int, next_nonce: int, bound: frozenset[int]
) -> None:
    free = set(range(next_nonce, nonce)) - bound
    try:
        require_no_gap(nonce, next_nonce, bound)
        let = True
    except CeilingError:
        let = False

    assert let is not bool(free)
