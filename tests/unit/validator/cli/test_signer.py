from __future__ import annotations

import json
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain import KEY, foreign
from tests.fakes.signing import FINGERPRINT, ask, prepare, rig
from tests.fakes.store import FrozenClock
from validator.cli import run
from validator.signing.client import SOCKET
from validator.signing.server import Server
from validator.wire.tos import Network, encode_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.signing import Rig

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp())  # a short path: a socket's name has at most 107 bytes
    yield made
    shutil.rmtree(made)


@pytest.fixture
def house(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A signer that signs, and answers at the data directory's socket."""
    monkeypatch.chdir(tmp_path)
    with rig(prepare(tmp_path), FrozenClock()) as made:
        made.open()
        server = Server(data / SOCKET, made.desk.answer)
        thread = threading.Thread(target=server.run)
        thread.start()
        yield made
        server.stop()
        thread.join(10)
        server.close()


def command(data: Path, *words: str) -> int:
    return run(["signer", *words, "--data-dir", str(data)])


def said(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def test_status_of_an_open_signer_tells_everything(house: Rig, data: Path, capsys: Capture) -> None:
    house.desk.signer.sign(ask(house.chain.answer(1)))

    assert command(data, "status", "--json") == 0
    told = said(capsys)
    assert told["address"] == encode_address(KEY.public, Network.DEVNET)
    assert (told["phase"], told["transactions_in_hour"]) == ("open", 1)

    assert command(data, "status") == 0
    out = capsys.readouterr().out
    for word in (
        "open: verdicts are signed", FINGERPRINT, told["address"], "1 of 600 transactions",
        "10000 of 20000000 units", "open attempts    1", "size 3, root", "1 new",
        "stable height    1000",
    ):  # fmt: skip
        assert word in out, word


def test_status_of_a_halted_signer_says_why_and_what_to_do(
    house: Rig, data: Path, capsys: Capture
) -> None:
    house.chain.answer(1)
    house.chain.mine(foreign(1, 55, nonce=0))
    house.desk.gate.poll()

    assert command(data, "status") == 1

    out = capsys.readouterr().out
    assert "halted: nothing is signed until the operator says so" in out
    assert "that this signer did not make" in out
    assert "--vouch" in out


def test_a_pause_holds_until_it_is_resumed(house: Rig, data: Path, capsys: Capture) -> None:
    assert command(data, "pause", FINGERPRINT) == 0
    assert "the operator paused it" in capsys.readouterr().out
    assert command(data, "status", "--json") == 1
    assert said(capsys)["reasons"] == ["halted_by_operator"]

    assert command(data, "resume", FINGERPRINT, "--json") == 0
    assert said(capsys)["phase"] == "open"


def test_only_a_vouched_resume_ends_another_halt(house: Rig, data: Path, capsys: Capture) -> None:
    house.chain.answer(1)
    house.chain.mine(foreign(1, 55, nonce=0))
    house.desk.gate.poll()

    assert command(data, "resume", FINGERPRINT, "--json") == 0
    assert said(capsys)["phase"] == "halted"
    assert command(data, "resume", FINGERPRINT, "--vouch") == 0
    out = capsys.readouterr().out
    assert "quiet: nothing is signed yet" in out
    assert "8 stable blocks must bring" in out
    assert command(data, "status") == 1
    assert "declared; 0 quiet blocks seen" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["pause", "0000"], ["resume", "0000"], ["resume", "x", "--vouch"]]
)
def test_a_wrong_fingerprint_changes_nothing(
    house: Rig, data: Path, words: list[str], capsys: Capture
) -> None:
    assert command(data, *words, "--json") == 2

    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "TV058"
    assert len(err.splitlines()) == 1
    assert house.desk.gate.state.phase.value == "open"


def test_a_checkpoint_is_made_published_and_shown(
    house: Rig, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "checkpoint.txt"
    assert command(data, "checkpoint", str(file)) == 0
    assert command(data, "checkpoint", str(file)) == 2
    assert "cannot be written: File exists" in capsys.readouterr().err
    assert command(data, "published", str(file)) == 0
    assert command(data, "status", "--json") == 0
    capsys.readouterr()

    assert command(data, "checkpoint") == 0
    assert capsys.readouterr().out.startswith("tosv-audit/")
    assert command(data, "status", "--json") == 0
    assert said(capsys)["published"]["size"] == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"no note", "TV060"), (b"\xff", "TV060"), (b"x" * 5000, "TV060"), (None, "TV009")],
)
def test_what_is_no_checkpoint_is_refused_in_one_sentence(
    house: Rig, data: Path, tmp_path: Path, content: bytes | None, code: str, capsys: Capture
) -> None:
    file = tmp_path / "note"
    if content is not None:
        file.write_bytes(content)

    assert command(data, "published", str(file), "--json") == 2

    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    assert house.desk.book.published is None


@pytest.mark.parametrize("words", [["status"], ["pause", "x"], ["resume", "x"], ["checkpoint"]])
def test_without_a_signer_every_command_says_so(
    data: Path, tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)

    assert command(data, *words) == 2

    assert "no signer answers" in capsys.readouterr().err


def test_metrics_tell_of_a_signer_that_is_there_or_not(
    house: Rig, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    house.desk.signer.sign(ask(house.chain.answer(1)))

    assert command(data, "metrics") == 0
    out = capsys.readouterr().out
    assert 'tosv_signer_phase{phase="open"} 1\n' in out
    assert 'tosv_protection_permitted_total{kind="new"} 1\n' in out

    assert command(tmp_path, "metrics") == 0
    assert "tosv_signer_up 0\n" in capsys.readouterr().out


def test_options_before_a_command_are_refused_and_not_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["signer", "--data-dir", "elsewhere", "status"]) == 2

    assert "options of `status` come after it" in capsys.readouterr().err


def test_without_a_command_it_becomes_the_signer_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    started: list[Any] = []
    monkeypatch.setattr("validator.cli.signer.become", lambda *given: started.append(given))

    assert run(["signer", "--key-file", "k.json"]) == 0

    ((program, settings),) = started
    assert program.argv[-2:] == ("-m", "validator.signer")
    assert settings.signer.key_file == tmp_path / "k.json"
