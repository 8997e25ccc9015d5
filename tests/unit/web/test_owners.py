"""Two owners against every route (threat model, row 5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from tests.fakes.bundles import both as both_bundles
from tests.fakes.front_house import FrontHouse, TestClient, client_of
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

# Every route that can show something of a submission; {id} stands for the foreign one.
FOREIGN = {
    "/v1/submissions/{submission_id}": "submission",
    "/v1/submissions/{submission_id}/events": "submission",
    "/v1/verdicts/{verdict_id}": "verdict",
    "/v1/verdicts/{verdict_id}/evidence": "verdict",
    "/v1/verdicts/{verdict_id}/sarif": "verdict",
    "/submissions/{submission_id}": "submission",
    "/verdicts/{verdict_id}": "verdict",
}
LISTS = {"/v1/submissions", "/"}
# Shown or changed by their owner alone: tests/unit/web/test_votes.py has two owners for each.
ROUNDS = {
    "/v1/votes/rounds",
    "/v1/votes/assignments",
    *("/v1/votes/rounds/{round_id}" + end
      for end in ("", "/draw", "/events", "/result", "/commits", "/reveals")),
}  # fmt: skip
# Likewise: tests/unit/web/test_reviews.py.
REVIEWS = {
    "/v1/reviews",
    *("/v1/reviews/{review_id}" + end for end in ("", "/events", "/record", "/page", "/human")),
}
# The chain's own facts, and counts without reasons or scores.
NOBODYS = {
    "/v1/chain/events",
    "/v1/chain/status",
    "/healthz",
    "/readyz",
    "/errors/{code}",
    "/static/{name}",
}


@pytest.fixture
def both(house: FrontHouse) -> Iterator[TestClient]:
    with client_of(house.app(owner_of=lambda request: request.headers["x-owner"])) as client:
        yield client


def submit(client: TestClient, owner: str) -> str:
    reply = client.post(
        "/v1/submissions",
        content=json.dumps(EXAMPLES["code"]),
        headers={"content-type": "application/json", "x-owner": owner},
    )
    assert reply.status_code == 202
    return str(reply.json()["submission_id"])


@pytest.mark.parametrize("path", sorted(FOREIGN))
def test_a_foreign_id_is_not_found_and_looks_like_an_unknown_one(
    both: TestClient, house: FrontHouse, path: str
) -> None:
    submission_id = submit(both, "ann")
    verdict = house.judge(submission_id)
    house.evidence.put(*both_bundles(), verdict.verdict_id)
    house.evidence.release(verdict.verdict_id)
    wanted, unknown = (
        (submission_id, f"sub_{0:032x}")
        if FOREIGN[path] == "submission"
        else (verdict.verdict_id, f"ver_{0:032x}")
    )
    url = path.replace("{submission_id}", "{}").replace("{verdict_id}", "{}")

    mine = both.get(url.format(wanted), headers={"x-owner": "ann"})
    foreign = both.get(url.format(wanted), headers={"x-owner": "ben"})
    missing = both.get(url.format(unknown), headers={"x-owner": "ben"})

    assert mine.status_code == 200
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.text.replace(wanted, "") == missing.text.replace(unknown, "")


@pytest.mark.parametrize("path", sorted(LISTS))
def test_lists_hold_only_ones_own(both: TestClient, path: str) -> None:
    anns, bens = submit(both, "ann"), submit(both, "ben")

    page = both.get(path, headers={"x-owner": "ben"}).text

    assert bens in page
    assert anns not in page


def test_a_cursor_of_another_owner_is_refused(both: TestClient) -> None:
    for _ in range(2):
        submit(both, "ann")
    cursor = both.get("/v1/submissions?limit=1", headers={"x-owner": "ann"}).json()["next"]

    reply = both.get("/v1/submissions", params={"cursor": cursor}, headers={"x-owner": "ben"})

    assert reply.status_code == 422


def test_no_route_was_forgotten_here(both: TestClient) -> None:
    def walk(routes: object) -> Iterator[str]:
        for route in routes:  # type: ignore[attr-defined]
            if isinstance(route, APIRoute):
                yield route.path
            elif hasattr(route, "original_router"):
                yield from walk(route.original_router.routes)

    known = set(FOREIGN) | LISTS | ROUNDS | REVIEWS | NOBODYS
    found = set(walk(both.app.routes))  # type: ignore[attr-defined]

    assert found == known
