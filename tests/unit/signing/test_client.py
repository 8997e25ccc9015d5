"""The client through a real socket to a signer in this process."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.chain import KEY, foreign, h
from tests.fakes.signing import FEE, FINGERPRINT, ask
from validator.audit.proof import read_proof
from validator.errors import (
    CeilingError,
    EvidenceRefusedError,
    FingerprintError,
    InvalidEvidenceError,
    InvalidParameterError,
    NotFoundError,
    SignerUnavailableError,
    SigningClosedError,
    UnfoundedVerdictError,
    VerdictConflictError,
)
from validator.evidence.key_file import open_or_create
from validator.signing.client import SignerClient
from validator.signing.requests import Block, Mark, Rebuild
from validator.signing.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.signing import Rig
    from validator.settings import Settings


@pytest.fixture
def client(house: Rig) -> Iterator[SignerClient]:
    folder = Path(tempfile.mkdtemp())  # a short path: a socket's name has at most 107 bytes
    server = Server(folder / "s", house.desk.answer)
    thread = threading.Thread(target=server.run)
    thread.start()
    with SignerClient(folder / "s") as made:
        yield made
    server.stop()
    thread.join(10)
    server.close()
    shutil.rmtree(folder)


def test_a_verdict_goes_its_whole_way(house: Rig, client: SignerClient, settings: Settings) -> None:
    answer = house.chain.answer(1)
    signed = client.sign(ask(answer, 80))
    assert signed.is_new
    assert client.sign(ask(answer, 80)).transaction == signed.transaction
    block = Block(hash=h(3), topoheight=901)
    rebuilt = client.rebuild(Rebuild(answer=answer.id, nonce=0, fee=FEE + 1, reference=block))
    assert rebuilt.transaction.data != signed.transaction.data
    name = rebuilt.transaction.tx_hash
    assert client.mark(Mark(answer=answer.id, tx_hash=name, state="sent")).state == "sent"
    house.chain.mine(rebuilt.transaction.data)
    house.desk.gate.poll()
    done = client.mark(Mark(answer=answer.id, tx_hash=name, state="confirmed"))
    assert done.state == "confirmed"
    public = open_or_create(settings.data_dir).public
    kept = client.prove(answer.id)
    assert signed.evidence is not None
    assert kept.envelope == signed.evidence.envelope
    read_proof(kept.proof).verify(kept.leaf, public)
    client.published(client.checkpoint())


def test_refusals_come_back_as_the_errors_they_were(house: Rig, client: SignerClient) -> None:
    answer = house.chain.answer(1)
    client.sign(ask(answer, 80))
    with pytest.raises(VerdictConflictError) as conflict:
        client.sign(ask(answer, 10))
    assert conflict.value.why == "other_root"
    other = house.chain.answer(2)
    with pytest.raises(CeilingError) as ceiling:
        client.sign(ask(other, 80, nonce=1, fee=1))
    assert ceiling.value.why == "fee_low"
    with pytest.raises(UnfoundedVerdictError):
        client.sign(ask(other, 80, nonce=1, stated=ask(answer, 80).statement))
    with pytest.raises(InvalidEvidenceError):
        client.sign(ask(other, 80, nonce=1, stated="{}"))
    with pytest.raises(NotFoundError):
        client.prove(h(9))
    with pytest.raises(InvalidParameterError):
        client.reconcile({})
    with pytest.raises(InvalidEvidenceError):
        client.published(b"no note")
    with pytest.raises(EvidenceRefusedError):
        client.published(client.checkpoint().replace(b"tosv-audit", b"tosv-other"))
    with pytest.raises(FingerprintError):
        client.pause("0000")


def test_an_operator_pauses_resumes_and_vouches(house: Rig, client: SignerClient) -> None:
    assert client.pause(FINGERPRINT)["reasons"] == ["halted_by_operator"]
    with pytest.raises(SigningClosedError):
        client.sign(ask(house.chain.answer(1)))
    assert client.resume(FINGERPRINT)["phase"] == "open"
    house.chain.mine(foreign(1, 50, nonce=0))
    house.desk.gate.poll()
    assert client.resume(FINGERPRINT)["phase"] == "halted"
    assert client.resume(FINGERPRINT, vouch=True)["phase"] == "quiet"
    assert client.status()["gap_declared"] is True


def test_a_connection_that_failed_is_not_used_again(
    house: Rig, client: SignerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(house.desk.gate), "recheck", lambda _: 1 / 0)
    with pytest.raises(SignerUnavailableError, match="internal error: ZeroDivisionError"):
        client.pause(FINGERPRINT)
    client._socket.shutdown(2)
    with pytest.raises(SignerUnavailableError, match="did not answer"):
        client.status()
    with pytest.raises(SignerUnavailableError, match="did not answer"):
        client.status()


def test_a_pause_holds_over_a_restart_and_before_any_reading(house: Rig) -> None:
    house.chain.readable = False
    house.desk.signer.pause(FINGERPRINT)

    assert house.desk.database.key_states()[0].halted == "paused"
    assert house.desk.gate.state.phase.value == "halted"
    assert KEY.reveal().hex() not in str(house.desk.gate.state)
