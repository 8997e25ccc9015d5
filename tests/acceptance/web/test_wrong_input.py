"""Wrong input: one clear sentence with the field's name and the right status, never a 500."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

PATH = "/v1/submissions"
MIB = 1024 * 1024


def document(change: Callable[[dict[str, Any]], object]) -> bytes:
    made = copy.deepcopy(dict(EXAMPLES["code"]))
    change(made)
    return json.dumps(made).encode()


def deep(levels: int) -> bytes:
    inner = b"[" * levels + b"]" * levels
    return b'{"task": {"type": "general"}, "answer": {"test_results": ' + inner + b"}}"


def general(answer: bytes) -> bytes:
    return b'{"task": {"type": "general"}, "answer": ' + answer + b"}"


WRONG: dict[str, tuple[bytes, int, str]] = {
    "a wrong field": (document(lambda d: d["task"].update(langage="python")), 422, "task.langage"),
    "a wrong language": (
        document(lambda d: d["task"].update(language="klingon")),
        422,
        "task.language",
    ),
    "5 MB of code": (document(lambda d: d["answer"].update(code="x" * 5 * MIB)), 413, ""),
    "65 checks": (
        document(lambda d: d["task"].update(checks=[{"check": "syntax"}] * 65)),
        422,
        "task.checks",
    ),
    "NaN": (general(b'{"content": "x", "performance_metrics": {"t": NaN}}'), 422, "t"),
    "Infinity": (general(b'{"content": "x", "performance_metrics": {"t": -Infinity}}'), 422, "t"),
    "a number beyond doubles": (
        general(b'{"content": "x", "performance_metrics": {"t": 1e400}}'),
        422,
        "t",
    ),
    "deep JSON": (deep(100), 422, "body"),
    "very deep JSON": (deep(500_000), 422, ""),
    "a path that climbs out": (
        document(
            lambda d: (d["answer"].pop("code"), d["answer"].update(files={"../x": {"text": ""}}))
        ),
        422,
        "../x",
    ),
    "a duplicate key": (
        b'{"task": {"type": "general", "type": "code"}, "answer": {}}',
        422,
        "type",
    ),
    "an escaped duplicate key": (
        b'{"task": {"type": "general", "typ\\u0065": "code"}, "answer": {}}',
        422,
        "type",
    ),
    "a lone surrogate": (general(b'{"content": "\\ud800"}'), 422, "content"),
    "a lone surrogate as a key": (
        general(b'{"content": "x", "test_results": {"\\udfff": 1}}'),
        422,
        "test_results",
    ),
    "bytes that are not UTF-8": (general(b'{"content": "\xff\xfe"}'), 422, ""),
    "a byte order mark": (b"\xef\xbb\xbf" + document(lambda _: None), 422, ""),
    "an endless integer": (
        general(b'{"content": "x", "performance_metrics": {"n": ' + b"9" * 100_000 + b"}}"),
        422,
        "n",
    ),
    "a list": (b"[]", 422, "body"),
    "a text": (b'"x"', 422, "body"),
    "nothing": (b"", 422, ""),
    "half a document": (b'{"task": {"type"', 422, ""),
    "rubbish after the document": (document(lambda _: None) + b"x", 422, ""),
    "a missing type": (document(lambda d: d["task"].pop("type")), 422, "task.type"),
    "an unknown type": (document(lambda d: d["task"].update(type="poetry")), 422, "task.type"),
    "no answer": (document(lambda d: d["answer"].pop("code")), 422, "answer"),
    "code and files": (
        document(lambda d: d["answer"].update(files={"a": {"text": ""}})),
        422,
        "answer",
    ),
    "a negative limit": (
        document(lambda d: d["task"]["checks"][1].update(limits={"cpu_s": -1})),
        422,
        "task.checks[1].limits.cpu_s",
    ),
    "a limit over the operator's cap": (
        document(lambda d: d["task"]["checks"][1].update(limits={"memory_mb": 10**9})),
        422,
        "task.checks[1].limits.memory_mb",
    ),
    "a number where text belongs": (
        document(lambda d: d["task"]["checks"][1]["cases"][0].update(stdin=5)),
        422,
        "task.checks[1].cases[0].stdin",
    ),
    "an unknown check": (
        document(lambda d: d["task"]["checks"].append({"check": "vibes"})),
        422,
        "task.checks[2].check",
    ),
    "a label with a blank": (document(lambda d: d["task"].update(id="a b")), 422, "task.id"),
    "a label with NUL": (document(lambda d: d["task"].update(id="a\x00")), 422, "task.id"),
    "an origin in the body": (document(lambda d: d.update(origin="chain")), 422, "origin"),
    "an owner in the body": (document(lambda d: d.update(owner="ann")), 422, "owner"),
    "a file name with NUL": (
        document(
            lambda d: (d["answer"].pop("code"), d["answer"].update(files={"a\x00b": {"text": ""}}))
        ),
        422,
        "answer.files",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_gets_one_clear_sentence(live: httpx.Client, name: str) -> None:
    body, status, field = WRONG[name]

    reply = live.post(PATH, content=body)

    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert field in problem["detail"] + "".join(e["field"] for e in problem["errors"])
    assert 10 < len(problem["detail"]) <= 500
    assert "\n" not in problem["detail"]
    assert problem["detail"].isprintable()
    assert not {"pydantic", "Traceback", "ValidationError"} & set(problem["detail"].split())


def test_nothing_refused_was_stored(live: httpx.Client) -> None:
    for body, _, _ in WRONG.values():
        live.post(PATH, content=body)

    assert live.get(PATH).json() == {"items": [], "next": None}


def test_every_field_that_is_wrong_is_named(live: httpx.Client) -> None:
    body = document(lambda d: (d["task"].update(langage=1, type="x"), d["answer"].update(codee=2)))

    errors = live.post(PATH, content=body).json()["errors"]

    assert {e["field"] for e in errors} == {"task.langage", "task.type", "answer.codee"}
