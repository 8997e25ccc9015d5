from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.components import require_bubblewrap
from validator.cli import run


@pytest.fixture(autouse=True)
def _cage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_bubblewrap()
    monkeypatch.chdir(tmp_path)


def program(
    capsys: pytest.CaptureFixture[str], code: str, *options: str, language: str = "python"
) -> tuple[int, dict[str, Any]]:
    Path("program").write_text(code)
    arguments = ["sandbox", "run", "--language", language, "program", "--sandbox", "bubblewrap"]
    exit_code = run([*arguments, *options])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return exit_code, found


def test_a_program_runs_and_everything_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in.txt").write_text("abc")

    code, outcome = program(capsys, "print(input()[::-1])", "--stdin", "in.txt")

    assert code == 0
    assert (outcome["status"], outcome["exit_code"], outcome["signal"]) == ("ok", 0, None)
    assert (outcome["stdout"], outcome["stderr"], outcome["truncated"]) == ("cba\n", "", [])
    assert set(outcome["usage"]) == {"cpu_s", "wall_s", "memory_mb", "processes"}


def test_a_crash_and_a_limit_are_the_programs_doing(capsys: pytest.CaptureFixture[str]) -> None:
    code, outcome = program(capsys, "raise SystemExit(3)")
    assert (code, outcome["status"], outcome["exit_code"]) == (1, "runtime_error", 3)

    code, outcome = program(capsys, "while True: pass", "--limits", '{"cpu_s": 0.3}')
    assert (code, outcome["status"]) == (1, "cpu_limit")


def test_a_compile_error_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    code, outcome = program(capsys, "print(", language="python")

    assert (code, outcome["status"]) == (1, "compile_error")
    assert "SyntaxError" in outcome["stderr"]


def test_output_that_is_not_text_is_still_json_in_ascii(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("program").write_text(
        "import sys; sys.stdout.buffer.write(b'\\xff\\x1b[31m\\xe2\\x80\\xae')"
    )

    run(["sandbox", "run", "--language", "python", "program", "--sandbox", "bubblewrap"])

    line = capsys.readouterr().out
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line)["stdout"] == "\ufffd\x1b[31m\u202e"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("solidity", "solidity is compiled here and not run"),
        ("cobol", "is not known; choose python"),
    ],
)
def test_a_language_that_is_not_run_here_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], language: str, sentence: str
) -> None:
    Path("program").write_text("")

    assert run(["sandbox", "run", "--language", language, "program"]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_the_doctor_names_backend_toolchains_and_what_is_not_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(["doctor", "--json", "--sandbox", "bubblewrap"])

    report = json.loads(capsys.readouterr().out)
    probes = {probe["name"]: probe for probe in report["probes"]}
    assert probes["sandbox"]["detail"].startswith("bubblewrap")
    assert probes["language python"]["detail"].startswith("cpython 3.")
    assert probes["language java"]["state"] == "absent"
    assert {"python", "data dir", "database", "broker"} <= set(probes)
    assert code == (0 if report["healthy"] else 1)


def test_the_doctor_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(["doctor", "--sandbox", "bubblewrap"])

    assert "sandbox" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_what_is_missing_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOSV_BROKER__URL", "redis://:hunter2@127.0.0.1:1/0")
    monkeypatch.setenv("TOSV_SANDBOX__DAEMON", "/nonexistent/sandboxd.sock")

    assert run(["doctor", "--json"]) == 1

    out = capsys.readouterr().out
    missing = {p["name"] for p in json.loads(out)["probes"] if p["state"] == "missing"}
    assert missing == {"sandbox", "broker"}
    assert "hunter2" not in out


def test_a_missing_cage_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOSV_SANDBOX__DAEMON", "/nonexistent/sandboxd.sock")
    Path("program").write_text("")

    assert run(["sandbox", "run", "--language", "python", "program", "--json"]) == 2

    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "TV021"
    assert len(err.splitlines()) == 1


@pytest.mark.enable_socket
def test_the_self_test_shows_every_property(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandboxes.selfcheck import Report, run_selfcheck

    def few(cage: Any, names: Any = None, on_line: Any = None) -> Report:
        return run_selfcheck(cage, ["exit-codes", "stdin"], on_line)

    monkeypatch.setattr("sandboxes.selfcheck.run_selfcheck", few)

    assert run(["sandbox", "selftest", "--sandbox", "bubblewrap", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["backend"], report["ok"], len(report["properties"])) == ("bubblewrap", True, 2)

    assert run(["sandbox", "selftest", "--sandbox", "bubblewrap"]) == 0
    assert "2 of 2 as declared" in capsys.readouterr().out


def test_the_doctor_asks_a_database_that_is_there_without_changing_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from validator.store.dialects import FILE_NAME

    folder = tmp_path / ".tos-validator"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"")

    run(["doctor", "--json", "--sandbox", "bubblewrap"])

    probes = {probe["name"]: probe for probe in json.loads(capsys.readouterr().out)["probes"]}
    assert probes["database"]["detail"] == "sqlite answers"
    assert _tables(folder / FILE_NAME) == []


def test_the_doctor_names_a_data_directory_that_others_may_write(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)

    run(["doctor", "--json", "--data-dir", "data", "--sandbox", "bubblewrap"])

    probes = {probe["name"]: probe for probe in json.loads(capsys.readouterr().out)["probes"]}
    assert probes["data dir"]["state"] == "weak"
    assert "chmod go-w" in probes["data dir"]["mend"]


def _tables(path: Path) -> list[Any]:
    import sqlite3

    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name FROM sqlite_master").fetchall()
    finally:
        connection.close()
