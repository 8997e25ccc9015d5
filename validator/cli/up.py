"""`tos-validator up`: everything on this machine, one command, nothing left behind."""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from sandboxes.factory import settle
from validator.cli import programs
from validator.cli.broker import free_port, prepare_broker
from validator.cli.devnet_client import HOST
from validator.cli.lock import DataLock
from validator.cli.processes import Family, Interruption, StopRequestedError
from validator.cli.up_chain import Chain, chain_part
from validator.errors import ConfigurationError
from validator.store.bell import LAUNCHER, Porter
from validator.store.liveness import WORK_NOT_TAKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.cli.processes import Child, Program
    from validator.cli.up_chain import ChainOptions, ChainPart
    from validator.settings import Settings

START_S = 60.0
START_CRASHES = 3  # so often may a process end before the launcher gives up starting
NEW_WORKER_S = 60.0  # a worker that takes no work is replaced at most this often
GRACE_S = 2  # on this machine a stop should be quick; what is cut off is done again later

errors = Console(stderr=True)


def run_up(settings: Settings, options: ChainOptions) -> int:
    """Start, serve until Ctrl-C or SIGTERM, stop. Returns the exit code."""
    settings = _embedded(settings)
    server = settings.server
    _require_free("server.port", server.host, server.port, "--port")
    chain = chain_part(settings, options)
    if chain.kind is Chain.EMBEDDED:
        _require_free("devnet", HOST, chain.options.port, "--devnet-port, or --no-chain")
    with Interruption() as interruption, DataLock(settings.data_dir / "up.lock"):
        porter = Porter(settings.data_dir / LAUNCHER)
        try:
            with Family(settings.data_dir / "logs", interruption, _say) as family:
                Launcher(chain.settings, interruption, family, porter, chain).run()
        except StopRequestedError:
            pass
        finally:
            porter.close()
            # A sandboxd that was stopped between its bind and its first handler leaves it.
            _door(settings).unlink(missing_ok=True)
    _say("stopped")
    return 0


