from __future__ import annotations

import json

import pytest

from tests.fakes.front_house import FrontHouse, TestClient, finding, record
from tests.unit.web.test_pages import HOSTILE, tags
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.settings import LimitSettings
from validator.web.pages.excerpts import MAX_LINES, MAX_WIDTH, Code, code_of

SOURCE = "".join(f"line {number}\n" for number in range(1, 41))
CODE = Code({"main.py": SOURCE.encode()}, {"A.sol": b"one\r\ntwo\r\n", "main.py": b"theirs\n"})


def numbers(lines: list[int] | None, file: str | None = "main.py", check: str = "x") -> list[int]:
    return [line.number for line in CODE.excerpt(check, file, lines)]


def test_cited_lines_stand_between_some_others() -> None:
    found = CODE.excerpt("static", "main.py", [10, 11])

    assert [line.number for line in found] == [8, 9, 10, 11, 12, 13]
    assert [line.number for line in found if line.cited] == [10, 11]
    assert found[2].text == "line 10"


def test_ends_of_the_file_and_long_ranges() -> None:
    assert numbers([1]) == [1, 2, 3]
    assert numbers([40, 40]) == [38, 39, 40]
    assert len(numbers([1, 40])) == MAX_LINES
    assert [line.text for line in CODE.excerpt("audit", "A.sol", [2])] == ["one", "two"]


@pytest.mark.parametrize("lines", [None, [], [0, 1], [41], [10**9, 10**9], [5, 2], [-3]])
def test_a_place_that_is_not_there_has_no_code(lines: list[int] | None) -> None:
    assert numbers(lines) == []


def test_a_file_that_is_not_there_has_no_code() -> None:
    assert numbers([1], None) == []
    assert numbers([1], "../main.py") == []


def test_an_audit_cites_the_material_and_other_checks_the_answer() -> None:
    assert CODE.excerpt("audit", "main.py", [1])[0].text == "theirs"
    assert CODE.excerpt("static", "main.py", [1])[0].text == "line 1"


def test_long_lines_and_bytes_that_are_no_text_are_shown_safely() -> None:
    code = Code({"a": b"\xff" + b"x" * 10_000})

    [line] = code.excerpt("static", "a", [1])
    assert len(line.text) == MAX_WIDTH
    assert line.text.startswith("\N{REPLACEMENT CHARACTER}x")


def test_a_body_that_no_longer_fits_the_limits_has_no_code() -> None:
    assert code_of(b"{}", LimitSettings()).files == {}


def page(client: TestClient, house: FrontHouse, code: str, file: str = "main.py") -> str:
    document = {
        "task": {"type": "code", "language": "python", "description": "add"},
        "answer": {"files": {file: code}},
    }
    body = json.dumps(document).encode()
    row = house.submissions.submit(body, LOCAL_OWNER, Origin.API, None).row
    cited = finding(file=file, lines=(2, 2))
    house.judge(row.submission_id, checks=(record(findings=(cited,)),))
    return client.get(f"/submissions/{row.submission_id}").text


def test_a_finding_stands_beside_its_code(client: TestClient, house: FrontHouse) -> None:
    text = page(client, house, "import os\nos.system(x)\nprint(1)\n")

    assert '<tr class="cited"><th scope="row">2</th>' in text
    assert "os.system(x)" in text
    assert "/sarif" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_code_never_becomes_markup(client: TestClient, house: FrontHouse, text: str) -> None:
    calm = [(tag, sorted(attrs)) for tag, attrs in tags(page(client, house, "a\ncalm\nb\n"))]
    hostile = [(tag, sorted(attrs)) for tag, attrs in tags(page(client, house, f"a\n{text}\nb\n"))]

    assert hostile == calm


def test_unseen_characters_of_code_are_spelled_out(client: TestClient, house: FrontHouse) -> None:
    text = page(client, house, "a\nif x\u202e: # \u2066 admin\nb\n")

    assert r"\u202e" in text
    assert "\u202e" not in text
