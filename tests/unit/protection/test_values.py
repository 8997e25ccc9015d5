from __future__ import annotations

import hashlib

import pytest

from tests.fakes.protection import GENESIS, KEY, OTHER_GENESIS, OTHER_KEY, TASK, h, request
from validator.errors import FingerprintError, InvalidParameterError
from validator.protection.values import (
    MAX_NUMBER,
    Observed,
    Verdict,
    fingerprint,
    hash_of,
    number_of,
    require_fingerprint,
)


def test_the_payload_is_that_of_validate_answer() -> None:
    payload = Verdict(TASK, h(1), 85).payload

    assert len(payload) == 66
    assert payload == b"\x02" + TASK + h(1) + b"\x55"


def test_the_root_is_over_domain_genesis_key_and_payload() -> None:
    verdict = Verdict(TASK, h(1), 85)
    whole = b"tosv/validate/1\0" + GENESIS + KEY + verdict.payload

    assert verdict.root(GENESIS, KEY) == hashlib.sha256(whole).digest()


def test_every_part_moves_the_root() -> None:
    verdict = Verdict(TASK, h(1), 85)
    others = {
        verdict.root(GENESIS, KEY),
        verdict.root(OTHER_GENESIS, KEY),
        verdict.root(GENESIS, OTHER_KEY),
        Verdict(h(9), h(1), 85).root(GENESIS, KEY),
        Verdict(TASK, h(2), 85).root(GENESIS, KEY),
        Verdict(TASK, h(1), 84).root(GENESIS, KEY),
    }

    assert len(others) == 6


@pytest.mark.parametrize("score", [-1, 101, True, 80.0, "80", None])
def test_a_score_is_a_whole_number_from_0_to_100(score: object) -> None:
    with pytest.raises(InvalidParameterError, match="score: must be a whole number from 0 to 100"):
        Verdict(TASK, h(1), score)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [b"", b"x" * 31, b"x" * 33, "x" * 32, None, bytearray(32)])
def test_a_hash_is_32_bytes(value: object) -> None:
    with pytest.raises(InvalidParameterError, match="task: must be 32 bytes"):
        hash_of("task", value)


@pytest.mark.parametrize("value", [-1, MAX_NUMBER + 1, 2**64, True, 1.0])
def test_a_height_outside_of_the_range_is_named(value: object) -> None:
    with pytest.raises(InvalidParameterError, match="height: must be a whole number from 0"):
        number_of("height", value)


def test_a_request_checks_each_of_its_fields() -> None:
    with pytest.raises(InvalidParameterError, match="height"):
        request(height=-5)
    with pytest.raises(InvalidParameterError, match="genesis"):
        request(genesis=b"short")
    with pytest.raises(InvalidParameterError, match="next_nonce"):
        Observed(-1, None)


def test_a_fingerprint_may_be_typed_without_dashes_and_in_capitals() -> None:
    typed = fingerprint(KEY)

    assert len(typed) == 19
    require_fingerprint(KEY, typed)
    require_fingerprint(KEY, f" {typed.replace('-', ' ').upper()} ")


@pytest.mark.parametrize("typed", ["", "yes", fingerprint(OTHER_KEY), fingerprint(KEY)[:-1]])
def test_another_fingerprint_is_refused(typed: str) -> None:
    with pytest.raises(FingerprintError):
        require_fingerprint(KEY, typed)
