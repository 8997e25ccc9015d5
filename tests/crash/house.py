"""A small house of real processes: broker, relay, workers and one SQLite file."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil
import redis

from tests.components import SOAK
from tests.crash.stage import RUNS
from validator.cli import programs
from validator.cli.broker import Broker, prepare_broker
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.services import Services, build_services
from validator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BUSY_FACTOR = 3
SEEDS = tuple(range(1, 6)) if SOAK else (1,)
ROOT = Path(__file__).resolve().parents[2]
POLL_S = 0.05


def document(label: str, number: int = 0) -> bytes:
    """A cheap submission whose real plan decides at once, without a cage."""
    return json.dumps(
        {
            "task": {
                "id": label,
                "type": "general",
                "checks": [{"check": "reasoning", "min_words": 3, "sufficient": True}],
            },
            "answer": {
                "content": f"forty two {number}",
                "reasoning": f"because six times seven makes forty two, say the tables {number}",
            },
        }
    ).encode()


def settings_for(folder: Path, **worker: Any) -> Settings:
    times = {
        "lease_s": 2, "sweep_s": 0.5, "republish_s": 1.5, "stop_grace_s": 1,
        # What a killed child loads anew would be most of the work here.
        "ready": (),
        "soft_limit_s": 320, "hard_limit_s": 330, "visibility_s": 340,
    }  # fmt: skip
    # Named, so that a cage's processes are below its worker, where a test can see them.
    cage = {"backend": "bubblewrap"}
    return Settings(data_dir=folder, worker=times | worker, sandbox=cage)


class House:
    def __init__(self, folder: Path, seed: int = 0, **worker: Any) -> None:
        self.random = random.Random(seed)
        self.settings = settings_for(folder, **worker)
        self.folder = folder
        self.services: Services = build_services(self.settings)
        self.broker: Broker = prepare_broker(folder / "broker", dict(os.environ))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.extra_env: dict[str, str] = {}
        self._clients: list[redis.Redis] = []
        _add_admin(folder / "broker" / "broker.conf")

    def __enter__(self) -> Self:
        self.start_broker()
        return self

    def __exit__(self, *exc: object) -> None:
        for client in self._clients:
            client.close()
        for process in self.processes.values():
            end(process)
        self.services.close()

    # -- processes -----------------------------------------------------------------------------

    def start_broker(self) -> None:
        self._start("broker", self.broker.program.argv, dict(os.environ))
        wait_until(self.broker.answers, 10, "the broker answers")

    def start_relay(self, die_after: int | None = None) -> None:
        """`die_after`: kill itself after so many publishes, before anything is deleted."""
        env = programs.environment(self.settings, self.broker.urls["relay"])
        argv: Sequence[str] = programs.relay(self.settings, env).argv
        if die_after is not None:
            env |= {"PYTHONPATH": _path(env), "STAGE_RELAY_DIES_AFTER": str(die_after)}
            argv = (sys.executable, "-m", "tests.crash.dying_relay")
        self._start("relay", argv, env)

    def start_front(self, port: int) -> None:
        settings = self.settings.model_copy(
            update={"server": self.settings.server.model_copy(update={"port": port})}
        )
        env = programs.environment(settings, self.broker.urls["front"])
        self._start("front", programs.api(settings, env).argv, env)

    def revive(self) -> None:
        """Start again what has ended, as the launcher would."""
        starts = {"relay": self.start_relay, "worker": self.start_worker}
        for name, start in starts.items():
            if self.processes[name].poll() is not None:
                start()

    def start_worker(self, name: str = "worker", concurrency: int = 2) -> None:
        env = programs.environment(self.settings, self.broker.urls["worker"])
        env |= {"STAGE": "1", "PYTHONPATH": _path(env), **self.extra_env}
        argv = [
            "tests.crash.stage" if word == "worker" and before == "--app" else word
            for before, word in zip(
                ("", *programs.worker(self.settings, env).argv),
                programs.worker(self.settings, env).argv,
                strict=False,
            )
        ]
        argv += ["--concurrency", str(concurrency), "--hostname", f"{name}@test"]
        self._start(name, argv, env)

    def _start(self, name: str, argv: Iterable[str], env: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                list(argv), env=env, cwd=self.folder, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def children(self, name: str = "worker") -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.processes[name].pid).children()
        return []

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def redis(self, role: str = "relay") -> redis.Redis:
        """A client under one of the broker's accounts; closed with the house."""
        client = redis.Redis.from_url(self._url(role), socket_timeout=5)
        self._clients.append(client)
        return client

    def celery(self, role: str) -> Any:
        """A publisher that can send what our relay never would."""
        from celery import Celery

        return Celery("stranger", broker=self._url(role), set_as_current=False)

    def _url(self, role: str) -> str:
        """`admin` is an account that only this house has, for faults beyond any role."""
        if role == "admin":
            return self.broker.urls["relay"].replace("//relay:", "//admin:")
        return self.broker.urls[role]

    # -- work ----------------------------------------------------------------------------------

    def accept(self, *labels: str) -> list[str]:
        ids = []
        for number, label in enumerate(labels):
            body = document(label, number)
            taken = self.services.submissions.submit(body, LOCAL_OWNER, Origin.API, None)
            ids.append(taken.row.submission_id)
        self.services.ring()
        return ids

    def states(self, ids: Sequence[str]) -> Counter[str]:
        return Counter(row[1] for row in self._rows() if row[0] in set(ids))

    def wait_final(self, ids: Sequence[str], timeout_s: float = 60) -> None:
        def final() -> bool:
            return len(self.services.store.finished(ids)) == len(ids)

        try:
            wait_until(final, timeout_s, "every submission is final")
        except AssertionError as error:
            logs = "\n".join(f"--- {n}\n{self.log(n)[-3000:]}" for n in self.processes)
            raise AssertionError(f"{error}: {self.states(ids)}\n{logs}") from None

    def check_ledger(self, ids: Sequence[str], *, parked: Iterable[str] = ()) -> None:
        """Nothing accepted is missing, each effect happened once, no attempt beyond the cap."""
        rows = {row[0]: row for row in self._rows()}
        parked = set(parked)
        with closing(sqlite3.connect(self.folder / "validator.sqlite3")) as database:
            verdicts = Counter(
                row[0] for row in database.execute("SELECT submission_id FROM verdicts")
            )
        for one in ids:
            _, state, attempts = rows[one]
            assert state == ("parked" if one in parked else "done"), (one, state)
            assert verdicts[one] == (0 if one in parked else 1), (one, verdicts[one])
            assert attempts <= self.settings.worker.attempts, (one, attempts)
            events = self.services.store.events(LOCAL_OWNER, one, 0)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            kinds = Counter(event.kind for event in events)
            assert kinds["end"] == 1
            assert kinds["verdict"] == (0 if one in parked else 1)

    def runs(self) -> Counter[str]:
        """How often each submission was really begun."""
        path = self.folder / RUNS
        return (
            Counter(line.split()[0] for line in path.read_text().splitlines())
            if path.exists()
            else Counter()
        )

    def _rows(self) -> list[tuple[str, str, int]]:
        with closing(sqlite3.connect(self.folder / "validator.sqlite3")) as database:
            return list(database.execute("SELECT submission_id, state, attempts FROM submissions"))

    def wait_begun(self, count: int, timeout_s: float = 60) -> None:
        wait_until(lambda: len(self.runs()) >= count, timeout_s, f"{count} submissions have begun")


def wait_until(true: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Return once it is true. `timeout_s` is meant for an idle machine; a busy one gets more."""
    timeout_s *= BUSY_FACTOR
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"after {timeout_s} s still not: {what}"
        time.sleep(POLL_S)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGCONT)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _path(env: dict[str, str]) -> str:
    return os.pathsep.join(filter(None, (env.get("PYTHONPATH"), str(ROOT))))


def _add_admin(config: Path) -> None:
    """An account with every right and the relay's password."""
    lines = config.read_text().splitlines()
    relay = next(line for line in lines if line.startswith("user relay "))
    digest = next(word for word in relay.split() if word.startswith("#"))
    config.write_text("\n".join([*lines, f"user admin on {digest} ~* &* +@all"]) + "\n")
