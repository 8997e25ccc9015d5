"""What the chain brought is shown to nobody by HTTP (threat model, rows 5 and 13)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.bundles import both
from tests.fakes.front_house import FrontHouse, TestClient, client_of
from tests.fakes.posted import OPEN_BODY
from validator.domain.submission import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

GENESIS = "10" * 32


@pytest.fixture
def chain_ids(house: FrontHouse) -> tuple[str, str]:
    """A judged answer of the chain with released evidence: all that could be seen of one."""
    key = "a" * 64
    row = house.submissions.submit(OPEN_BODY, GENESIS, Origin.CHAIN, key).row
    verdict = house.judge(row.submission_id)
    house.evidence.put(*both(), verdict.verdict_id)
    house.evidence.release(verdict.verdict_id)
    return row.submission_id, verdict.verdict_id


ROUTES = [
    "/v1/submissions/{sub}",
    "/v1/submissions/{sub}/events",
    "/v1/verdicts/{ver}",
    "/v1/verdicts/{ver}/evidence",
    "/submissions/{sub}",
    "/verdicts/{ver}",
]
CLAIMS: list[dict[str, str]] = [
    {},
    {"x-owner": GENESIS},
    {"authorization": f"Bearer {GENESIS}"},
    {"x-forwarded-user": GENESIS},
    {"cookie": f"owner={GENESIS}"},
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: next(iter(claim), "none"))
@pytest.mark.parametrize("path", ROUTES)
def test_no_request_reads_a_row_of_the_chain_whatever_it_claims(
    client: TestClient, chain_ids: tuple[str, str], path: str, claim: dict[str, str]
) -> None:
    submission_id, verdict_id = chain_ids

    reply = client.get(path.format(sub=submission_id, ver=verdict_id), headers=claim)

    assert reply.status_code == 404


@pytest.mark.parametrize("path", ["/v1/submissions", "/"])
def test_no_list_holds_one(client: TestClient, chain_ids: tuple[str, str], path: str) -> None:
    text = client.get(path).text

    assert not any(name in text for name in (*chain_ids, GENESIS))


def test_the_follower_s_idempotency_key_gives_nobody_the_row(
    client: TestClient, chain_ids: tuple[str, str]
) -> None:
    headers = {"content-type": "application/json", "idempotency-key": "a" * 64}

    reply = client.post("/v1/submissions", content=OPEN_BODY, headers=headers)

    assert reply.status_code == 202
    assert reply.json()["submission_id"] != chain_ids[0]


def test_no_body_says_who_owns_it_or_that_a_chain_brought_it(client: TestClient) -> None:
    for part in ({"owner": GENESIS}, {"origin": "chain"}):
        content = json.dumps(json.loads(OPEN_BODY) | part)
        reply = client.post(
            "/v1/submissions", content=content, headers={"content-type": "application/json"}
        )
        assert reply.status_code == 422


@pytest.fixture
def genesis_owner(house: FrontHouse) -> Iterator[TestClient]:
    """A front door that took the genesis for its owner: shows that the tests above can fail."""
    with client_of(house.app(owner_of=lambda _: GENESIS)) as opened:
        yield opened


def test_only_the_owner_stands_between_them(
    genesis_owner: TestClient, chain_ids: tuple[str, str]
) -> None:
    assert genesis_owner.get(f"/v1/verdicts/{chain_ids[1]}").status_code == 200


def shown(client: TestClient, submission_id: str, verdict_id: str) -> list[dict[str, Any]]:
    """The verdict's document from both routes that give it out."""
    first = client.get(f"/v1/verdicts/{verdict_id}").json()
    second = client.get(f"/v1/submissions/{submission_id}").json()["verdict"]
    return [first, second]


def test_evidence_is_named_in_the_verdict_once_it_is_out(
    house: FrontHouse, client: TestClient
) -> None:
    row = house.submissions.submit(OPEN_BODY, "local", Origin.API, None).row
    verdict_id = house.judge(row.submission_id).verdict_id
    before = shown(client, row.submission_id, verdict_id)
    kept = house.evidence.put(*both(), verdict_id)
    assert shown(client, row.submission_id, verdict_id) == before
    assert all(document["evidence"] is None for document in before)

    house.evidence.release(verdict_id)

    uri = f"/v1/verdicts/{verdict_id}/evidence"
    wanted = {"digest": kept.public, "uri": uri}
    for document, old in zip(shown(client, row.submission_id, verdict_id), before, strict=True):
        assert document == old | {"evidence": wanted}
        assert document["chain"] == {"network": None, "tx": None, "status": "none"}
    assert client.get(uri).status_code == 200
