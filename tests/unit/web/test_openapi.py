from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from validator.domain.tasks import TaskType
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from tests.fakes.front_house import TestClient


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi_3_1_with_the_routes_of_the_contract(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {name for name, _ in operations(document)} == {
        "post /v1/submissions",
        "get /v1/submissions",
        "get /v1/submissions/{submission_id}",
        "get /v1/submissions/{submission_id}/events",
        "get /v1/verdicts/{verdict_id}",
        "get /v1/verdicts/{verdict_id}/evidence",
        "get /v1/verdicts/{verdict_id}/sarif",
        "post /v1/votes/rounds",
        "get /v1/votes/rounds/{round_id}",
        "get /v1/votes/rounds/{round_id}/draw",
        "get /v1/votes/rounds/{round_id}/events",
        "get /v1/votes/rounds/{round_id}/result",
        "post /v1/votes/rounds/{round_id}/commits",
        "post /v1/votes/rounds/{round_id}/reveals",
        "get /v1/votes/assignments",
        "post /v1/reviews",
        "get /v1/reviews",
        "get /v1/reviews/{review_id}",
        "get /v1/reviews/{review_id}/events",
        "get /v1/reviews/{review_id}/record",
        "get /v1/reviews/{review_id}/page",
        "post /v1/reviews/{review_id}/human",
        "get /v1/chain/events",
        "get /v1/chain/status",
        "get /healthz",
        "get /readyz",
    }


def test_every_task_type_has_an_example(document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/submissions"]["post"]["requestBody"]["content"]

    assert set(content["application/json"]["examples"]) == set(get_args(TaskType)) == set(EXAMPLES)


def test_every_refusal_is_described_as_a_problem(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        refusals = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
        assert refusals, name
        for status, reply in refusals.items():
            if name != "get /readyz" or status != "503":
                assert set(reply["content"]) == {"application/problem+json"}, (name, status)


def test_every_reference_has_its_target(document: dict[str, Any]) -> None:
    def references(part: object) -> set[str]:
        if isinstance(part, dict):
            here = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return here.union(*(references(value) for value in part.values()))
        if isinstance(part, list):
            return set().union(*(references(value) for value in part))
        return set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_patterns_are_in_the_dialect_of_json_schema(client: TestClient) -> None:
    text = client.get("/openapi.json").text

    assert "pattern" in text
    assert r"\\A" not in text
    assert r"\\z" not in text


def test_the_body_schema_names_every_check(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])

    assert {"TestsOptions", "MathOptions", "SchemaOptions", "SyntaxOptions"} <= names
