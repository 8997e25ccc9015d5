"""Sends answers through HTTP, a few at a time, and waits for their verdicts."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

import httpx

from examples.demo.results import NO_VERDICT, Judged, from_refusal, from_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from examples.demo.corpus import Example
    from examples.demo.stopping import Stop

WAIT_S = 5  # how long one request may wait for the verdict; then it asks again
PATIENCE_S = 300.0  # the engine's own budget for one submission
TRIES = 5
_REFUSALS = frozenset({httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.REQUEST_ENTITY_TOO_LARGE})


def judge_all(url: str, examples: Sequence[Example], jobs: int, stop: Stop) -> Iterator[Judged]:
    """Yield outcomes in the order in which they come. Raises StoppedError."""
    todo: queue.SimpleQueue[Example] = queue.SimpleQueue()
    done: queue.SimpleQueue[Judged | BaseException] = queue.SimpleQueue()
    for example in examples:
        todo.put(example)
    for _ in range(min(jobs, len(examples))):
        # Daemon threads: a request that still waits must not hold up a stop.
        threading.Thread(target=_sender, args=(url, todo, done, stop), daemon=True).start()
    for _ in examples:
        item = _next(done, stop)
        if isinstance(item, BaseException):
            raise item
        yield item


def _next(done: queue.SimpleQueue[Judged | BaseException], stop: Stop) -> Judged | BaseException:
    while True:
        stop.check()
        try:
            return done.get(timeout=0.2)
        except queue.Empty:
            continue


def _sender(
    url: str,
    todo: queue.SimpleQueue[Example],
    done: queue.SimpleQueue[Judged | BaseException],
    stop: Stop,
) -> None:
    try:
        with httpx.Client(base_url=url, timeout=WAIT_S + 25, trust_env=False) as client:
            while not stop.asked:
                try:
                    example = todo.get_nowait()
                except queue.Empty:
                    return
                judged = _judge(client, example, stop)
                if not stop.asked:  # what a stop has cut off is no outcome
                    done.put(judged)
    except BaseException as error:  # noqa: BLE001 - raised again by the thread that reads `done`
        done.put(error)


def _judge(client: httpx.Client, example: Example, stop: Stop) -> Judged:
    """Submit one answer and follow it to its first verdict."""
    began = time.monotonic()
    reply = _submit(client, example)
    while time.monotonic() - began < PATIENCE_S and not stop.asked:
        seconds = time.monotonic() - began
        if reply.status_code in _REFUSALS:
            return from_refusal(example, reply.json(), seconds)
        if not reply.is_success:
            reason = f"the service answered {reply.status_code}: {reply.text[:300]}"
            return Judged(example, NO_VERDICT, seconds, reasons=(reason,))
        row = reply.json()
        if row.get("verdict") is not None:
            return from_verdict(example, row["verdict"], seconds)
        if row.get("state") == "parked":
            reason = f"the service parked it: {row.get('reason')}"
            return Judged(example, NO_VERDICT, seconds, reasons=(reason,))
        time.sleep(0.1)
        reply = client.get(f"/v1/submissions/{row['submission_id']}")
    seconds = time.monotonic() - began
    return Judged(example, NO_VERDICT, seconds, reasons=("no verdict came in time",))


def _submit(client: httpx.Client, example: Example) -> httpx.Response:
    """POST, again while the service says that it is busy."""
    headers = {"Content-Type": "application/json"}
    path = f"/v1/submissions?wait={WAIT_S}"
    reply = client.post(path, content=example.body(), headers=headers)
    for pause in range(1, TRIES):
        if reply.status_code not in (
            httpx.codes.TOO_MANY_REQUESTS,
            httpx.codes.SERVICE_UNAVAILABLE,
        ):
            break
        time.sleep(0.3 * pause)
        reply = client.post(path, content=example.body(), headers=headers)
    return reply
