from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.unit.validator.keys.making import SECRET
from validator import keys
from validator.errors import InvalidParameterError, WrongKeyError
from validator.wire import tos

GENESIS = b"\x0a" * 32
KEY = tos.SecretKey(SECRET)


def statement(**changes: Any) -> keys.Statement:
    fields: dict[str, Any] = {
        "purpose": keys.Purpose.VOTE, "genesis": GENESIS, "round": "rnd_1", "message": b"yes",
    }  # fmt: skip
    return keys.Statement(**fields | changes)


def test_the_bytes_are_those_of_the_reference() -> None:
    assert statement().to_bytes() == (
        b"\xfftosv-statement/1\x00" + b"\x04vote" + GENESIS + b"\x05rnd_1" + b"yes"
    )


def test_a_statement_begins_as_no_transaction_and_is_longer_than_a_hash() -> None:
    shortest = statement(purpose=keys.Purpose.VOTE, round="r", message=b"").to_bytes()

    assert shortest[0] not in tuple(tos.TxVersion)
    assert len(shortest) > 32
    with pytest.raises(tos.DecodeError):
        tos.decode_transaction(shortest + bytes(300))


def test_no_two_statements_are_spelled_alike() -> None:
    made = [
        statement(purpose=purpose, genesis=genesis, round=round_id, message=message)
        for purpose, genesis, round_id, message in product(
            keys.Purpose, (GENESIS, b"\x0b" * 32), ("r", "rr", "\x01r"), (b"", b"r", b"rr")
        )
    ]

    assert len({one.to_bytes() for one in made}) == len(made)


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": keys.Purpose.LOGIN}, {"genesis": bytes(32)}, {"round": "rnd_2"},
        {"message": b"no"},
    ],
    ids=["purpose", "genesis", "round", "message"],
)  # fmt: skip
def test_a_signature_holds_for_its_statement_alone(other: dict[str, Any]) -> None:
    signature = keys.sign_statement(KEY, statement())

    assert statement().holds(KEY.public, signature)
    assert not statement(**other).holds(KEY.public, signature)
    assert not KEY.public.verify(b"yes", signature)


def test_an_evidence_key_signs_no_statements() -> None:
    with pytest.raises(WrongKeyError):
        keys.sign_statement(keys.EvidenceKey(SECRET), statement())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"genesis": bytes(31)}, "genesis must be 32 bytes"),
        ({"round": ""}, "round must not be empty"),
        ({"round": "x" * 256}, "round is 256 bytes"),
        ({"message": bytes(65537)}, "message must be at most 65536 bytes"),
    ],
    ids=["genesis", "empty", "round", "message"],
)
def test_what_does_not_fit_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterError, match=said):
        statement(**change)
