"""`?wait=` and server-sent events against a real server."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.fakes.front_house import SECRET, FrontHouse, serving
from validator.domain.submission import State
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.web.watch import Watcher

CODE = json.dumps(EXAMPLES["code"])
PATH = "/v1/submissions"


def submit(client: httpx.Client) -> str:
    return str(client.post(PATH, content=CODE).json()["submission_id"])


@contextmanager
def worker(house: FrontHouse, delay: float = 0.05) -> Iterator[list[float]]:
    """Judge whatever comes; the times at which verdicts were written."""
    stop, ends = threading.Event(), []

    def work() -> None:
        while not stop.wait(0.005):
            for bell in house.store.pending(10):
                house.store.rung([bell.outbox_id])
                time.sleep(delay)
                house.judge(bell.submission_id)
                ends.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield ends
    finally:
        stop.set()
        thread.join()


def frames(text: str) -> list[dict[str, Any]]:
    """Read a stream as the standard says."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith((":", "retry"))]
        if lines:
            found.append(dict(line.split(": ", 1) for line in lines))
    return found


def test_wait_answers_200_at_the_first_verdict(house: FrontHouse, live: httpx.Client) -> None:
    with worker(house) as ends:
        reply = live.post(f"{PATH}?wait=20", content=CODE)
        late = time.monotonic() - ends[0]

    assert reply.status_code == 200
    assert reply.json()["verdict"]["decision"] == "accept"
    assert reply.headers["location"].endswith(reply.json()["submission_id"])
    assert late < 0.5


def test_wait_answers_202_when_the_time_is_over(live: httpx.Client) -> None:
    at = time.monotonic()
    reply = live.post(f"{PATH}?wait=0.2", content=CODE)

    assert reply.status_code == 202
    assert reply.json()["verdict"] is None
    assert 0.2 <= time.monotonic() - at < 5


def test_wait_for_a_parked_submission_ends_early_without_a_verdict(
    house: FrontHouse, live: httpx.Client
) -> None:
    key = {"idempotency-key": "k"}
    submission_id = live.post(PATH, content=CODE, headers=key).json()["submission_id"]
    for _ in range(3):
        lease = house.store.take_lease(submission_id, "w")
        house.store.release(lease, "the cage is gone")

    reply = live.post(f"{PATH}?wait=30", content=CODE, headers=key)

    assert reply.status_code == 202
    assert (reply.json()["state"], reply.json()["verdict"]) == ("parked", None)


@pytest.mark.parametrize("wait", ["61", "-1", "NaN", "inf", "1e1", "", "abc", "0x1", "9" * 40])
def test_a_wait_out_of_range_is_refused_by_name(live: httpx.Client, wait: str) -> None:
    reply = live.post(PATH, content=CODE, params={"wait": wait})

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["field"] == "wait"


def test_a_client_that_hangs_up_gives_its_place_back(house: FrontHouse, live: httpx.Client) -> None:
    app = house.app()
    watcher: Watcher = app.state.desk.watcher
    with serving(app) as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{url}{PATH}?wait=60",
                content=CODE,
                headers={"content-type": "application/json"},
                timeout=0.5,
            )
        submission_id = house.store.pending(1)[0].submission_id
        with httpx.stream("GET", f"{url}{PATH}/{submission_id}/events") as stream:
            chunks = stream.iter_raw()
            next(chunks)
            assert watcher.waiting >= 1
            chunks.close()
        deadline = time.monotonic() + 5
        while watcher.waiting and time.monotonic() < deadline:
            time.sleep(0.01)

        assert watcher.waiting == 0


def test_without_a_free_place_wait_is_202_at_once_and_events_are_503(house: FrontHouse) -> None:
    app = house.app()
    app.state.desk.watcher.capacity = 0
    with serving(app) as url, httpx.Client(base_url=url) as client:
        reply = client.post(
            f"{PATH}?wait=30", content=CODE, headers={"content-type": "application/json"}
        )
        events = client.get(f"{reply.headers['location']}/events")

    assert reply.status_code == 202
    assert events.status_code == 503
    assert events.json()["code"] == "TV032"


