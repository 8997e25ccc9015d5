"""Wrong input to `sandbox run`: an exit code, one sentence, and never a wait."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from sandboxes.languages import run_argv
from sandboxes.protocol import Job, Limits, Status
from tests.components import require_bubblewrap
from validator.cli import run

pytestmark = pytest.mark.timeout(60)
LONG = "a" * 5000


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with one of each kind of thing that a careless caller may name."""
    require_bubblewrap()
    monkeypatch.chdir(tmp_path)
    Path("right.py").write_text("print(1)")
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    Path("dangling").symlink_to("nowhere")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")


def sandbox_run(*words: str) -> int:
    return run(["sandbox", "run", "--sandbox", "bubblewrap", *words])


USAGE = [
    ([], "FILE"),
    (["--language", "python"], "FILE"),
    (["right.py"], "--language"),
    (["--language", "python", "right.py", "second.py"], "second.py"),
    (["--language", "python", "right.py", "--colour"], "--colour"),
    (["--language", "klingon", "right.py"], "--language klingon"),
    (["--language", "", "right.py"], "--language"),
    (["--language", "Python", "right.py"], "--language Python"),
    (["--language", "python\n", "right.py"], "--language"),
    (["--language", "python", "../../x"], "../../x"),
    (["--language", "python", "/nowhere/x.py"], "/nowhere/x.py"),
    (["--language", "python", "missing.py"], "No such file"),
    (["--language", "python", "folder"], "directory"),
    (["--language", "python", "loop"], "symbolic links"),
    (["--language", "python", "dangling"], "No such file"),
    (["--language", "python", "pipe"], "not a regular file"),
    (["--language", "python", "socket"], "socket"),
    (["--language", "python", "/dev/zero"], "not a regular file"),
    (["--language", "python", "/dev/tty0"], "/dev/tty0"),
    (["--language", "python", LONG], "too long"),
    (["--language", "python", "a\0b"], "null"),
    (["--language", "python", "right.py", "--stdin", "pipe"], "not a regular file"),
    (["--language", "python", "right.py", "--stdin", "/dev/zero"], "not a regular file"),
    (["--language", "python", "right.py", "--stdin", "folder"], "directory"),
    (["--language", "python", "right.py", "--sandbox", "chroot"], "--sandbox"),
]

LIMITS = [
    ("", "not JSON"),
    ("[]", "object"),
    ("null", "object"),
    ('{"cpu_s": 1', "not JSON"),
    ('{"cpu_s": -1}', "cpu_s"),
    ('{"cpu_s": 0}', "cpu_s"),
    ('{"cpu_s": NaN}', "cpu_s"),
    ('{"cpu_s": Infinity}', "cpu_s"),
    ('{"cpu_s": 1e999}', "cpu_s"),
    ('{"cpu_s": "5"}', "cpu_s"),
    ('{"cpu_s": null}', "cpu_s"),
    ('{"cpu_s": true}', "cpu_s"),
    ('{"cpu_s": [1]}', "cpu_s"),
    ('{"cpu_s": 1, "cpu_s": 2}', "twice"),
    ('{"memory_mb": 1.5}', "memory_mb"),
    ('{"memory_mb": 4097}', "memory_mb: must be at most 4096"),
    ('{"memory_mb": 1e18}', "memory_mb"),
    ('{"wall_s": 601}', "wall_s: must be at most 600"),
    ('{"processes": 100000}', "processes"),
    ('{"files": 99999999999999999999999999}', "files"),
    ('{"gpu": 1}', "gpu"),
    ('{"cpu_s": ' + "[" * 100_000, "64 levels"),
    ('{"\\ud800": 1}', "surrogate"),
    ('{"cpu_s": ' + "1" * 100_000 + "}", "cpu_s"),
]


