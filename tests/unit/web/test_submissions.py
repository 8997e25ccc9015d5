from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.fakes.front_house import (
    SECRET,
    BrokenStore,
    FrontHouse,
    TestClient,
    client_of,
    front_house,
)
from validator.errors import IdempotencyInFlightError
from validator.intake import parse
from validator.settings import LimitSettings
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

PATH = "/v1/submissions"
CODE = json.dumps(EXAMPLES["code"])
HEADERS = {"content-type": "application/json"}


def post(
    client: TestClient, body: str | bytes = CODE, path: str = PATH, **headers: str
) -> httpx.Response:
    return client.post(path, content=body, headers={**HEADERS, **headers})


def accepted_id(client: TestClient) -> str:
    return str(post(client).json()["submission_id"])


def test_accepted_submission_has_a_location_that_can_be_read(
    client: TestClient, house: FrontHouse
) -> None:
    reply = post(client)

    assert reply.status_code == 202
    body = reply.json()
    assert reply.headers["location"] == f"{PATH}/{body['submission_id']}"
    assert (body["state"], body["verdict"], body["attempts"]) == ("queued", None, 0)
    read = client.get(reply.headers["location"])
    assert read.status_code == 200
    assert body.items() <= read.json().items()


def test_the_relay_is_rung_after_the_row_is_stored(client: TestClient, house: FrontHouse) -> None:
    post(client)

    assert house.rings == 1
    assert [bell.queue for bell in house.store.pending(10)] == ["sandbox"]


def test_a_refused_submission_rings_nobody(client: TestClient, house: FrontHouse) -> None:
    post(client, "{}")

    assert house.rings == 0


def test_finished_submission_shows_its_verdict(client: TestClient, house: FrontHouse) -> None:
    submission_id = accepted_id(client)
    verdict = house.judge(submission_id)

    shown = client.get(f"{PATH}/{submission_id}").json()

    assert shown["state"] == "done"
    assert shown["verdict"]["verdict_id"] == verdict.verdict_id
    assert shown["verdict"]["decision"] == "accept"


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_of_the_openapi_document_is_accepted(name: str) -> None:
    intake = parse(json.dumps(EXAMPLES[name]).encode(), LimitSettings())

    assert intake.submission.task_type == name


def test_large_bodies_are_checked_in_a_thread_and_stored_alike(
    client: TestClient, house: FrontHouse
) -> None:
    document = json.loads(CODE)
    document["answer"]["code"] += "# " + "x" * 100_000 + "\n"

    reply = post(client, json.dumps(document))

    assert reply.status_code == 202
    lease = house.store.take_lease(reply.json()["submission_id"], "w")
    assert lease.body == json.dumps(document).encode()


class TestIdempotencyKey:
    def test_same_body_gets_the_same_reply_byte_for_byte_even_after_the_verdict(
        self, client: TestClient, house: FrontHouse
    ) -> None:
        first = post(client, **{"idempotency-key": "k-1"})
        house.judge(first.json()["submission_id"])

        again = post(client, **{"idempotency-key": "k-1"})

        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers

    def test_another_body_is_refused(self, client: TestClient) -> None:
        post(client, **{"idempotency-key": "k-1"})

        reply = post(client, json.dumps(EXAMPLES["math"]), **{"idempotency-key": "k-1"})

        assert reply.status_code == 422
        assert reply.json()["code"] == "TV005"

    def test_a_request_in_flight_is_a_conflict(self, tmp_path: Path) -> None:
        with front_house(tmp_path) as house:
            house.submissions = BrokenStore(IdempotencyInFlightError("still at it"))
            with client_of(house.app()) as client:
                reply = post(client, **{"idempotency-key": "k-1"})

        assert reply.status_code == 409
        assert reply.headers["retry-after"] == "1"

    def test_keys_of_two_owners_do_not_meet(self, house: FrontHouse) -> None:
        app = house.app(owner_of=lambda request: request.headers["x-owner"])
        with client_of(app) as client:
            first = post(client, **{"idempotency-key": "k", "x-owner": "ann"})
            other = post(
                client, json.dumps(EXAMPLES["math"]), **{"idempotency-key": "k", "x-owner": "ben"}
            )

        assert (first.status_code, other.status_code) == (202, 202)

    @pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9", "\x7f"])
    def test_a_key_of_a_wrong_form_is_refused_by_name(self, client: TestClient, key: str) -> None:
        reply = client.post(
            PATH, content=CODE, headers={**HEADERS, "idempotency-key": key.encode()}
        )

        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == "Idempotency-Key"

    def test_two_keys_are_refused(self, client: TestClient) -> None:
        reply = client.post(
            PATH,
            content=CODE,
            headers=[*HEADERS.items(), ("idempotency-key", "a"), ("idempotency-key", "b")],
        )

        assert reply.status_code == 422


