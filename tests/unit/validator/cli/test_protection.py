from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.protection import GENESIS, KEY, OTHER_KEY, created, opened, request
from validator.cli import run
from validator.errors import VerdictConflictError
from validator.protection.values import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

CREATE = ["create", "x", "--genesis"]
KEYS = ["11" * 32, "--public-key"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def history(data: Path) -> Path:
    with created(data / "protection") as database:
        database.protect(request(0, 80))
        database.protect(request(1, 30))
    return data


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def command(data: Path, *words: str) -> int:
    return run(["protection", *words, "--data-dir", str(data)])


def test_a_history_moves_by_export_create_and_import(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, there = tmp_path / "history.json", tmp_path / "there"
    assert command(history, "export", str(file)) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(["protection", "verify", str(file), "--json"]) == 0
    assert said(capsys)["verdicts"] == 2
    keys = ["--genesis", GENESIS.hex(), "--public-key", KEY.hex()]
    assert command(there, "create", fingerprint(KEY), *keys) == 0
    capsys.readouterr()

    assert command(there, "import", str(file), "--json") == 0
    (key,) = said(capsys)["keys"]

    assert (key["added"], key["low_watermark"]) == (2, 101)
    with opened(there / "protection") as database:
        assert not database.protect(request(0, 80)).is_new
        with pytest.raises(VerdictConflictError):
            database.protect(request(0, 81))


def test_export_to_standard_output_is_the_file(
    history: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert command(history, "export", str(tmp_path / "x")) == 0
    assert command(history, "export") == 0

    assert capsysbinary.readouterr().out == (tmp_path / "x").read_bytes()


def test_export_overwrites_nothing(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_text("mine")

    assert command(history, "export", str(tmp_path / "x")) == 2

    assert (tmp_path / "x").read_text() == "mine"
    assert "cannot be written: File exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["export"], ["import", "x"], ["prune", "--to", "5"], ["resume", fingerprint(KEY)]]
)
def test_what_changes_or_copies_is_refused_while_a_signer_runs(
    history: Path, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x"
    assert command(history, "export", str(file)) == 0
    with opened(history / "protection"):
        assert command(history, *[str(file) if word == "x" else word for word in words]) == 2
        assert "another process owns the protection history" in capsys.readouterr().err

        assert command(history, "status", "--json") == 0
        assert said(capsys)["keys"][0]["verdicts"] == 2


def test_status_for_people_and_machines(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(history, "status", "--json") == 0
    told = said(capsys)
    assert told["genesis"] == GENESIS.hex()
    assert told["keys"][0]["fingerprint"] == fingerprint(KEY)

    assert command(history, "status") == 0
    assert fingerprint(KEY) in capsys.readouterr().out


def test_a_conflict_in_a_file_is_told_by_the_exit_code(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    with created(other / "protection") as database:
        database.protect(request(0, 12))
    file = tmp_path / "other.json"
    assert command(other, "export", str(file)) == 0

    assert command(history, "import", str(file)) == 1
    assert "never to be signed" in " ".join(capsys.readouterr().out.split())
    assert command(history, "export", str(tmp_path / "both.json")) == 0
    assert run(["protection", "verify", str(tmp_path / "both.json")]) == 1


def test_prune_forgets_and_says_how_many(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(history, "prune", "--to", "100", "--json") == 0
    assert said(capsys) == {"pruned": 1, "low_watermark": 100}

    assert command(history, "prune", "--to", "50", "--json") == 0
    assert said(capsys) == {"pruned": 0, "low_watermark": 100}


def test_with_several_keys_prune_wants_one_named(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(history / "protection") as database:
        database.register(OTHER_KEY, fingerprint(OTHER_KEY))

    assert command(history, "prune", "--to", "100") == 2
    assert "--key: name one of the 2 keys" in capsys.readouterr().err
    assert command(history, "prune", "--to", "100", "--key", fingerprint(KEY)) == 0


def test_resume_ends_a_halt_for_whoever_types_the_fingerprint(history: Path) -> None:
    with opened(history / "protection") as database:
        database.halt(KEY, "foreign_verdict")

    assert command(history, "resume", fingerprint(OTHER_KEY)) == 2
    assert command(history, "resume", fingerprint(KEY)) == 0

    with opened(history / "protection") as database:
        (key,) = database.key_states()
    assert (key.halted, key.declared) == (None, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["status"], "there is no protection history in"),
        (["export"], "there is no protection history in"),
        (["import", "nowhere"], "nowhere cannot be read: No such file or directory."),
        (["import", "/dev/zero"], "it is a device, a pipe or a socket"),
        ([*CREATE, "zz", "--public-key", "00"], "--genesis: must be 64 hexadecimal digits"),
        ([*CREATE, *KEYS, "00"], "--public-key: must be 32 bytes"),
        ([*CREATE, *KEYS, "22" * 32], "is not that of the key"),
        (["prune"], "Missing option '--to'"),
        (["prune", "--to", "x"], "--to"),
        (["purge"], "No such command 'purge'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(
    data: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["protection", *words, "--data-dir", str(data)]) == 2

    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error
    assert not (data / "protection").exists()


@pytest.mark.parametrize("junk", [b"", b"\xff\xfe", b"{}", b"[1]", '{"\u202e":1}'.encode()])
def test_a_file_that_is_none_is_refused(
    history: Path, tmp_path: Path, junk: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "junk.json"
    file.write_bytes(junk)

    for words in (["verify", str(file)], ["import", str(file), "--data-dir", str(history)]):
        assert run(["protection", *words]) == 2
        assert capsys.readouterr().err.isascii()