@pytest.mark.parametrize(("words", "named"), USAGE, ids=map(str, range(len(USAGE))))
def test_a_wrong_argument_is_named(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sandbox_run(*words) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert named in said.err
    assert len(said.err) < 600


@pytest.mark.parametrize(("limits", "named"), LIMITS, ids=map(str, range(len(LIMITS))))
def test_a_wrong_limit_is_named(
    limits: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sandbox_run("--language", "python", "right.py", "--limits", limits) == 2

    said = capsys.readouterr()
    assert said.err.count("\n") == 1, said.err
    assert "--limits" in said.err
    assert named in said.err
    assert len(said.err) < 600


def outcome(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("source", "language", "status"),
    [
        (b"", "python", "ok"),
        (b"", "c", "compile_error"),
        (b"print(1)\0", "python", "compile_error"),
        (b"print('\xff\xfe')", "python", "compile_error"),
        (b"\xef\xbb\xbfprint(1)", "python", "ok"),
        (b"\x7fELF\x02\x01\x01" + bytes(200), "c", "compile_error"),
        (b"PK\x03\x04" + bytes(200), "python", "compile_error"),
        (b"print(1)", "javascript", "runtime_error"),
    ],
)
def test_a_source_that_is_none_is_the_programs_own_fault(
    source: bytes, language: str, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd").write_bytes(source)

    code = sandbox_run("--language", language, "odd")

    assert (code, outcome(capsys)["status"]) == (0 if status == "ok" else 1, status)


def test_a_file_over_the_limit_is_refused_and_never_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Path("big.py").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
        file.seek(0, 2)
        file.write(b"\nprint(7)")

    assert sandbox_run("--language", "python", "big.py") == 2
    assert "more than 67108864 bytes" in capsys.readouterr().err


def test_a_link_to_a_file_is_that_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("link.py").symlink_to("right.py")

    assert sandbox_run("--language", "python", "link.py") == 0
    assert outcome(capsys)["stdout"] == "1\n"


def test_input_may_hold_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in").write_bytes(bytes(range(256)))
    Path("count.py").write_text("import sys\nprint(len(sys.stdin.buffer.read()))")

    assert sandbox_run("--language", "python", "count.py", "--stdin", "in") == 0
    assert outcome(capsys)["stdout"] == "256\n"


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("-inf")])
@pytest.mark.parametrize("name", Limits.__slots__)
def test_limits_of_nothing_cannot_be_made(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"limits\.{name}: must be greater than 0"):
        Limits(**{name: value})


BAD_JOBS = [
    (Job(()), "argv: must name a program"),
    (Job(("",)), "argv: must name a program"),
    (Job(("python3", "a\0b")), "argv: must not hold NUL"),
    (Job(("true",), files={"../x": b""}), "relative"),
    (Job(("true",), files={"/x": b""}), "relative"),
    (Job(("true",), files={"a": b"", "a/b": b""}), "folder of another"),
    (Job(("true",), files={"x" * 5000: b""}), "too long"),
    (Job(("true",), files={"\ud800": b""}), "valid text"),
    (Job(("true",), collect=("../x",)), "relative"),
    (Job(("true",), collect=("a\0",)), "relative"),
    (Job(("true",), limits=Limits(memory_mb=4097)), r"limits\.memory_mb: must be at most 4096"),
    (Job(("true",), limits=Limits(wall_s=float("inf"))), r"limits\.wall_s: must be at most 600"),
]


@pytest.mark.parametrize(("job", "sentence"), BAD_JOBS, ids=map(str, range(len(BAD_JOBS))))
def test_a_job_that_no_cage_may_be_given_is_refused_by_name(
    sandbox: Any, job: Job, sentence: str
) -> None:
    with sandbox.open("python") as session:
        with pytest.raises(ValueError, match=sentence):
            session.run(job)
        session.put({"main.py": b"print(6 * 7)"})
        after = session.run(Job(run_argv("python", "main.py")))
    assert (after.status, after.stdout) == (Status.OK, b"42\n")
