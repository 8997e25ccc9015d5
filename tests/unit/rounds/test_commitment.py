"""What a voter commits to, as anyone can compute it again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.rounds import GENESIS, KEYS, VOTERS
from validator.keys import Purpose, Statement, sign_statement
from validator.rounds.commitment import Opening, signature_holds, vote_statement

ROUND = "rnd_" + "1" * 32
VOTE = Opening(ROUND, "task-1", "answer-1", 83, "5a" * 16, "ab" * 32)

openings = st.builds(
    Opening,
    st.just(ROUND),
    st.text(min_size=1, max_size=8),
    st.text(min_size=1, max_size=8),
    st.integers(0, 100),
    st.binary(min_size=16, max_size=64).map(bytes.hex),
    st.none() | st.just("ab" * 32),
)


def test_a_commit_is_blake3_of_the_prefix_and_the_canonical_json() -> None:
    said = (
        f'{{"answer_id":"answer-1","reasoning_sha256":"{"ab" * 32}","round":"{ROUND}",'
        f'"salt":"{"5a" * 16}","score":83,"task_id":"task-1"}}'
    )

    assert VOTE.commit() == blake3(b"TOSV-VOTE/1\x00" + said.encode()).hexdigest()


def test_the_page_for_voters_shows_the_commit_of_its_example() -> None:
    page = Path(__file__).parents[3] / "docs/reference/votes.md"

    assert VOTE.commit() in page.read_text()


def test_a_vote_without_reasoning_says_null() -> None:
    said = json.dumps(
        {
            "round": ROUND, "task_id": "task-1", "answer_id": "answer-1", "score": 83,
            "salt": "5a" * 16, "reasoning_sha256": None,
        },
        sort_keys=True, separators=(",", ":"),
    )  # fmt: skip

    found = replace(VOTE, reasoning_sha256=None).commit()

    assert found == blake3(b"TOSV-VOTE/1\x00" + said.encode()).hexdigest()


@given(openings, openings)
def test_no_two_votes_have_one_commit(first: Opening, second: Opening) -> None:
    assert (first.commit() == second.commit()) == (first == second)


def signed(voter: str = VOTERS[0], genesis: str = GENESIS, round_id: str = ROUND) -> str:
    statement = vote_statement(genesis, round_id, VOTE.commit())
    return sign_statement(KEYS[voter], statement).hex()


def holds(signature: str, voter: str = VOTERS[0]) -> bool:
    return signature_holds(voter, signature, GENESIS, ROUND, VOTE.commit())


def test_a_signature_is_the_voters_for_this_round_of_this_chain() -> None:
    assert holds(signed())
    assert not holds(signed(), VOTERS[1])
    assert not holds(signed(VOTERS[1]))
    assert not holds(signed(genesis="0b" * 32))
    assert not holds(signed(round_id="rnd_" + "2" * 32))


@pytest.mark.parametrize("purpose", [Purpose.LOGIN, Purpose.EVIDENCE_KEY])
def test_what_was_signed_for_something_else_is_no_vote(purpose: Purpose) -> None:
    message = bytes.fromhex(VOTE.commit())
    other = Statement(purpose, bytes.fromhex(GENESIS), ROUND, message)

    assert not holds(sign_statement(KEYS[VOTERS[0]], other).hex())


@pytest.mark.parametrize("voter", ["00" * 32, "ff" * 32, "01" + "00" * 31])
def test_a_key_that_is_no_key_signs_nothing(voter: str) -> None:
    assert not holds("00" * 64, voter)
