"""Real signers on copies of a data directory: restored ones, and twins (operator's manual)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.crash.house import end, wait_until
from tests.crash.test_signer import SignerHouse
from tests.fakes.chain import FakeChain
from tests.fakes.signing import FINGERPRINT, ask
from validator.domain.clock import SystemClock
from validator.errors import SigningClosedError, ValidatorError, VerdictConflictError
from validator.signing.client import SOCKET
from validator.signing.opening import HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.signing.client import SignerClient

BEFORE = 5
AFTER = 50 if SOAK else 10


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, for the socket's name."""
    made = Path(tempfile.mkdtemp())
    yield made
    shutil.rmtree(made)


def sign_and_mine(house: SignerHouse, client: SignerClient, numbers: range) -> None:
    """Sign a verdict of 80 for each answer, and see it mined."""
    for number in numbers:
        answer = house.chain.answer(number)
        client.reconcile(house.chain.told())
        signed = client.sign(ask(answer, 80, nonce=house.chain.next_nonce))
        house.chain.mine(signed.transaction.data)
        client.reconcile(house.chain.told())


def signed_otherwise(house: SignerHouse, client: SignerClient, score: int = 30) -> int:
    """How many answers the signer gives another score than they have on the chain."""
    count = 0
    for number in range(BEFORE + AFTER):
        answer = house.chain.answer(number)
        try:
            signed = client.sign(ask(answer, score, nonce=house.chain.next_nonce))
        except ValidatorError:
            continue
        count += signed.score != 80
    return count


@pytest.fixture
def restored(folder: Path) -> Iterator[SignerHouse]:
    """A chain that has gone on, and a history from before: copied live, and brought back."""
    with SignerHouse(folder) as house:
        history = house.settings.data_dir / HISTORY
        process = house.start()
        house.ready()
        with house.client() as client:
            sign_and_mine(house, client, range(BEFORE))
            shutil.copytree(history, folder / "copy")
            sign_and_mine(house, client, range(BEFORE, BEFORE + AFTER))
        end(process)
        shutil.rmtree(history)
        (folder / "copy").rename(history)
        yield house


def forget_mark(house: SignerHouse) -> None:
    key_file = house.settings.signer.key_file
    assert key_file is not None
    key_file.with_name(f"{key_file.name}.mark").unlink()


def started(house: SignerHouse) -> None:
    house.start()
    wait_until(house._listens, 20, "the signer listens")


def test_a_copy_that_was_brought_back_beside_its_mark_does_not_start(
    restored: SignerHouse,
) -> None:
    already = len(restored.said.read_text())

    assert restored.start().wait(30) == 2

    said = restored.said.read_text()[already:]
    assert said.startswith("TV055")
    assert said.count("\n") == 1


def test_without_its_mark_it_signs_nothing_before_the_chain_and_halts_after_it(
    restored: SignerHouse,
) -> None:
    forget_mark(restored)
    started(restored)
    with restored.client() as client:
        assert signed_otherwise(restored, client) == 0
        client.reconcile({})  # the chain cannot be read
        with pytest.raises(SigningClosedError, match="chain_unreadable"):
            client.sign(ask(restored.chain.answer(0), 80))
        assert signed_otherwise(restored, client) == 0

        assert client.reconcile(restored.chain.told())["reasons"] == ["foreign_verdict"]
        assert signed_otherwise(restored, client) == 0
        assert client.status()["tally"] == {}


def test_vouched_for_it_opens_after_the_quiet_period_and_knows_every_verdict(
    restored: SignerHouse,
) -> None:
    forget_mark(restored)
    started(restored)
    with restored.client() as client:
        client.reconcile(restored.chain.told())
        client.resume(FINGERPRINT, vouch=True)
        assert signed_otherwise(restored, client) == 0
    restored.ready()
    with restored.client() as client:
        assert signed_otherwise(restored, client) == 0
        with pytest.raises(VerdictConflictError):
            client.sign(ask(restored.chain.answer(BEFORE + 1), 79, nonce=restored.chain.next_nonce))
        assert client.status()["tally"].get("new") is None


def test_of_two_signers_on_copies_each_stops_at_its_first_sight_of_the_other(
    folder: Path,
) -> None:
    with SignerHouse(folder / "a") as ours:
        process = ours.start()
        ours.ready()
        with ours.client() as client:
            sign_and_mine(ours, client, range(2))
        end(process)
        with SignerHouse(folder / "b") as twin:
            shutil.rmtree(twin.settings.data_dir)
            without_socket = shutil.ignore_patterns(SOCKET)
            shutil.copytree(ours.settings.data_dir, twin.settings.data_dir, ignore=without_socket)
            shared = FakeChain(SystemClock(), claims=ours.chain.claims, mined=ours.chain.mined)
            shared.stable, shared.next_nonce = ours.chain.stable, ours.chain.next_nonce
            ours.chain = twin.chain = shared
            for house in (ours, twin):
                started(house)
            with ours.client() as first, twin.client() as second:
                answers = shared.answer(10), shared.answer(11)
                for client in (first, second):
                    assert client.reconcile(shared.told())["phase"] == "open"
                nonce = shared.next_nonce
                mined = first.sign(ask(answers[0], 80, nonce))
                lost = second.sign(ask(answers[1], 20, nonce))
                shared.mine(mined.transaction.data)

                assert second.reconcile(shared.told())["reasons"] == ["foreign_verdict"]
                with pytest.raises(SigningClosedError, match="halted"):
                    second.sign(ask(answers[0], 20, nonce + 1))
                assert first.reconcile(shared.told())["phase"] == "open"
                shared.pending.add(lost.transaction.tx_hash)
                found = first.reconcile(shared.told())
                assert found["reasons"] == ["unknown_transaction_pending"]
