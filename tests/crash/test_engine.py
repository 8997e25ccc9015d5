"""The engine is killed and restarted under four workers: every run ends, nothing is left."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from sandboxes.docker.engine import connect
from sandboxes.images.build import ensure_image
from sandboxes.images.groups import DEFAULT_PREFIX, tag_of
from tests.components import SOAK, require_docker
from tests.crash.engine import OwnEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS: Final = 4
RUNS: Final = {"docker": 2000 if SOAK else 80, "docker-fast": 2000 if SOAK else 240}
ROOT: Final = Path(__file__).resolve().parents[2]
DOWN_S: Final = 2.0
SILENCE_S: Final = 260.0

pytestmark = [pytest.mark.docker, pytest.mark.timeout(3000 if SOAK else 900)]


@pytest.fixture(scope="module")
def own_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    require_docker()
    engine = connect()
    ensure_image(engine, "python")
    engine.close()
    with OwnEngine(tmp_path_factory.mktemp("engine")) as own:
        own.load(tag_of(DEFAULT_PREFIX, "python"))
        yield own


class Crowd:
    """Workers, and their lines as they come."""

    def __init__(self, backend: str, engine: OwnEngine, runs: int) -> None:
        share = runs // WORKERS
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self.workers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.crash.runner", backend, engine.url, DEFAULT_PREFIX,
                 str(number * share), str(share)],
                cwd=ROOT, stdout=subprocess.PIPE, text=True,
            )
            for number in range(WORKERS)
        ]  # fmt: skip
        for worker in self.workers:
            threading.Thread(target=self._listen, args=(worker,), daemon=True).start()

    def _listen(self, worker: subprocess.Popen[str]) -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            self.lines.put(json.loads(line))

    def hear(self, count: int) -> list[dict[str, Any]]:
        return [self.lines.get(timeout=SILENCE_S) for _ in range(count)]

    def end(self) -> None:
        for worker in self.workers:
            assert worker.wait(60) == 0
            assert worker.stdout is not None
            worker.stdout.close()


@pytest.mark.parametrize("backend", ["docker", "docker-fast"])
def test_no_run_is_lost_when_the_engine_dies(backend: str, own_engine: OwnEngine) -> None:
    runs = RUNS[backend]
    crowd = Crowd(backend, own_engine, runs)
    seen = crowd.hear(runs // 3)
    own_engine.kill()
    time.sleep(DOWN_S)
    own_engine.start()
    seen += crowd.hear(runs - len(seen))
    crowd.end()

    assert sorted(line["run"] for line in seen) == list(range(runs))
    wrong = [
        line for line in seen
        if (line["status"], line["output"]) != ("ok", f"{7 * line['run']}\n")
    ]  # fmt: skip
    assert wrong == []
    assert sum(line["faults"] for line in seen) > 0, "the kill was not felt"
    assert own_engine.emptied() == []
