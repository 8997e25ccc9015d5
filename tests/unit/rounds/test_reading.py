"""Requests that are not in order: one sentence each that names the field and the mend."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.rounds import PUBLISHER, VOTERS, request_body
from validator.errors import InvalidDocumentError, NotJsonError
from validator.rounds.reading import read_commit, read_reveal, read_round
from validator.settings import VoteSettings
from validator.wire.tos import Network, PublicKey, encode_address

DEVNET = Network.DEVNET
COMMIT = {"voter": VOTERS[0], "commit": "aa" * 32, "signature": "bb" * 64}
REVEAL = {"voter": VOTERS[0], "score": 80, "salt": "cc" * 16, "reasoning_sha256": "dd" * 32}


def body(document: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps(document | changes).encode()


def refused(call: Any, *args: Any) -> tuple[str, str]:
    with pytest.raises((InvalidDocumentError, NotJsonError)) as caught:
        call(*args)
    first = caught.value.errors[0]
    return first.field, first.message


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"score": 101}, "score", "at most 100"),
        ({"score": -1}, "score", "at least 0"),
        ({"score": 79.5}, "score", "whole number"),
        ({"score": "80"}, "score", "whole number"),
        ({"score": True}, "score", "whole number"),
        ({"score": float("nan")}, "score", "NaN"),
        ({"score": float("inf")}, "score", "Infinity"),
        ({"salt": "cc" * 15}, "salt", "32 to 128 hexadecimal digits"),
        ({"salt": "cc" * 65}, "salt", "32 to 128 hexadecimal digits"),
        ({"salt": "CC" * 16}, "salt", "32 to 128 hexadecimal digits"),
        ({"reasoning_sha256": "why"}, "reasoning_sha256", "64 hexadecimal digits"),
        ({"voter": "tst1nonsense"}, "voter", "must be an address or a public key"),
        ({"vote": 1}, "vote", "is not a known field"),
    ],
)
def test_a_bad_reveal_names_its_field(change: dict[str, Any], field: str, words: str) -> None:
    found = refused(read_reveal, body(REVEAL, **change), DEVNET)

    assert found[0] == field
    assert words in found[1]


def test_a_reveal_may_say_that_there_is_no_reasoning_but_not_leave_it_out() -> None:
    assert read_reveal(body(REVEAL, reasoning_sha256=None), DEVNET).reasoning_sha256 is None
    without = {name: value for name, value in REVEAL.items() if name != "reasoning_sha256"}

    assert refused(read_reveal, body(without), DEVNET) == ("reasoning_sha256", "is missing")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"commit": "aa" * 31}, "commit", "64 hexadecimal digits"),
        ({"signature": "bb" * 63}, "signature", "128 hexadecimal digits"),
        ({"signature": None}, "signature", "must be text"),
    ],
)
def test_a_bad_commit_names_its_field(change: dict[str, Any], field: str, words: str) -> None:
    found = refused(read_commit, body(COMMIT, **change), DEVNET)

    assert found[0] == field
    assert words in found[1]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"candidates": []}, "candidates", "at least 1"),
        ({"candidates": [{"voter": VOTERS[0]}] * 2}, "candidates[1].voter", "in the list before"),
        ({"candidates": [{"voter": VOTERS[0], "stake": "-1"}]}, "candidates[0].stake", "digits"),
        ({"candidates": [{"voter": VOTERS[0], "stake": 5}]}, "candidates[0].stake", "text"),
        ({"seats": 0}, "seats", "at least 1"),
        ({"seats": 3, "quorum": {"heads": 4}}, "quorum.heads", "at most the seats, which are 3"),
        ({"seats": 2}, "quorum.heads", "at most the seats, which are 2"),
        ({"commit_s": 0}, "commit_s", "at least 1"),
        ({"reveal_s": 10**7}, "reveal_s", "at most 1209600"),
        ({"task_id": "two words"}, "task_id", "visible"),
        ({"publisher": "tos1zzz"}, "publisher", "must be an address or a public key"),
        ({"origin": "chain"}, "origin", "is not a known field"),
        ({"owner": "ann"}, "owner", "is not a known field"),
        ({"follows": "rnd_1"}, "follows", "is not a known field"),
    ],
)
def test_a_bad_round_names_its_field(change: dict[str, Any], field: str, words: str) -> None:
    found = refused(read_round, request_body(**change).encode(), VoteSettings(), DEVNET)

    assert found[0] == field
    assert words in found[1]


@pytest.mark.parametrize("voter", ["00" * 32, "ff" * 32, "01" + "00" * 31])
def test_a_key_that_is_no_point_can_neither_vote_nor_be_drawn(voter: str) -> None:
    """Its bytes have the form of a key; a seat for it would be a sure no-show."""
    address = encode_address(PublicKey.from_hex(voter), DEVNET)
    pool = [{"voter": VOTERS[0]}, {"voter": voter}]

    for said in (voter, address):
        field, message = refused(read_commit, body(COMMIT, voter=said), DEVNET)
        assert field == "voter"
        assert "no point of the curve" in message
    round_body = request_body(candidates=pool).encode()
    field, message = refused(read_round, round_body, VoteSettings(), DEVNET)
    assert field == "candidates[1].voter"
    assert "no point of the curve" in message


def test_an_address_and_its_key_are_the_same_voter() -> None:
    key = PublicKey.from_hex(VOTERS[0])
    address = encode_address(key, DEVNET)
    both = [{"voter": VOTERS[0]}, {"voter": address}]

    assert read_commit(body(COMMIT, voter=address), DEVNET).voter == VOTERS[0]
    found = refused(read_round, request_body(candidates=both).encode(), VoteSettings(), DEVNET)
    assert found == ("candidates[1].voter", "stands in the list before")


def test_an_address_of_another_network_is_refused() -> None:
    address = encode_address(PublicKey.from_hex(VOTERS[0]), Network.MAINNET)

    field, message = refused(read_commit, body(COMMIT, voter=address), DEVNET)

    assert field == "voter"
    assert "devnet begins with tst1" in message


def test_a_round_takes_the_operators_rules_where_it_asks_for_none() -> None:
    settings = VoteSettings(seats=9, cluster_percent=25, commit_s=60)

    plain = read_round(request_body().encode(), settings, DEVNET).rules
    asked = read_round(request_body(seats=4, reveal_s=5).encode(), settings, DEVNET).rules

    assert (plain.seats, plain.cluster_seats, plain.commit_s) == (9, 2, 60)
    assert (asked.seats, asked.cluster_seats, asked.commit_s, asked.reveal_s) == (4, 1, 60, 5)
    read = read_round(request_body(quorum={"heads": 2}, commit_s=9).encode(), settings, DEVNET)
    assert read.asked == {"quorum.heads": ("heads", 2), "commit_s": ("commit_s", 9)}
    assert read_round(request_body().encode(), settings, DEVNET).parties.publisher == PUBLISHER


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*REVEAL, *COMMIT]), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    for call in (read_commit, read_reveal):
        faults: tuple[Any, ...] = ("none: it was read",)
        try:
            call(raw, DEVNET)
        except (InvalidDocumentError, NotJsonError) as error:
            faults = error.errors

        assert faults
