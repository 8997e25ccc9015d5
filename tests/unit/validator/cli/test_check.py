"""`check` without a cage: one `reasoning` check, marked sufficient, decides in this process."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.submissions import body
from validator.cli import run

ARGUED = "because the sum of the first n odd numbers is a perfect square, by induction on n " * 3


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOSV_SOAK", raising=False)


def submission(reasoning: str = ARGUED, **options: Any) -> bytes:
    check = {"check": "reasoning", "sufficient": True} | options
    return body(
        {"type": "general", "checks": [check]}, {"content": "n squared", "reasoning": reasoning}
    )


ACCEPT = submission()
REJECT = submission(reasoning="yes")
ESCALATE = submission(sufficient=False)
BAD = b'{"task": {"type": "nonsense"}, "answer": {"content": ""}}'


def write(name: str, raw: bytes) -> str:
    Path(name).write_bytes(raw)
    return name


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("raw", "code", "decision"),
    [(ACCEPT, 0, "accept"), (REJECT, 1, "reject"), (ESCALATE, 3, "escalate")],
)
def test_one_submission_ends_with_its_decision(
    raw: bytes, code: int, decision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.json", raw)

    assert run(["check", "a.json", "--json"]) == code
    (verdict,) = lines(capsys)
    assert verdict["decision"] == decision

    assert run(["check", "a.json"]) == code
    assert capsys.readouterr().out.startswith(decision)


def test_bad_input_is_one_sentence_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.json", BAD)

    assert run(["check", "a.json"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "task.type: must be one of" in err
    assert "Traceback" not in err


def test_bad_input_with_json_is_a_problem_on_standard_output_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.json", BAD)

    assert run(["check", "a.json", "--json"]) == 2

    out, err = capsys.readouterr()
    problem = json.loads(out)["error"]
    assert (problem["code"], problem["status"]) == ("TV001", 422)
    assert problem["errors"][0]["field"] == "task.type"
    assert "task.type" in err


def test_a_jsonl_file_gives_one_line_for_each_of_its_own_in_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("all.jsonl", b"\n".join([ACCEPT, BAD, b"", REJECT, b"{", ESCALATE]))

    assert run(["check", "all.jsonl", "--json", "--jobs", "4"]) == 2

    kinds = [item.get("decision", "error") for item in lines(capsys)]
    assert kinds == ["accept", "error", "reject", "error", "escalate"]


def test_errors_of_a_jsonl_file_name_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    write("all.jsonl", b"\n".join([ACCEPT, b"", BAD]))

    run(["check", "all.jsonl"])

    assert "all.jsonl:3: task.type" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raws", "code"),
    [
        ([ACCEPT, ACCEPT], 0),
        ([ACCEPT, REJECT], 1),
        ([REJECT, ESCALATE], 3),
        ([ESCALATE, BAD], 2),
        ([BAD, ACCEPT], 2),
    ],
)
def test_of_several_the_gravest_counts(raws: list[bytes], code: int) -> None:
    files = [write(f"{n}.json", raw) for n, raw in enumerate(raws)]

    assert run(["check", *files]) == code


def test_several_files_make_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", write("a.json", ACCEPT), write("b.json", REJECT), write("c.json", BAD)])

    out, err = capsys.readouterr()
    assert [word for word in ("accept", "reject", "bad input") if word in out] == [
        "accept",
        "reject",
        "bad input",
    ]
    assert err.startswith("c.json: ")


def test_a_dash_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ACCEPT)))

    assert run(["check", "-", "--json"]) == 0
    assert lines(capsys)[0]["decision"] == "accept"


@pytest.mark.parametrize("name", ["none.json", "."])
def test_a_file_that_cannot_be_read_is_said_so(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write("good.json", ACCEPT)

    assert run(["check", name, "good.json", "--json"]) == 2

    out, err = capsys.readouterr()
    first, second = (json.loads(line) for line in out.splitlines())
    assert first["error"]["code"] == "TV011"
    assert second["decision"] == "accept"
    assert f"{name}: the file cannot be read" in err


def test_a_file_over_the_limit_is_too_large_and_never_read_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOSV_LIMITS__SUBMISSION_BYTES", "2048")
    write("a.json", b"x" * 5000)
    write("b.jsonl", b"x" * 5000 + b"\n" + ACCEPT + b"\n")

    run(["check", "a.json", "b.jsonl", "--json"])

    codes = [item.get("error", {}).get("code", item.get("decision")) for item in lines(capsys)]
    assert codes == ["TV003", "TV003", "accept"]


def test_hostile_text_reaches_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b]0;owned\x07[bold red]\u202e[/]"
    raw = body(
        {"type": "general", "checks": [{"check": "reasoning", hostile: 1}]}, {"content": "x"}
    )
    name = write("evil\u202e.json", raw)

    for arguments in (["check", name], ["check", name, name], ["check", name, "--json"]):
        run(arguments)
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        assert "\x07" not in out + err
        assert "\u202e" not in out + err


def test_markup_in_a_name_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    name = write("[bold]a.json", ACCEPT)

    run(["check", name, name])

    assert name in capsys.readouterr().out


def test_the_data_directory_is_not_made_for_a_check(tmp_path: Path) -> None:
    run(["check", write("a.json", ACCEPT)])

    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
