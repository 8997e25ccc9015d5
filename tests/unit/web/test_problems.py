from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from validator import errors
from validator.errors import FieldError, InvalidDocumentError, ValidatorError
from validator.web.problems import problem, problem_response
from validator.wire.problem import MAX_ERRORS, MAX_TEXT

if TYPE_CHECKING:
    from tests.fakes.front_house import TestClient

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ValidatorError)
]


def test_a_problem_has_every_member_of_the_contract() -> None:
    error = InvalidDocumentError("task.type: is missing", (FieldError("task.type", "is missing"),))

    assert problem(error, "/v1/submissions") == {
        "type": "/errors/TV001",
        "title": "Invalid document",
        "status": 422,
        "detail": "task.type: is missing",
        "code": "TV001",
        "errors": [{"field": "task.type", "message": "is missing"}],
        "hint": InvalidDocumentError.hint,
        "instance": "/v1/submissions",
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_type_of_every_error_is_a_page(client: TestClient, kind: type[ValidatorError]) -> None:
    reply = client.get(f"/errors/{kind.code}")

    assert reply.status_code == 200
    assert kind.title in reply.text


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in KINDS if "code" in vars(kind)}) == len(KINDS)


def test_lone_surrogates_and_long_texts_in_a_refusal_do_no_harm() -> None:
    fields = tuple(FieldError(f"a\ud800{n}", "x" * 10_000) for n in range(1000))

    reply = problem_response(InvalidDocumentError("\udfff" * 10_000, fields), "/")

    assert reply.status_code == 422
    assert len(reply.body) < MAX_ERRORS * (MAX_TEXT + 100) + 5000
    bytes(reply.body).decode("utf-8")


def test_unknown_paths_are_problems(client: TestClient) -> None:
    reply = client.get("/v1/nothing")

    assert reply.status_code == 404
    assert reply.json()["code"] == "TV004"
    assert reply.json()["instance"] == "/v1/nothing"


def test_wrong_methods_are_problems_that_name_the_right_ones(client: TestClient) -> None:
    reply = client.put("/v1/submissions", content=b"{}")

    assert reply.status_code == 405
    assert reply.json()["code"] == "TV010"
    assert reply.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/%00", "/%ff%fe", "/%ED%A0%80", "/v1/../etc", "/x//", "/" + "a" * 5000]
)
def test_odd_paths_are_not_found(client: TestClient, path: str) -> None:
    reply = client.get(path)

    assert reply.status_code == 404
    assert len(reply.json()["instance"]) <= 200


def test_a_browser_gets_its_refusal_as_a_page_but_never_from_the_api(client: TestClient) -> None:
    accept = {"accept": "text/html,*/*"}

    assert client.get("/nowhere", headers=accept).headers["content-type"].startswith("text/html")
    api = client.get("/v1/nowhere", headers=accept)
    assert api.headers["content-type"] == "application/problem+json"
