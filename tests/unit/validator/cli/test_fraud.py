"""`fraud cases`: files in, case files out; who only received, or came first, is in none."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from validator.cli import run

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]

MEMBERS = ["ann", "bob", "cid"]
COPIES = "answer,account,order,source,author,source_order,similarity\n"
SENT = "transfer,sender,receiver,amount,sent_at\n"


def cases(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert run(["fraud", "cases", *arguments, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def file_of(tmp_path: Path, text: str, name: str = "rows.csv") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def ring_copies() -> str:
    """The members copy the victim's answers, each of them first at times."""
    rows = [
        f"a{task}{member},{member},{100 * task + 10 + 10 * ((place + task) % 3)},"
        f"src{task},victim,{100 * task},0.97\n"
        for task in range(12)
        for place, member in enumerate(MEMBERS)
    ]
    return COPIES + "".join(rows)


def test_copiers_are_one_case_and_whom_they_copied_is_not_in_it(
    tmp_path: Path, capsys: Capture
) -> None:
    found = cases(capsys, "--copies", file_of(tmp_path, ring_copies()))

    assert [case["members"] for case in found["cases"]] == [MEMBERS]
    kinds = {flag["kind"] for flag in found["cases"][0]["flags"]}
    assert kinds == {"collusion_suspected", "near_duplicate"}
    assert {flag["account"] for flag in found["flags"]} == set(MEMBERS)


def test_each_case_is_written_as_a_document_and_a_picture(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "new" / "cases"
    arguments = ["--copies", file_of(tmp_path, ring_copies()), "--out", str(out)]
    first = cases(capsys, *arguments)["cases"][0]
    cases(capsys, *arguments)  # again: the same case, the same files

    assert sorted(path.name for path in out.iterdir()) == [
        f"{first['case_id']}.json", f"{first['case_id']}.svg",
    ]  # fmt: skip
    assert json.loads((out / f"{first['case_id']}.json").read_text()) == first
    assert ET.fromstring((out / f"{first['case_id']}.svg").read_text()).tag.endswith("svg")


def test_an_unknown_order_blames_nobody(tmp_path: Path, capsys: Capture) -> None:
    rows = COPIES + "".join(f"a{n},ann,{n + 50},s{n},bob,,0.99\n" for n in range(20))

    assert cases(capsys, "--copies", file_of(tmp_path, rows)) == {"cases": [], "flags": []}


def test_paying_a_victim_and_foreseeing_it_makes_no_case(tmp_path: Path, capsys: Capture) -> None:
    sent = "".join(f"d{n},evil,victim,1,{n}\n" for n in range(500))
    sent += "own,victim,shop,400,600\n"
    seen = "".join(
        f"v{n},victim,t{n},0,{n + 1}00000\ne{n},evil,t{n},0,{n + 1}03000\n" for n in range(20)
    )
    found = cases(
        capsys,
        "--transfers", file_of(tmp_path, SENT + sent, "sent.csv"),
        "--answers", file_of(tmp_path, "answer,account,task,seen_at,submitted_at\n" + seen),
    )  # fmt: skip

    assert found["cases"] == []


def test_votes_alone_are_looked_at_and_make_no_case(tmp_path: Path, capsys: Capture) -> None:
    rows = "".join(f"t{t},v{v},{(t + (v > 6)) % 2}\n" for t in range(40) for v in range(10))
    known = "task,truth\n" + "".join(f"t{t},{t % 2}\n" for t in range(20))
    found = cases(
        capsys,
        "--from", file_of(tmp_path, "task,worker,label\n" + rows),
        "--truth", file_of(tmp_path, known, "known.csv"),
    )  # fmt: skip

    assert found["cases"] == []


def test_people_are_told_members_and_kinds(tmp_path: Path, capsys: Capture) -> None:
    assert run(["fraud", "cases", "--copies", file_of(tmp_path, ring_copies())]) == 0

    said = capsys.readouterr().out
    assert "1 suspected rings" in said
    assert "ann, bob, cid (copied" in said or "ann, bob, cid (shared_text" in said


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--transfers", SENT, "there is no row below"),
        ("--transfers", "transfer,sender\nx,y\n", "there is no column 'receiver'"),
        ("--transfers", SENT + "x,a,b,-5,1\n", "entry 1, amount '-5' must be a whole number"),
        ("--transfers", SENT + "x,a,b,5,1\nx,a,b,5,1\n", "entry 2, transfer 'x' stands twice"),
        ("--transfers", SENT + "x,,b,5,1\n", "sender '' is empty"),
        ("--copies", COPIES + "x,a,5,s,b,1,nan\n", "similarity 'nan' must be a number of 0 to 1"),
        ("--copies", COPIES + "x,a,5,s,b,1,1\n" * 2, "answer 'x' is beside 's' twice"),
        ("--from", "task,worker,left,right,label\nt,v,a,b,left\n", "show no camps"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    option: str, text: str, said: str, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["fraud", "cases", option, file_of(tmp_path, text)]) == 2

    assert said in capsys.readouterr().err


def test_without_files_the_options_are_named(tmp_path: Path, capsys: Capture) -> None:
    assert run(["fraud", "cases"]) == 2
    assert "--transfers" in capsys.readouterr().err
    assert run(["fraud", "cases", "--truth", file_of(tmp_path, "task,truth\nt,1\n")]) == 2
    assert "--from" in capsys.readouterr().err
