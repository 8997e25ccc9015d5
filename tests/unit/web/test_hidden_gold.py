"""Threat model, row 11: whatever a miner reads of hidden gold is a status and a band."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from checkers.protocol import Case, CheckStatus
from tests.fakes.front_house import SECRET, FrontHouse, TestClient, record
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from validator.domain.verdict import CheckRecord, Verdict

POINTS = 83
"""Stands nowhere else in a reply; the verdict's own score is that of the house."""


def audit() -> CheckRecord:
    summary = "9 findings after merging copies; against the known weaknesses the report is good"
    found = record(check="audit", score=POINTS, summary=summary, cases=(), metrics={})
    return replace(found, pass_at=70)


def claims() -> CheckRecord:
    hidden = [Case(f"hidden {n}", CheckStatus.PASS, hidden=True, detail=SECRET) for n in range(7)]
    found = record(
        check="claims",
        score=POINTS,
        summary="enough of the answers are right",
        cases=(Case("q1", CheckStatus.PASS), *hidden),
        metrics={"rows": 12.0, "computed_twice": float(POINTS)},
    )
    return replace(found, pass_at=70)


def judged(house: FrontHouse, client: TestClient, check: CheckRecord) -> Verdict:
    sent = {"content-type": "application/json"}
    reply = client.post("/v1/submissions", content=json.dumps(EXAMPLES["code"]), headers=sent)
    return house.judge(reply.json()["submission_id"], checks=(check,))


@pytest.mark.parametrize("check", [audit(), claims()], ids=["audit", "claims"])
def test_no_route_tells_the_points_of_hidden_gold(
    house: FrontHouse, client: TestClient, check: CheckRecord
) -> None:
    verdict = judged(house, client, check)
    one, its = verdict.verdict_id, verdict.submission_id

    for place in (f"/v1/verdicts/{one}", f"/v1/submissions/{its}"):
        document = client.get(place).json()
        (shown,) = document.get("verdict", document)["checks"]
        assert (shown["status"], shown["score"], shown["band"]) == ("pass", None, "good")
        assert str(POINTS) not in json.dumps(shown)
        assert len(shown["cases"]) < 3
    for place in (f"/v1/submissions/{its}/events", f"/v1/verdicts/{one}/sarif"):
        told = client.get(place).text
        assert SECRET not in told
        assert f'"score":{POINTS}' not in told
    for place in (f"/verdicts/{one}", f"/submissions/{its}"):
        page = client.get(place).text
        assert ">good<" in page
        assert f">{POINTS}<" not in page
        assert SECRET not in page