@dataclass(slots=True)
class Launcher:
    """Starts the family in order, waits until it is ready, then watches it."""

    settings: Settings
    interruption: Interruption
    family: Family
    porter: Porter
    chain: ChainPart
    _ready: set[bytes] = field(default_factory=set)
    _new_worker_at: float = 0.0
    _followers: list[Program] = field(default_factory=list)

    def run(self) -> None:
        """Serve until a stop is asked for, which raises StopRequestedError."""
        began = time.monotonic()
        self._start()
        self._prepare_chain(began + START_S)
        self._await_ready(began + START_S)
        _show(self.settings, self.chain, time.monotonic() - began)
        # After the rest is ready: nobody waits for them, and what becomes of them the API outlives.
        self._followers = list(self.chain.followers())
        while True:
            self._start_followers()
            self.interruption.wait(self.family.next_start(), self.porter)
            self._listen()
            self.family.watch()

    def _start_followers(self) -> None:
        """Start the signer, and once it listens who asks it whose key it has."""
        while self._followers:
            if self._followers[0].name == "watch" and not self.chain.signer_listens():
                return
            self.family.start(self._followers.pop(0))

    def _start(self) -> None:
        devnet = self.chain.devnet()
        if devnet is not None:
            self.family.start(devnet)
        env, urls = self._start_broker()
        settings = self.settings
        if settings.sandbox.backend == "docker" and settings.sandbox.daemon is None:
            settings = self._start_sandboxd(env)
        starts: Mapping[str, Program] = {
            "front": programs.api(settings, _env(settings, urls, "front")),
            "worker": programs.worker(settings, _env(settings, urls, "worker")),
            "relay": programs.relay(settings, _env(settings, urls, "relay")),
        }
        for program in starts.values():
            self.interruption.check()
            self.family.start(program)

    def _start_broker(self) -> tuple[dict[str, str], Mapping[str, str]]:
        env = programs.environment(self.settings)
        if self.settings.broker.url is not None:
            return env, {}
        broker = prepare_broker(self.settings.data_dir / "broker", env)
        child = self.family.start(broker.program)
        deadline = time.monotonic() + START_S
        while not broker.answers():
            self._still_starting(child, deadline)
            self.interruption.wait(0.02)
        return env, broker.urls

    def _start_sandboxd(self, env: Mapping[str, str]) -> Settings:
        door = _door(self.settings)
        door.unlink(missing_ok=True)  # left by a launcher that was killed
        child = self.family.start(programs.sandboxd(self.settings, env, door))
        deadline = time.monotonic() + START_S
        while not door.exists():
            self._still_starting(child, deadline)
            self.interruption.wait(0.05)
        sandbox = self.settings.sandbox.model_copy(update={"daemon": door})
        return self.settings.model_copy(update={"sandbox": sandbox})

    def _prepare_chain(self, deadline: float) -> None:
        """Wait for the embedded chain, and see that the validator has an account there."""
        if self.chain.kind is not Chain.EMBEDDED:
            return
        while not self.chain.answers():
            self._still_starting(self.family.children["devnet"], deadline)
            self.interruption.wait(0.05)
        self.chain.prepare()

    def _await_ready(self, deadline: float) -> None:
        while not ({b"worker", b"relay"} <= self._ready and self._front_is_ready()):
            self.interruption.wait(0.05, self.porter)
            self._listen()
            self.family.watch()
            for child in self.family.children.values():
                self._still_starting(child, deadline)

    def _still_starting(self, child: Child, deadline: float) -> None:
        if child.crashes < START_CRASHES and time.monotonic() < deadline:
            self.family.watch()
            return
        why = "keeps ending" if child.crashes >= START_CRASHES else "does not get ready"
        tail = child.tail()
        raise ConfigurationError(
            f"{child.program.name} {why}; see {child.log}" + (f"\n{tail}" if tail else "")
        )

    def _front_is_ready(self) -> bool:
        server = self.settings.server
        connection = http.client.HTTPConnection(_reachable(server.host), server.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _listen(self) -> None:
        """Note who is ready, and replace a worker that lives without taking work."""
        notes = set(self.porter.hear())
        self._ready |= notes
        now = time.monotonic()
        if WORK_NOT_TAKEN.encode() in notes and now >= self._new_worker_at:
            self._new_worker_at = now + NEW_WORKER_S
            _say("the worker takes no work; replacing it")
            self.family.restart("worker")


def _door(settings: Settings) -> Path:
    """Where the launcher's own sandboxd listens."""
    return settings.data_dir / "sandboxd.sock"


def _embedded(settings: Settings) -> Settings:
    """Settings for one machine: absolute paths, a port that is known, a quick stop."""
    server = settings.server
    if server.port == 0:
        server = server.model_copy(update={"port": free_port(server.host)})
    grace = min(settings.worker.stop_grace_s, GRACE_S)
    sandbox = settings.sandbox
    if sandbox.daemon is not None:
        sandbox = sandbox.model_copy(update={"daemon": sandbox.daemon.resolve()})
    else:  # settled here, because an engine is for a sandboxd to hold and not for the worker
        backend = settle(sandbox.backend, sandbox.images, sandbox.address)
        sandbox = sandbox.model_copy(update={"backend": backend})
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir.resolve(),
            "server": server,
            "sandbox": sandbox,
            "worker": settings.worker.model_copy(update={"stop_grace_s": grace}),
        }
    )


def _require_free(setting: str, host: str, port: int, mend: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"{setting}: port {port} of {host} cannot be had"
                f" ({error.strerror}); choose another one with {mend}"
            ) from None


def _env(settings: Settings, urls: Mapping[str, str], role: str) -> dict[str, str]:
    return programs.environment(settings, urls.get(role))


def _reachable(host: str) -> str:
    """An address at which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _show(settings: Settings, chain: ChainPart, seconds: float) -> None:
    server = settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    rows = Table.grid(padding=(0, 2))
    rows.add_row("open", f"http://{host}:{server.port}/")
    rows.add_row("submit", f"POST http://{host}:{server.port}/v1/submissions")
    for name, value in chain.rows():
        rows.add_row(name, value)
    rows.add_row("data", str(settings.data_dir))
    rows.add_row("logs", str(Path(settings.data_dir) / "logs"))
    rows.add_row("stop", "Ctrl-C")
    errors.print(Panel(rows, title=f"tos-validator is ready ({seconds:.1f} s)", expand=False))


def _say(sentence: str) -> None:
    errors.print(sentence, markup=False, highlight=False, soft_wrap=True)
