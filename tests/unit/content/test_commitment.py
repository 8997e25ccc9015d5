from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from blake3 import blake3
from hypothesis import assume, given

from validator.content.commitment import commit, opens
from validator.wire.digest import Algorithm

SALT = bytes(range(16))
BODY = st.dictionaries(
    st.text(max_size=4), st.integers() | st.text(max_size=8) | st.booleans(), max_size=4
)
SALTS = st.binary(min_size=16, max_size=64)


def test_a_commitment_is_the_hash_that_the_reference_names() -> None:
    spelled = b"tosv.commitment/1\x00\x10" + SALT + b'{"a":1,"b":[]}'

    assert commit({"b": [], "a": 1}, SALT).value == blake3(spelled).digest()


@given(BODY, SALTS, st.sampled_from(Algorithm))
def test_what_was_committed_to_opens(
    body: dict[str, Any], salt: bytes, algorithm: Algorithm
) -> None:
    assert opens(commit(body, salt, algorithm), body, salt)


@given(BODY, SALTS, BODY, SALTS)
def test_nothing_else_opens(
    body: dict[str, Any], salt: bytes, other: dict[str, Any], other_salt: bytes
) -> None:
    assume(repr((body, salt)) != repr((other, other_salt)))
    assume(body != other or salt != other_salt)

    assert not opens(commit(body, salt), other, other_salt)


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_salt_has_128_bits_or_more_and_one_byte_of_length(size: int) -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        commit({}, bytes(size))
    assert not opens(commit({}, SALT), {}, bytes(size))


def test_what_json_cannot_say_opens_nothing() -> None:
    assert not opens(commit({}, SALT), {"a": float("nan")}, SALT)
