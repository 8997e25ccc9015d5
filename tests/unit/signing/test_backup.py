"""What docs/reference/backup.md promises of each way to bring a history back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.fakes.chain import GENESIS, KEY, FakeChain
from tests.fakes.signing import FINGERPRINT, ask, rig
from validator.errors import HistoryStaleError, LogBehindError, VerdictConflictError
from validator.protection.database import ProtectionDatabase
from validator.signing.opening import HISTORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.store import FrozenClock
    from validator.settings import Settings


@pytest.fixture
def chain(clock: FrozenClock) -> FakeChain:
    return FakeChain(clock)


def sign(settings: Settings, clock: FrozenClock, chain: FakeChain, number: int) -> None:
    """Start, sign one verdict, see it mined, publish a checkpoint, stop."""
    with rig(settings, clock, chain) as house:
        house.open()
        signed = house.desk.signer.sign(ask(chain.answer(number), nonce=chain.next_nonce))
        assert signed.attempt.transaction is not None
        chain.mine(signed.attempt.transaction)
        house.desk.gate.poll()
        house.desk.book.publish(house.desk.book.checkpoint())


def copied(settings: Settings) -> Path:
    folder = settings.data_dir / HISTORY
    shutil.copytree(folder, folder.with_name("copy"))
    return folder.with_name("copy")


def brought_back(settings: Settings, copy: Path) -> None:
    shutil.rmtree(settings.data_dir / HISTORY)
    copy.rename(settings.data_dir / HISTORY)


def declare(settings: Settings, clock: FrozenClock) -> None:
    """Run `protection resume FINGERPRINT`."""
    with ProtectionDatabase.open(settings.data_dir / HISTORY, None, clock) as database:
        database.resume(KEY.public.data, FINGERPRINT)


def published(settings: Settings) -> Path:
    assert settings.signer.key_file is not None
    return settings.signer.key_file.with_name(f"{settings.signer.key_file.name}.published")


def test_the_newest_copy_of_the_folder_goes_on_as_if_nothing_had_been(
    settings: Settings, clock: FrozenClock, chain: FakeChain
) -> None:
    sign(settings, clock, chain, 1)
    brought_back(settings, copied(settings))

    with rig(settings, clock, chain) as house:
        house.desk.gate.poll()
        assert house.desk.gate.state.phase.value == "open"
        with pytest.raises(VerdictConflictError):
            house.desk.signer.sign(ask(chain.answer(1), 30, chain.next_nonce))


def test_an_older_copy_needs_the_operators_word_and_a_log_that_holds_what_was_published(
    settings: Settings, clock: FrozenClock, chain: FakeChain
) -> None:
    sign(settings, clock, chain, 1)
    copy = copied(settings)
    sign(settings, clock, chain, 2)
    brought_back(settings, copy)

    with pytest.raises(HistoryStaleError), rig(settings, clock, chain):
        pytest.fail("it started")
    declare(settings, clock)
    with pytest.raises(LogBehindError), rig(settings, clock, chain):
        pytest.fail("it started")
    published(settings).unlink()
    with rig(settings, clock, chain) as house:
        house.open()
        with pytest.raises(VerdictConflictError):
            house.desk.signer.sign(ask(chain.answer(2), 30, chain.next_nonce))


def test_an_export_brings_verdicts_back_and_begins_another_log(
    settings: Settings, clock: FrozenClock, chain: FakeChain
) -> None:
    sign(settings, clock, chain, 1)
    folder = settings.data_dir / HISTORY
    with ProtectionDatabase.open(folder, None, clock) as database:
        told = database.export()
    shutil.rmtree(folder)
    key = KEY.public.data
    with ProtectionDatabase.create(folder, GENESIS, key, FINGERPRINT, clock) as database:
        database.take_in(told)

    with pytest.raises(LogBehindError), rig(settings, clock, chain):
        pytest.fail("it started")
    published(settings).unlink()
    with rig(settings, clock, chain) as house:
        assert house.desk.book.head.size == 2
        house.open()
        with pytest.raises(VerdictConflictError):
            house.desk.signer.sign(ask(chain.answer(1), 30, chain.next_nonce))
