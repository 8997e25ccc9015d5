from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

import pytest

from tests.fakes.protection import KEY, OTHER_KEY, h, reading, request
from validator.errors import (
    FingerprintError,
    InvalidParameterError,
    SigningRefusedError,
    VerdictConflictError,
)
from validator.protection.status import read_status
from validator.protection.values import AttemptState, fingerprint

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from validator.protection.database import ProtectionDatabase
    from validator.protection.values import Attempt

ANSWER = request().verdict.answer
MESSAGE = KEY + request().verdict.payload


class SuddenError(Exception):
    """Somebody else's failure."""


def leaf(number: int) -> object:
    def write(cursor: sqlite3.Cursor) -> int:
        cursor.execute("INSERT INTO leaf VALUES (?, zeroblob(32), x'00')", (number,))
        return number

    return write


def test_the_leaf_is_written_with_the_row_and_only_once(database: ProtectionDatabase) -> None:
    calls = []

    def also(cursor: sqlite3.Cursor) -> int:
        calls.append(cursor)
        cursor.execute("INSERT INTO leaf VALUES (0, zeroblob(32), x'00')")
        return 0

    assert database.protect(request(), also).row.log_index == 0
    assert database.protect(request(), also).row.log_index == 0
    with pytest.raises(VerdictConflictError):
        database.protect(request(score=3), also)

    assert len(calls) == 1


def test_when_the_leaf_cannot_be_written_neither_is_the_row(database: ProtectionDatabase) -> None:
    def also(cursor: sqlite3.Cursor) -> int:
        cursor.execute("INSERT INTO leaf VALUES (0, zeroblob(32), x'00')")
        raise SuddenError

    with pytest.raises(SuddenError):
        database.protect(request(), also)

    assert database.row(KEY, ANSWER) is None
    assert database.protect(request(score=12)).is_new


def test_what_is_permitted_and_refused_is_counted(database: ProtectionDatabase) -> None:
    for score in (80, 80, 79, 78):
        try:
            database.protect(request(score=score))
        except VerdictConflictError:
            continue
    with pytest.raises(SigningRefusedError):
        database.protect(request(key=OTHER_KEY))

    assert database.tally == {"new": 1, "repeat": 1, "other_root": 2, "unknown_key": 1}


def test_a_conflict_names_both_roots(database: ProtectionDatabase) -> None:
    database.protect(request(score=80))

    with pytest.raises(VerdictConflictError) as caught:
        database.protect(request(score=20))

    assert request(score=80).root.hex()[:16] in caught.value.detail
    assert request(score=20).root.hex()[:16] in caught.value.detail
    assert caught.value.why == "other_root"


