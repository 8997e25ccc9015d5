"""Old copies of a history, brought back over a chain that has gone on (threat model, row 20)."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.fakes.chain import KEY, FakeChain
from tests.fakes.signing import FINGERPRINT, ask, rig
from validator.errors import (
    HistoryMissingError,
    HistoryStaleError,
    LogBehindError,
    OtherGenesisError,
    OtherSchemaError,
    SigningClosedError,
    ValidatorError,
    VerdictConflictError,
)
from validator.protection.database import ProtectionDatabase
from validator.protection.values import Origin
from validator.signing.opening import HISTORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.signing import Rig
    from tests.fakes.store import FrozenClock
    from validator.settings import Settings

COUNT = 50


@pytest.fixture
def gone_on(settings: Settings, clock: FrozenClock) -> FakeChain:
    """A chain with 50 verdicts of ours, and a history that was restored from before them."""
    chain = FakeChain(clock)
    folder = settings.data_dir / HISTORY
    with rig(settings, clock, chain) as house:
        house.open()
    shutil.copytree(folder, folder.with_name("old"))
    with rig(settings, clock, chain) as house:
        house.desk.gate.poll()
        for number in range(COUNT):
            signed = house.desk.signer.sign(ask(chain.answer(number), 80, nonce=number))
            assert signed.attempt.transaction is not None
            chain.mine(signed.attempt.transaction)
            house.desk.gate.poll()
    shutil.rmtree(folder)
    folder.with_name("old").rename(folder)
    return chain


def test_a_restored_history_does_not_start(
    settings: Settings, clock: FrozenClock, gone_on: FakeChain
) -> None:
    with pytest.raises(HistoryStaleError), rig(settings, clock, gone_on):
        pytest.fail("it started")


def test_without_its_mark_it_signs_no_other_score_and_halts(
    settings: Settings, clock: FrozenClock, gone_on: FakeChain
) -> None:
    _forget_mark(settings)
    with rig(settings, clock, gone_on) as house:
        assert _signed_otherwise(house, gone_on) == 0
        gone_on.readable = False
        house.desk.gate.poll()
        assert _signed_otherwise(house, gone_on) == 0
        gone_on.readable = True
        house.desk.gate.poll()
        assert house.desk.gate.state.phase.value == "halted"
        assert _signed_otherwise(house, gone_on) == 0


def test_vouched_for_it_takes_the_chain_in_and_still_signs_no_other_score(
    settings: Settings, clock: FrozenClock, gone_on: FakeChain
) -> None:
    with ProtectionDatabase.open(settings.data_dir / HISTORY, None, clock) as database:
        database.resume(KEY.public.data, FINGERPRINT)
    with rig(settings, clock, gone_on) as house:
        gone_on.readable = False
        for _ in range(10):
            house.desk.gate.poll()
        assert _signed_otherwise(house, gone_on) == 0
        gone_on.readable = True
        house.open()
        with pytest.raises(VerdictConflictError):
            house.desk.signer.sign(ask(gone_on.answer(0), 79, nonce=COUNT))
        assert _signed_otherwise(house, gone_on) == 0
        row = house.desk.database.row(KEY.public.data, gone_on.answer(0).id)
        assert row is not None
        assert (row.origin, row.score) == (Origin.CHAIN, 80)


def _signed_otherwise(house: Rig, chain: FakeChain) -> int:
    count = 0
    for number in range(COUNT):
        try:
            house.desk.signer.sign(ask(chain.answer(number), 30, nonce=COUNT + number))
        except ValidatorError:
            continue
        count += 1
    return count


def _forget_mark(settings: Settings) -> None:
    assert settings.signer.key_file is not None
    _mark(settings.signer.key_file).unlink()


def _mark(key_file: Path) -> Path:
    return key_file.with_name(f"{key_file.name}.mark")


def test_a_damaged_mark_shows_nothing_and_stops_the_start(
    settings: Settings, clock: FrozenClock
) -> None:
    assert settings.signer.key_file is not None
    for content in (b"", b"7\n", b"-" * 20 + b"\n", b"0" * 40):
        _mark(settings.signer.key_file).write_bytes(content)
        _mark(settings.signer.key_file).chmod(0o600)
        with pytest.raises(HistoryStaleError, match="damaged"), rig(settings, clock):
            pytest.fail("it started")


def test_it_does_not_start_without_its_history(settings: Settings, clock: FrozenClock) -> None:
    shutil.rmtree(settings.data_dir / HISTORY)
    with pytest.raises(HistoryMissingError), rig(settings, clock):
        pytest.fail("it started")


def test_it_does_not_start_on_another_genesis_or_schema(
    settings: Settings, clock: FrozenClock
) -> None:
    import sqlite3

    folder = settings.data_dir / HISTORY
    connection = sqlite3.connect(folder / "protection.db")
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(OtherSchemaError), rig(settings, clock):
        pytest.fail("it started")
    shutil.rmtree(folder)
    key = KEY.public.data
    ProtectionDatabase.create(folder, b"\x01" * 32, key, FINGERPRINT, clock).close()
    with pytest.raises(OtherGenesisError), rig(settings, clock):
        pytest.fail("it started")


def test_a_log_behind_the_published_checkpoint_does_not_start_or_grow(
    settings: Settings, clock: FrozenClock
) -> None:
    chain = FakeChain(clock)
    folder = settings.data_dir / HISTORY
    with rig(settings, clock, chain) as house:
        house.open()
    shutil.copytree(folder, folder.with_name("old"))
    with rig(settings, clock, chain) as house:
        house.desk.gate.poll()
        house.desk.signer.sign(ask(chain.answer(0), 80))
        note = house.desk.book.checkpoint()
        assert house.desk.book.publish(note).size == 3
        house.desk.signer.sign(ask(chain.answer(1), 80, nonce=1))
        with pytest.raises(LogBehindError, match="later checkpoint"):
            house.desk.book.publish(_older(house))
    shutil.rmtree(folder)
    folder.with_name("old").rename(folder)
    _forget_mark(settings)
    with pytest.raises(LogBehindError), rig(settings, clock, chain):
        pytest.fail("it started")


def _older(house: Rig) -> bytes:
    from validator.audit.checkpoint import Checkpoint, sign_checkpoint
    from validator.audit.log import AuditLog
    from validator.audit.merkle import leaf_hash

    with house.desk.database.read_beside() as cursor:
        first = leaf_hash(AuditLog(cursor).leaf(0).content)
    made = Checkpoint(house.desk.book.head.origin, 1, first)
    return sign_checkpoint(made, house.desk.book._evidence).encode()


def test_a_log_whose_end_was_changed_does_not_start(settings: Settings, clock: FrozenClock) -> None:
    import sqlite3

    chain = FakeChain(clock)
    with rig(settings, clock, chain) as house:
        house.open()
        house.desk.signer.sign(ask(chain.answer(0), 80))
    connection = sqlite3.connect(settings.data_dir / HISTORY / "protection.db")
    connection.execute("DROP TRIGGER audit_leaves_stay")
    connection.execute("UPDATE audit_leaves SET content = x'7b7d' WHERE kind = 'verdict'")
    connection.commit()
    connection.close()
    with pytest.raises(ValidatorError, match="leaf 2 of the log"), rig(settings, clock, chain):
        pytest.fail("it started")


def test_the_keys_sign_each_other_once(settings: Settings, clock: FrozenClock) -> None:
    from validator.audit.leaf import LeafKind, read_leaf
    from validator.evidence.key_file import open_or_create
    from validator.keys import Purpose, Statement
    from validator.signing.pairing import DOMAIN, ROUND

    for _ in range(2):
        with rig(settings, clock) as house:
            newest = house.desk.book.newest(LeafKind.KEY_CHANGE)
            size = house.desk.book.head.size
    assert size == 2  # and the settings once
    assert newest is not None
    body = read_leaf(newest).body
    evidence = open_or_create(settings.data_dir).public
    genesis = bytes.fromhex(body["genesis"])
    statement = Statement(Purpose.EVIDENCE_KEY, genesis, ROUND, evidence.raw)
    assert statement.holds(KEY.public, bytes.fromhex(body["chain_signature"]))
    assert evidence.verifies(
        bytes.fromhex(body["evidence_signature"]), DOMAIN + genesis + KEY.public.data
    )


def test_a_closed_signer_says_why(settings: Settings, clock: FrozenClock) -> None:
    chain = FakeChain(clock)
    with rig(settings, clock, chain) as house:
        with pytest.raises(SigningClosedError, match="not_reconciled"):
            house.desk.signer.sign(ask(chain.answer(0)))
        chain.genesis = b"\x09" * 32
        house.desk.gate.poll()
        with pytest.raises(SigningClosedError, match="other_genesis"):
            house.desk.signer.sign(ask(chain.answer(0)))


def test_a_key_that_is_not_registered_or_bound_to_no_genesis_does_not_start(
    settings: Settings, clock: FrozenClock
) -> None:
    from pydantic import SecretBytes

    from tests.fakes.chain import GENESIS
    from tests.fakes.signing import CHEAP, PASSPHRASE
    from validator.errors import SigningRefusedError, WrongKeyError
    from validator.keys import Kind, generate, seal, write_key_file
    from validator.wire.tos import Network

    assert settings.signer.key_file is not None
    secret = SecretBytes(PASSPHRASE.encode())
    other = generate(Kind.CHAIN)
    settings.signer.key_file.unlink()
    write_key_file(
        settings.signer.key_file,
        seal(other, Network.DEVNET, secret, genesis=GENESIS, cost=CHEAP),
    )
    with pytest.raises(SigningRefusedError, match="not registered"), rig(settings, clock):
        pytest.fail("it started")
    settings.signer.key_file.unlink()
    write_key_file(settings.signer.key_file, seal(KEY, Network.DEVNET, secret, cost=CHEAP))
    with pytest.raises(WrongKeyError, match="no genesis"), rig(settings, clock):
        pytest.fail("it started")


def test_what_lies_beside_the_key_must_be_writable(settings: Settings) -> None:
    from validator.errors import KeyFileError
    from validator.protection.session import Mark
    from validator.signing.beside import BesideKey

    assert settings.signer.key_file is not None
    away = BesideKey(settings.signer.key_file.parent / "nowhere" / "key.json")
    assert away.mark() is None
    with pytest.raises(KeyFileError, match="cannot be written"):
        away.keep_mark(Mark(1))
    beside = BesideKey(settings.signer.key_file)
    beside.keep_mark(Mark(7))
    beside.keep_mark(Mark(12))
    assert beside.mark() == Mark(12)
