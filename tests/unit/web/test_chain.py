"""The chain over HTTP: its own facts, resumable, and nothing of our verdicts."""

from __future__ import annotations

import json
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.front_house import FrontHouse, TestClient, serving
from validator.store.chain_values import AnswerFacts, Changes, NewBlock, NewEvent, TaskFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

TASK = TaskFacts("t1", "p", "text", 7, "beginner", 9_000, 1, 1_000, "Active")
ANSWER = AnswerFacts("a1", "t1", "m", "h", "content", 1, 1_000, 91)


def event(number: int, kind: str = "answer_submitted") -> NewEvent:
    return NewEvent(f"{kind}:{number}", kind, "t1", f"a{number}", {"height": number})


def follow(house: FrontHouse) -> None:
    chain = house.chain
    chain.bind("ab" * 32)
    changes = Changes((TASK,), (ANSWER,), (), (event(1), event(2, "endpoint_trouble"), event(3)))
    chain.append(NewBlock(0, "00", 12, 1_767_225_600_000, "[]"), changes)


@pytest.mark.parametrize("path", ["/v1/chain/status", "/v1/chain/events"])
def test_without_a_chain_there_is_nothing(client: TestClient, path: str) -> None:
    reply = client.get(path)

    assert reply.status_code == 404
    assert "chain.nodes" in reply.json()["detail"]


def test_the_status_counts_and_gives_no_score(house: FrontHouse, client: TestClient) -> None:
    follow(house)

    found = client.get("/v1/chain/status").json()

    assert found["lag_s"] > 0
    del found["lag_s"]
    assert found == {
        "network": "devnet",
        "genesis": "ab" * 32,
        "height": 12,
        "topoheight": 0,
        "stable_height": 4,
        "tasks": {"new": 1, "watched": 0, "declined": 0, "quarantined": 0},
        "answers": {"new": 1, "submitted": 0, "refused": 0, "gone": 0},
    }


@pytest.mark.parametrize("path", ["/v1/chain/status?x=1", "/v1/chain/events?x=1"])
def test_an_unknown_parameter_is_refused(house: FrontHouse, client: TestClient, path: str) -> None:
    follow(house)

    assert client.get(path).status_code == 422


def frames(url: str, after: int | None, count: int) -> Iterator[tuple[str, str, Any]]:
    """Read so many events and hang up."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    request = urllib.request.Request(f"{url}/v1/chain/events", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        while count:
            name, _, value = reply.readline().decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "id" in fields:
                count -= 1
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}


def test_events_come_in_order_and_go_on_from_the_last_one_seen(house: FrontHouse) -> None:
    follow(house)
    with serving(house.app()) as url:
        first, last = frames(url, None, 2)
        assert [(one[0], one[1]) for one in (first, last)] == [
            ("1", "answer_submitted"), ("3", "answer_submitted"),
        ]  # fmt: skip
        assert first[2]["answer_id"] == "a1"
        assert first[2]["height"] == 1
        assert "score" not in json.dumps([first, last])

        late = threading.Timer(0.3, house.chain.observe, [Changes(events=(event(4),))])
        late.start()
        assert [one[0] for one in frames(url, 3, 1)] == ["4"]
        late.join()