def test_threads_inside_the_owner_get_one_verdict_for_each_answer(
    database: ProtectionDatabase,
) -> None:
    answers, threads = 25, 8
    permitted: list[tuple[int, int]] = []
    refused: list[int] = []
    start = threading.Barrier(threads)

    def ask(seed: int) -> None:
        rng = random.Random(seed)
        start.wait(30)
        for answer in range(answers):
            score = rng.randrange(101)
            try:
                database.protect(request(answer, score))
                permitted.append((answer, score))
            except VerdictConflictError:
                refused.append(answer)

    workers = [threading.Thread(target=ask, args=(seed,)) for seed in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert len(permitted) + len(refused) == answers * threads
    assert len(set(permitted)) == len({answer for answer, _ in permitted}) == answers


@pytest.fixture
def attempt(database: ProtectionDatabase) -> Attempt:
    database.protect(request())
    return database.prepare(KEY, ANSWER, 0, MESSAGE, 10_000)


def test_an_attempt_lives_from_prepared_to_confirmed(
    database: ProtectionDatabase, attempt: Attempt
) -> None:
    number = attempt.attempt_id
    assert attempt.state is AttemptState.PREPARED
    assert database.known(KEY, None).transactions == frozenset()

    signed = database.keep_bytes(number, h(5), MESSAGE + b"signature")
    assert (signed.state, signed.tx_hash) == (AttemptState.SIGNED, h(5))
    assert database.known(KEY, reading(5)).transactions == {h(5)}
    assert database.advance(number, AttemptState.SENT).state is AttemptState.SENT
    assert [each.attempt_id for each in database.open_attempts(KEY)] == [number]
    assert database.advance(number, AttemptState.CONFIRMED).state is AttemptState.CONFIRMED
    assert database.open_attempts(KEY) == []


def test_kept_bytes_are_returned_and_never_replaced(
    database: ProtectionDatabase, attempt: Attempt
) -> None:
    number = attempt.attempt_id
    kept = database.keep_bytes(number, h(5), b"bytes")

    assert database.keep_bytes(number, h(5), b"bytes") == kept
    with pytest.raises(VerdictConflictError, match="other signed bytes"):
        database.keep_bytes(number, h(6), b"others")
    assert database.attempts(KEY, ANSWER) == [kept]


@pytest.mark.parametrize("state", [AttemptState.SIGNED, AttemptState.SENT])
def test_nothing_is_sent_before_its_bytes_are_kept(
    database: ProtectionDatabase, attempt: Attempt, state: AttemptState
) -> None:
    with pytest.raises(InvalidParameterError, match="needs the signed bytes first"):
        database.advance(attempt.attempt_id, state)


def test_an_attempt_does_not_go_back(database: ProtectionDatabase, attempt: Attempt) -> None:
    number = attempt.attempt_id
    database.advance(number, AttemptState.SPENT)

    for state in (AttemptState.PREPARED, AttemptState.SENT, AttemptState.CONFIRMED):
        with pytest.raises(InvalidParameterError, match="does not become"):
            database.advance(number, state)
    assert database.advance(number, AttemptState.SPENT).state is AttemptState.SPENT
    with pytest.raises(InvalidParameterError, match="no such attempt"):
        database.advance(number + 1, AttemptState.SPENT)


def test_a_message_must_carry_the_key_and_the_row_s_payload(database: ProtectionDatabase) -> None:
    database.protect(request(0, 80))
    other = request(0, 81).verdict.payload

    for message in (b"", KEY + other, request().verdict.payload, OTHER_KEY + MESSAGE[32:]):
        with pytest.raises(InvalidParameterError, match="message: it does not hold"):
            database.prepare(KEY, ANSWER, 0, message, 1)
    assert database.attempts(KEY, ANSWER) == []


def test_an_attempt_needs_a_recorded_verdict(database: ProtectionDatabase) -> None:
    with pytest.raises(InvalidParameterError, match="no verdict is recorded"):
        database.prepare(KEY, ANSWER, 0, MESSAGE, 1)
    with pytest.raises(SigningRefusedError, match="not registered"):
        database.prepare(OTHER_KEY, ANSWER, 0, MESSAGE, 1)


def test_fees_are_summed_from_a_time_on(database: ProtectionDatabase, attempt: Attempt) -> None:
    database.prepare(KEY, ANSWER, 0, MESSAGE + b"again", 5)

    assert database.fees_since(KEY, 0) == 10_005
    assert database.fees_since(KEY, 2**50) == 0
    assert attempt.fee == 10_000


def test_a_nonce_of_another_kind_is_accounted_for_and_taken(database: ProtectionDatabase) -> None:
    database.account_for(KEY, 0, "registration of the miner")
    database.protect(request())

    assert database.known(KEY, None).nonces == {0}
    with pytest.raises(SigningRefusedError, match="belongs to another transaction"):
        database.prepare(KEY, ANSWER, 0, MESSAGE, 1)


def test_what_loosens_needs_the_fingerprint(database: ProtectionDatabase) -> None:
    wrong = fingerprint(OTHER_KEY)
    database.disable(KEY)
    database.halt(KEY, "first")
    database.halt(KEY, "second")

    with pytest.raises(FingerprintError):
        database.register(KEY, wrong)
    with pytest.raises(FingerprintError):
        database.resume(KEY, wrong)
    with pytest.raises(FingerprintError):
        database.set_high(KEY, None, wrong)
    (key,) = database.key_states()
    assert (key.enabled, key.halted) == (False, "first")


@pytest.mark.parametrize("height", [-1, 2**53, True])
def test_a_watermark_out_of_range_is_named(database: ProtectionDatabase, height: int) -> None:
    for change in (
        lambda: database.raise_low(KEY, height),
        lambda: database.prune(KEY, height),
        lambda: database.set_high(KEY, height, fingerprint(KEY)),
    ):
        with pytest.raises(InvalidParameterError, match="height: must be a whole number"):
            change()


def test_status_is_read_while_the_owner_works(database: ProtectionDatabase, folder: Path) -> None:
    database.protect(request(), leaf(0))  # type: ignore[arg-type]
    database.prepare(KEY, ANSWER, 0, MESSAGE, 1)

    (key,) = read_status(folder)["keys"]

    assert key["fingerprint"] == fingerprint(KEY)
    assert (key["verdicts"], key["highest_answer"], key["open_attempts"]) == (1, 100, 1)
    assert database.protect(request(1)).is_new
    assert read_status(folder)["keys"][0]["verdicts"] == 2