class TestBody:
    @pytest.mark.parametrize(
        "kind",
        [
            "",
            "text/plain",
            "application/json; charset=latin-1",
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "application/jsonp",
        ],
    )
    def test_another_content_type_is_refused(self, client: TestClient, kind: str) -> None:
        reply = client.post(PATH, content=CODE, headers={"content-type": kind})

        assert reply.status_code == 415
        assert reply.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize(
        "kind",
        [
            "application/json; charset=utf-8",
            "Application/JSON",
            'application/json; charset="UTF-8"',
        ],
    )
    def test_spellings_of_json_are_accepted(self, client: TestClient, kind: str) -> None:
        assert client.post(PATH, content=CODE, headers={"content-type": kind}).status_code == 202

    def test_compressed_bodies_are_refused(self, client: TestClient) -> None:
        assert post(client, **{"content-encoding": "gzip"}).status_code == 415

    def test_declared_length_over_the_limit_is_refused_before_reading(
        self, house: FrontHouse
    ) -> None:
        with client_of(house.app()) as client:
            reply = client.post(
                PATH, content=_never_read(), headers={**HEADERS, "content-length": "99999999999"}
            )

        assert reply.status_code == 413

    def test_a_stream_without_a_length_is_cut_at_the_limit(self, tmp_path: Path) -> None:
        sent = 0

        def endless() -> Iterator[bytes]:
            nonlocal sent
            while sent < 100:
                sent += 1
                yield b" " * 1024

        with (
            front_house(tmp_path, limits={"submission_bytes": 4096}) as house,
            client_of(house.app()) as client,
        ):
            reply = client.post(PATH, content=endless(), headers=HEADERS)

        assert reply.status_code == 413

    @pytest.mark.parametrize("length", ["-1", "+5", "\u00b2", "1e9", "0x10", " "])
    def test_odd_lengths_do_no_harm(self, house: FrontHouse, length: str) -> None:
        with client_of(house.app()) as client:
            reply = client.post(
                PATH, content=CODE, headers={**HEADERS, "content-length": length.encode("latin-1")}
            )

        assert reply.status_code < 500


def _never_read() -> Iterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


class TestList:
    def test_pages_walk_through_everything_newest_first(self, client: TestClient) -> None:
        ids = [accepted_id(client) for _ in range(5)]

        first = client.get(PATH, params={"limit": 2}).json()
        second = client.get(PATH, params={"limit": 2, "cursor": first["next"]}).json()
        third = client.get(PATH, params={"limit": 2, "cursor": second["next"]}).json()

        walked = [
            item["submission_id"] for page in (first, second, third) for item in page["items"]
        ]
        assert walked == ids[::-1]
        assert third["next"] is None

    @pytest.mark.parametrize(
        "limit", ["0", "201", "-1", "1.5", "abc", "", "9" * 30, "\u0663", "NaN"]
    )
    def test_a_limit_out_of_range_is_refused_by_name(self, client: TestClient, limit: str) -> None:
        reply = client.get(PATH, params={"limit": limit})

        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == "limit"

    @pytest.mark.parametrize(
        "cursor", ["", "x", "../..", "\x00", "A" * 600, "\U0001f600", "=" * 40]
    )
    def test_weird_cursors_are_refused_by_name(self, client: TestClient, cursor: str) -> None:
        reply = client.get(PATH, params={"cursor": cursor})

        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == "cursor"

    def test_unknown_and_repeated_parameters_are_refused_by_name(self, client: TestClient) -> None:
        unknown = client.get(PATH, params={"ofset": "1"})
        repeated = client.get(f"{PATH}?limit=1&limit=2")

        assert (unknown.status_code, repeated.status_code) == (422, 422)
        assert unknown.json()["errors"][0]["field"] == "ofset"


class TestIds:
    @pytest.mark.parametrize(
        "odd",
        [
            "x",
            "sub_",
            "sub_" + "g" * 32,
            "sub_" + "A" * 32,
            "%00",
            "..%2f..",
            "sub_%ff",
            "ver_" + "0" * 32,
            "sub_" + "0" * 32 + "%0a",
            "sub_" + "0" * 32,
            "%F0%9F%98%80",
            "%ED%A0%80",
        ],
    )
    @pytest.mark.parametrize(
        "path", ["/v1/submissions/{}", "/v1/submissions/{}/events", "/v1/verdicts/{}"]
    )
    def test_ids_that_are_not_ours_are_not_found(
        self, client: TestClient, odd: str, path: str
    ) -> None:
        reply = client.get(path.format(odd))

        assert reply.status_code == 404
        assert reply.headers["content-type"] == "application/problem+json"


class TestVerdicts:
    def test_a_verdict_can_be_read_by_its_id(self, client: TestClient, house: FrontHouse) -> None:
        verdict = house.judge(accepted_id(client))

        reply = client.get(f"/v1/verdicts/{verdict.verdict_id}")

        assert reply.status_code == 200
        assert reply.json()["schema"] == "tosv.verdict/1"

    def test_hidden_cases_show_name_and_weight_only_even_when_a_document_leaks(
        self, house: FrontHouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with client_of(house.app()) as client:
            submission_id = accepted_id(client)
            verdict = house.judge(submission_id)
            # A checker or a document of tomorrow that forgets the rule: the view must not.
            leaking = client.get(f"/v1/verdicts/{verdict.verdict_id}").json()
            leaking["checks"][0]["cases"][1].update(detail=SECRET, status="fail", stdout=SECRET)
            monkeypatch.setattr(type(house.store), "verdict", lambda *_: leaking)
            row = house.store.submission("local", submission_id)
            monkeypatch.setattr(
                type(house.store), "submission_and_verdict", lambda *_: (row, leaking)
            )
            views = [
                client.get(f"/v1/verdicts/{verdict.verdict_id}"),
                client.get(f"/v1/submissions/{submission_id}"),
                client.get(f"/submissions/{submission_id}"),
            ]

        shown = views[0].json()["checks"][0]["cases"][1]
        assert shown == {"name": "hidden 1", "hidden": True, "weight": 2}
        assert not any(SECRET in view.text for view in views)


@pytest.mark.parametrize(
    "path", [PATH, f"{PATH}/sub_{'0' * 32}", f"/v1/verdicts/ver_{'0' * 32}", "/"]
)
def test_a_store_that_is_away_is_503_with_a_problem(tmp_path: Path, path: str) -> None:
    with front_house(tmp_path) as house:
        house.store = BrokenStore()
        with client_of(house.app()) as client:
            reply = client.get(path)

    assert reply.status_code == 503
    assert reply.json()["code"] == "TV030"
    assert reply.headers["retry-after"] == "2"
