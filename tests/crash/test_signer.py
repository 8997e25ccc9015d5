"""Real signer processes: killed at named points, asked by many, doubled."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.crash.house import ROOT, end, wait_until
from tests.fakes.chain import KEY, FakeChain, foreign
from tests.fakes.signing import FINGERPRINT, PASSPHRASE, ask, prepare
from validator.cli.doctor_probes import _signer
from validator.cli.programs import environment
from validator.domain.clock import SystemClock
from validator.errors import (
    SignerUnavailableError,
    SigningClosedError,
    VerdictConflictError,
)
from validator.protection.database import ProtectionDatabase
from validator.protection.values import AttemptState
from validator.signing.client import SOCKET, SignerClient
from validator.signing.opening import HISTORY
from validator.wire.tos import ValidateAnswer, decode_canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.settings import Settings

CLIENTS = 8
ANSWERS = 200
MANY = {"transactions_per_hour": 10_000, "fees_per_day": 10**9}


class SignerHouse:
    """One data directory, the signers on it, and the chain that a follower tells them of."""

    def __init__(self, folder: Path, **signer: Any) -> None:
        self.settings: Settings = prepare(folder, **signer)
        self.chain = FakeChain(SystemClock())
        self.said = folder / "said.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def socket(self) -> Path:
        return self.settings.data_dir / SOCKET

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for process in self.processes:
            end(process)

    def start(self, point: str | None = None) -> subprocess.Popen[bytes]:
        """Start a signer that dies at a point, or a healthy one."""
        module = "validator.signer" if point is None else "tests.crash.dying_signer"
        env = environment(self.settings) | {
            "PYTHONPATH": str(ROOT), "STAGE_SIGNER": point or "",
            "TOSV_LOG": '{"level": "debug", "format": "json"}',
        }  # fmt: skip
        with self.said.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", module], env=env, stdout=said, stderr=said,
                cwd=self.settings.data_dir, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def ready(self) -> None:
        """Wait until it listens and has been told of the chain for long enough."""
        wait_until(self._listens, 20, "the signer listens")
        with self.client() as client:
            for _ in range(12):
                state = client.reconcile(self.chain.told())
                self.chain.stable += 1
            self.chain.stable = max(self.chain.stable, 1_000)
            state = client.reconcile(self.chain.told())
        assert state["phase"] == "open", state

    def _listens(self) -> bool:
        try:
            self.client().close()
        except SignerUnavailableError:
            return False
        return True

    def client(self) -> SignerClient:
        return SignerClient(self.socket, timeout_s=60)

    def history(self) -> ProtectionDatabase:
        return ProtectionDatabase.open(self.settings.data_dir / HISTORY, None, SystemClock())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, for the socket's name."""
    made = Path(tempfile.mkdtemp())
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("leaf_written", None),
        ("protection_committed", AttemptState.PREPARED),
        ("signature_made", AttemptState.PREPARED),
        ("bytes_kept", AttemptState.SIGNED),
        ("reply_ready", AttemptState.SIGNED),
    ],
)
def test_a_signer_killed_on_the_way_signs_one_verdict_in_the_end(
    folder: Path, point: str, left: AttemptState | None
) -> None:
    with SignerHouse(folder) as house:
        answer = house.chain.answer(1)
        dying = house.start(point)
        house.ready()
        with house.client() as client, pytest.raises(SignerUnavailableError):
            client.sign(ask(answer, 80))
        assert dying.wait(20) == -9
        with house.history() as history:
            states = [each.state for each in history.attempts(KEY.public.data, answer.id)]
            kept = [each.transaction for each in history.attempts(KEY.public.data, answer.id)]
        assert states == ([] if left is None else [left])

        house.start()
        house.ready()
        with house.client() as client:
            if left is not None:
                with pytest.raises(VerdictConflictError):
                    client.sign(ask(answer, 79))
            signed = client.sign(ask(answer, 80))
            again = client.sign(ask(answer, 80))
            with pytest.raises(VerdictConflictError):
                client.sign(ask(answer, 81))
            status = client.status()
        assert signed.transaction == again.transaction
        assert signed.is_new is (left is None)
        if left is AttemptState.SIGNED:
            assert kept == [signed.transaction.data]
        assert decode_canonical(signed.transaction.data).signature_holds()
        assert signed.evidence is not None
        # Keys' pair, settings, one verdict, and the refusals: a leaf of a lost try is not there.
        assert status["log"]["size"] == 2 + 1 + (1 if left is None else 2)