def test_hundreds_of_waiters_all_get_their_verdict(house: FrontHouse) -> None:
    count = 150

    async def story(url: str) -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=count)
        async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
            headers = {"content-type": "application/json"}
            return await asyncio.gather(
                *(
                    client.post(f"{PATH}?wait=60", content=CODE, headers=headers)
                    for _ in range(count)
                )
            )

    with serving(house.app()) as url, worker(house, delay=0):
        replies = asyncio.run(story(url))

    assert [reply.status_code for reply in replies] == [200] * count
    assert len({reply.json()["submission_id"] for reply in replies}) == count


class TestEvents:
    def test_the_whole_story_comes_in_order_and_the_stream_ends(
        self, house: FrontHouse, live: httpx.Client
    ) -> None:
        submission_id = submit(live)
        with worker(house, delay=0.2):
            reply = live.get(f"{PATH}/{submission_id}/events")

        story = frames(reply.text)
        ids = [int(frame["id"]) for frame in story]
        kinds = [frame["event"] for frame in story]
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert ids == list(range(1, len(ids) + 1))
        assert (kinds[0], kinds[-1]) == ("state", "end")
        assert {"state", "check", "verdict", "end"} == set(kinds)

    def test_last_event_id_continues_without_gap_or_double(
        self, house: FrontHouse, live: httpx.Client
    ) -> None:
        submission_id = submit(live)
        house.judge(submission_id)
        url = f"{PATH}/{submission_id}/events"
        whole = frames(live.get(url).text)

        rest = frames(live.get(url, headers={"last-event-id": "2"}).text)

        assert rest == whole[2:]

    def test_after_the_end_204_tells_the_client_not_to_come_back(
        self, house: FrontHouse, live: httpx.Client
    ) -> None:
        submission_id = submit(live)
        house.judge(submission_id)
        url = f"{PATH}/{submission_id}/events"
        last = frames(live.get(url).text)[-1]["id"]

        assert live.get(url, headers={"last-event-id": last}).status_code == 204
        assert live.get(url, headers={"last-event-id": "999999999"}).status_code == 204

    @pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 10, "1 2", "0x1"])
    def test_an_odd_last_event_id_is_refused_by_name(
        self, house: FrontHouse, live: httpx.Client, value: str
    ) -> None:
        reply = live.get(f"{PATH}/{submit(live)}/events", headers={"last-event-id": value})

        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == "Last-Event-ID"

    def test_a_quiet_stream_is_kept_alive_by_comments(
        self, live: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("validator.web.sse.HEARTBEAT_S", 0.1)
        with live.stream("GET", f"{PATH}/{submit(live)}/events") as stream:
            text = ""
            for chunk in stream.iter_text():
                text += chunk
                if ": still here" in text:
                    break

        assert "event: state" in text

    def test_a_parked_submission_ends_its_stream(
        self, house: FrontHouse, live: httpx.Client
    ) -> None:
        submission_id = submit(live)
        for _ in range(3):
            house.store.release(house.store.take_lease(submission_id, "w"), "gone")

        story = frames(live.get(f"{PATH}/{submission_id}/events").text)

        assert story[-1]["event"] == "end"
        assert json.loads(story[-1]["data"])["state"] == State.PARKED.value

    def test_nothing_of_a_hidden_case_is_streamed(
        self, house: FrontHouse, live: httpx.Client
    ) -> None:
        submission_id = submit(live)
        lease = house.store.take_lease(submission_id, "w")
        # An event as a forgetful checker would write it.
        leak = {"name": "hidden 1", "hidden": True, "weight": 1, "status": "fail", "stdout": SECRET}
        house.store.record_check(lease, {"check": "tests", "status": "pass", "cases": [leak]})
        house.store.release(lease, "again")
        house.judge(submission_id)

        text = live.get(f"{PATH}/{submission_id}/events").text

        assert "hidden 1" in text
        assert SECRET not in text
        assert '"stdout"' not in text

    def test_streams_end_when_the_server_stops(self, house: FrontHouse) -> None:
        app = house.app()
        with serving(app) as url, httpx.Client(base_url=url) as client:
            client.headers["content-type"] = "application/json"
            with client.stream("GET", f"{PATH}/{submit(client)}/events") as stream:
                chunks = stream.iter_text()
                next(chunks)
                app.state.desk.close()
                rest = "".join(chunks)

        assert "end" not in rest
