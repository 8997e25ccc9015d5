"""From submission to verdict over HTTP, against the same check in process and the bare program."""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.floors import bare_python, bare_run
from benchmarks.load import requests_per_second
from benchmarks.processes import free_port, front_door, hello_server, service
from benchmarks.timing import Ratio, interleave
from sandboxes.factory import open_sandbox
from validator.domain.clock import RandomIds, SystemClock
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.settings import LimitSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE_S = 0.03
SOURCE = "print(6 * 7)\n"


def trivial_submission() -> bytes:
    """A Python program with one case: the smallest real check."""
    case = {"name": "one", "stdin": "", "expected_stdout": "42\n"}
    document = {
        "task": {
            "type": "code",
            "language": "python",
            "checks": [{"check": "tests", "cases": [case], "comparator": "trimmed"}],
        },
        "answer": {"code": SOURCE},
    }
    return json.dumps(document).encode()


def letter_submission() -> bytes:
    """About 3.9 kB that need no sandbox: what the front door is measured with."""
    words = "the quick brown fox jumps over the lazy dog " * 80
    document = {
        "task": {
            "type": "general",
            "title": "A letter",
            "description": "Write a letter.",
            "checks": [{"check": "reasoning", "min_words": 5}],
        },
        "answer": {"content": words, "reasoning": "I thought about foxes, dogs and letters."},
    }
    return json.dumps(document).encode()


def measure_way(rounds: int) -> Iterator[Ratio]:
    """Queue cost and end-to-end ratio of a trivial Python check; rounds >= 5."""
    body = trivial_submission()
    clock = SystemClock()
    limits = LimitSettings()
    sandbox = open_sandbox("bubblewrap")
    pipeline = Pipeline(lambda: sandbox, limits, clock, RandomIds(clock))

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "main.py"
        source.write_text(SOURCE)
        bare = bare_run([bare_python(Path(folder)), "-I", str(source)], b"42\n")
        variables = {"TOSV_SANDBOX__BACKEND": "bubblewrap"}
        with service(Path(folder) / "data", variables) as base, _kept_open(base) as connection:

            def over_http() -> None:
                reply = _post(connection, "/v1/submissions?wait=30", body)
                assert reply["verdict"]["decision"] == "accept", reply

            def health() -> None:
                connection.request("GET", "/healthz")
                connection.getresponse().read()

            taken = interleave(
                {
                    "bare": bare,
                    "in process": lambda: pipeline.run(
                        parse(body, limits), "sub_bench", lambda _record: None
                    ),
                    "over HTTP": over_http,
                    "health": health,
                },
                rounds,
                warmup=5,
            )
    sandbox.close()
    in_process, over, bare_s, health_s = (
        taken[name].median for name in ("in process", "over HTTP", "bare", "health")
    )
    yield Ratio("way", "Python check over HTTP - in process", over, in_process, "s", 0.006,
                difference=True)  # fmt: skip
    yield Ratio("way", "Python check over HTTP / bare program", over, bare_s, "s", 2.2)
    yield Ratio("way", "Python check in process / bare program", in_process, bare_s, "s")
    yield Ratio("way", "of which a round trip of HTTP alone / bare program", health_s, bare_s, "s")


@contextmanager
def _kept_open(base: str) -> Iterator[http.client.HTTPConnection]:
    """A connection of the standard library: a client's own work is not what is measured."""
    with contextlib.closing(
        http.client.HTTPConnection(base.removeprefix("http://"), timeout=60)
    ) as it:
        yield it


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> Any:  # noqa: ANN401
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())


def measure_front_door(repeats: int, seconds: float) -> Iterator[Ratio]:
    """Durable POSTs per second against hello-world on the same server, interleaved."""
    body = letter_submission()
    hello_rates: list[float] = []
    post_rates: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        hello_server() as hello,
        front_door(Path(folder)) as base,
    ):
        for _ in range(repeats):
            hello_rates.append(requests_per_second(hello, None, seconds))
            post_rates.append(requests_per_second(f"{base}/v1/submissions", body, seconds))
    yield Ratio("front door", "durable POST / FastAPI hello", statistics.median(post_rates),
                statistics.median(hello_rates), "req/s", 0.20, at_most=False)  # fmt: skip


def measure_broker_down(rounds: int) -> Iterator[Ratio]:
    """Latency of a durable POST with the broker dead against alive, in turn; rounds >= 5."""
    body = letter_submission()
    dead = {"TOSV_BROKER__URL": f"redis://127.0.0.1:{free_port()}/0"}
    with (
        tempfile.TemporaryDirectory() as folder,
        httpx.Client(timeout=60, headers={"Content-Type": "application/json"}) as client,
        service(Path(folder) / "up") as up,
        front_door(Path(folder) / "down", dead) as down,
    ):

        def post(base: str) -> None:
            reply = client.post(f"{base}/v1/submissions", content=body)
            assert reply.status_code == httpx.codes.ACCEPTED, reply.text
            time.sleep(PAUSE_S)  # let the worker of the live one finish: it is not what is measured

        taken = interleave({"up": lambda: post(up), "down": lambda: post(down)}, rounds, warmup=5)
    yield Ratio(
        "front door",
        "POST with the broker down / up",
        taken["down"].median - PAUSE_S,
        taken["up"].median - PAUSE_S,
        "s",
        1.5,
    )