def test_eight_processes_get_one_signature_for_each_of_200_answers(folder: Path) -> None:
    with SignerHouse(folder, **MANY, chain_age_s=600) as house:
        for number in range(ANSWERS):
            house.chain.answer(number)
        house.start()
        house.ready()
        askers = [
            subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.crash.asking", house.socket, str(seed),
                 str(ANSWERS)],
                env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
            )
            for seed in range(CLIENTS)
        ]  # fmt: skip
        lines = [
            line for asker in askers for line in asker.communicate(timeout=280)[0].split(b"\n")
        ]
        assert [asker.returncode for asker in askers] == [0] * CLIENTS
        found = [json.loads(line) for line in lines if line]
        with house.client() as client:
            tally = client.status()["tally"]
    signed: dict[int, set[str]] = defaultdict(set)
    for each in found:
        if "data" in each:
            signed[each["number"]].add(each["data"])
            payload = decode_canonical(bytes.fromhex(each["data"])).payload
            assert isinstance(payload, ValidateAnswer)
            assert payload.validation_score == each["score"]
    refused = sum("refused" in each for each in found)
    permitted = sum("data" in each for each in found)
    assert len(found) == CLIENTS * ANSWERS == permitted + refused
    assert sorted(signed) == list(range(ANSWERS))
    assert [number for number, datas in signed.items() if len(datas) > 1] == []
    assert sum(each.get("new", False) for each in found) == ANSWERS == tally["new"]
    assert tally["other_root"] == refused


def test_a_second_signer_on_the_same_data_does_not_start(folder: Path) -> None:
    with SignerHouse(folder) as house:
        house.start()
        house.ready()
        twin = house.start()

        assert twin.wait(30) == 2
        assert "TV056" in house.said.read_text()
        with house.client() as client:
            assert client.sign(ask(house.chain.answer(1), 80, answer_told(house))).is_new


def answer_told(house: SignerHouse) -> int:
    """Tell of the newest answers, and return the account's next nonce."""
    with house.client() as client:
        found = client.reconcile(house.chain.told())
    return int(found["next_nonce"])


def test_a_twin_elsewhere_is_seen_on_the_chain_at_the_next_telling(folder: Path) -> None:
    with SignerHouse(folder) as house:
        house.start()
        house.ready()
        house.chain.answer(1)
        late = house.chain.answer(2)
        house.chain.mine(foreign(1, 55, nonce=0))
        with house.client() as client:
            assert client.reconcile(house.chain.told())["phase"] == "halted"
            with pytest.raises(SigningClosedError, match="foreign_verdict"):
                client.sign(ask(late, 80, nonce=1))
        process = house.processes[0]
        process.terminate()
        assert process.wait(20) == 0
        assert not house.socket.exists()

        house.start()
        wait_until(house._listens, 20, "the signer listens")
        with house.client() as client:
            assert client.reconcile(house.chain.told())["phase"] == "halted"


def test_the_secret_is_in_no_log_traceback_or_reply(folder: Path) -> None:
    with SignerHouse(folder) as house:
        house.start("defect")
        house.ready()
        with house.client() as client:
            with pytest.raises(SignerUnavailableError, match="internal error: RuntimeError"):
                client.sign(ask(house.chain.answer(1), 80))
            status = json.dumps(client.status())
        argv = Path(f"/proc/{house.processes[0].pid}/cmdline").read_bytes()
        env = Path(f"/proc/{house.processes[0].pid}/environ").read_bytes()
        said = house.said.read_text()
    assert "a defect at 32 bytes" in said
    assert "Traceback" in said
    secret = KEY.reveal()
    shown = said + status + argv.decode() + env.decode()
    number = str(int.from_bytes(secret, "little"))
    for spelled in (secret.hex(), secret[::-1].hex(), number, repr(secret), PASSPHRASE):
        assert spelled not in shown
    assert re.search(rb"chain\.json", env)  # the paths are there, and only they


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda house: shutil.rmtree(house.settings.data_dir / HISTORY), "TV052"),
        (lambda house: house.settings.signer.key_file.chmod(0o644), "TV041"),
        (lambda house: house.settings.signer.passphrase_file.write_text("another one"), "TV043"),
    ],
    ids=["history", "key", "passphrase"],
)
def test_a_signer_that_cannot_start_says_why_in_one_sentence(
    folder: Path, spoil: Any, code: str
) -> None:
    with SignerHouse(folder) as house:
        spoil(house)

        assert house.start().wait(30) == 2
        said = house.said.read_text()
        assert said.startswith(code)
        assert said.count("\n") == 1


def test_the_command_starts_it_says_so_in_one_line_and_ends_cleanly(folder: Path) -> None:
    with SignerHouse(folder) as house:
        signer = house.settings.signer
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "validator.cli", "signer", "--data-dir",
             house.settings.data_dir, "--key-file", str(signer.key_file), "--passphrase-file",
             str(signer.passphrase_file)],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        house.processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"signer of key {FINGERPRINT} on devnet is ready\n".encode()
        (probe,) = _signer(house.settings)
        assert (probe.state, probe.detail) == ("weak", "signing is closed: not_reconciled")
        house.ready()
        (probe,) = _signer(house.settings)
        assert probe.state == "ok"
        process.terminate()
        rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, b"")
        assert b"Traceback" not in errors
        (probe,) = _signer(house.settings)
        assert probe.state == "missing"
