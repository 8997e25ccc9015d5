from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.fakes.bundles import HIDING, SALT, both
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from tests.fakes.front_house import FrontHouse, TestClient


@pytest.fixture
def verdict_id(house: FrontHouse, client: TestClient) -> str:
    reply = client.post(
        "/v1/submissions",
        content=json.dumps(EXAMPLES["code"]),
        headers={"content-type": "application/json"},
    )
    return house.judge(reply.json()["submission_id"]).verdict_id


def test_a_released_bundle_is_given_as_an_attachment(
    house: FrontHouse, client: TestClient, verdict_id: str
) -> None:
    public, sealed = both(HIDING)
    house.evidence.put(public, sealed, verdict_id)
    house.evidence.release(verdict_id)

    reply = client.get(f"/v1/verdicts/{verdict_id}/evidence")

    assert reply.status_code == 200
    assert reply.content == public.encode()
    assert SALT.hex() not in reply.text
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"].startswith("attachment; filename=")
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_bundle_that_is_not_out_looks_like_none(
    house: FrontHouse, client: TestClient, verdict_id: str
) -> None:
    before = client.get(f"/v1/verdicts/{verdict_id}/evidence")
    house.evidence.put(*both(), verdict_id)
    kept = client.get(f"/v1/verdicts/{verdict_id}/evidence")

    assert (before.status_code, kept.status_code) == (404, 404)
    assert before.text == kept.text


def test_parameters_are_refused(client: TestClient, verdict_id: str) -> None:
    assert client.get(f"/v1/verdicts/{verdict_id}/evidence?sealed=1").status_code == 422
    assert client.get("/v1/verdicts/..%2f..%2fkey/evidence").status_code in (404, 422)
