from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from checkers.protocol import CheckStatus, Reason
from checkers.sarif.reading import read_log
from tests.fakes.front_house import SECRET, FrontHouse, TestClient, finding, record
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from validator.domain.verdict import CheckRecord, Verdict


def judge(house: FrontHouse, client: TestClient, *checks: CheckRecord) -> Verdict:
    reply = client.post(
        "/v1/submissions",
        content=json.dumps(EXAMPLES["code"]),
        headers={"content-type": "application/json"},
    )
    return house.judge(reply.json()["submission_id"], checks=checks)


def test_findings_are_given_as_a_sarif_attachment(house: FrontHouse, client: TestClient) -> None:
    verdict = judge(house, client, record(findings=(finding(), finding(file=None, lines=None))))

    reply = client.get(f"/v1/verdicts/{verdict.verdict_id}/sarif")

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/sarif+json"
    name = f'attachment; filename="{verdict.verdict_id}.sarif"'
    assert reply.headers["content-disposition"] == name
    assert reply.headers["x-content-type-options"] == "nosniff"
    [found, bare] = read_log(reply.json())
    assert (found.file, found.lines, found.text) == ("main.py", (1, 2), "because")
    assert (bare.file, bare.lines) == (None, None)
    assert client.get(f"/v1/verdicts/{verdict.verdict_id}/sarif").content == reply.content


def test_every_check_has_a_run_and_one_that_could_not_tell_says_so(
    house: FrontHouse, client: TestClient
) -> None:
    broken = record(check="static", status=CheckStatus.ERROR, score=None, reason=Reason.INTERNAL)
    verdict = judge(house, client, record(), broken)

    runs = client.get(f"/v1/verdicts/{verdict.verdict_id}/sarif").json()["runs"]

    assert [run["tool"]["driver"]["name"] for run in runs] == [
        "tos-validator/tests",
        "tos-validator/static",
    ]
    assert [run["invocations"][0]["executionSuccessful"] for run in runs] == [True, False]


def test_nothing_of_a_hidden_case_is_in_it(house: FrontHouse, client: TestClient) -> None:
    verdict = judge(house, client, record(findings=(finding(),)))

    assert SECRET not in client.get(f"/v1/verdicts/{verdict.verdict_id}/sarif").text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a\u202eb", "\ud800", "[x](y)"])
def test_hostile_texts_stay_text(house: FrontHouse, client: TestClient, text: str) -> None:
    hostile = finding(title=text, category=text, file=text, explanation=text)
    verdict = judge(house, client, record(summary=text, findings=(hostile,)))

    reply = client.get(f"/v1/verdicts/{verdict.verdict_id}/sarif")

    assert reply.status_code == 200
    assert "\u202e" not in reply.text
    said = reply.json()["runs"][0]["results"][0]["message"]["text"]
    assert "[x](y)" not in said


def test_parameters_and_unknown_ids_are_refused(house: FrontHouse, client: TestClient) -> None:
    verdict = judge(house, client, record())

    assert client.get(f"/v1/verdicts/{verdict.verdict_id}/sarif?all=1").status_code == 422
    assert client.get(f"/v1/verdicts/ver_{0:032x}/sarif").status_code == 404
