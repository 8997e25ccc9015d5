"""The host's hand on one job: gives it to a cage, feeds and drains it, counts, ends it in time.

Nothing the cage says decides about a limit; its word is taken only for how the program exited,
which the program could choose anyway.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandboxes.bubblewrap.gauge import Gauge
from sandboxes.bubblewrap.live import CHUNK, DEATH_S, LiveCage
from sandboxes.bubblewrap.ruling import Record, rule
from sandboxes.protocol import Job, Outcome, SandboxError, Status, Usage

if TYPE_CHECKING:
    from sandboxes.bubblewrap.harvest import Harvest

TICK_S: Final = 0.02
COLLECT_MB: Final = 128
STREAMS: Final = ("stdout", "stderr")

Reply = Callable[[bytes], bytes]


class Warden:
    """One job from start to end. `run` may be called once; `stop` from any thread."""

    def __init__(
        self,
        job: Job,
        cage: LiveCage,
        orders: bytes,
        harvest: Harvest | None = None,
        reply: Reply | None = None,
    ) -> None:
        self._job = job
        self._limits = job.limits
        self.cage = cage
        self._orders = orders
        self._group = cage.group
        self._gauge = Gauge(cage.group, job.limits)
        self._harvest = harvest
        self._reply = reply
        self._outputs = {name: bytearray() for name in STREAMS}
        self._heard = dict.fromkeys(STREAMS, 0)
        self._truncated: list[str] = []
        self._pending = bytearray(job.stdin)
        self._line = bytearray()
        self._said = b""
        self._record: Record | None = None
        self._exec_errno = 0
        self._stopped: Status | None = None
        self._wall_s = 0.0
        self.reply_error: BaseException | None = None
        self._lock = threading.Lock()

    def run(self) -> Outcome:
        """Run the job to its end, which is the cage's end too."""
        with contextlib.closing(self.cage), contextlib.closing(self._gauge):
            # Two tasks of our own: bwrap outside and the first process inside.
            self._group.limit(self._limits.memory_mb, self._limits.processes + 2)
            self._gauge.attach(self.cage.first)
            if self._job.core is not None:  # before there is a job, which inherits it
                os.sched_setaffinity(self.cage.first, {self._job.core})
            self.cage.order(self._orders)
            self._began = time.monotonic()
            try:
                self._watch()
            finally:
                self.stop(None)
                self.cage.bury()
            return self._outcome()

    def stop(self, cause: Status | None) -> None:
        """Kill the job's whole process namespace; the first cause given is the one that counts."""
        with self._lock:
            if self._stopped is None and self._record is None:
                self._stopped = cause
        self.cage.kill()

    # -- middle ---------------------------------------------------------------------------------

    def _watch(self) -> None:
        watchdog = None
        if self._reply is not None:  # `reply` may take its time, the wall clock does not wait
            watchdog = threading.Timer(self._limits.wall_s, self.stop, (Status.WALL_LIMIT,))
            watchdog.daemon = True
            watchdog.start()
        try:
            with selectors.DefaultSelector() as watched:
                self._register(watched)
                self._loop(watched)
        finally:
            if watchdog is not None:
                watchdog.cancel()

    def _register(self, watched: selectors.BaseSelector) -> None:
        process = self.cage.process
        for stream, name in ((process.stdout, "stdout"), (process.stderr, "stderr")):
            if stream is not None:
                watched.register(stream.fileno(), selectors.EVENT_READ, name)
        watched.register(self.cage.status, selectors.EVENT_READ, "status")
        if self._harvest is not None:
            watched.register(self.cage.collect, selectors.EVENT_READ, "collect")
        # A job may read from its own outputs: what was there a moment ago may be gone.
        for key in watched.get_map().values():
            os.set_blocking(key.fd, False)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
        self._feed(watched)

    def _loop(self, watched: selectors.BaseSelector) -> None:
        look = self._began + TICK_S / 2
        while any(key.events & selectors.EVENT_READ for key in watched.get_map().values()):
            now = time.monotonic()
            wait = max(0.0, min(look, self._deadline()) - now)
            for key, _ in watched.select(wait):
                self._serve(watched, key)
            now = time.monotonic()
            if now >= look:
                self._look()
                # Looking must never cost more than a tenth of the time.
                look = now + max(TICK_S, 10 * (time.monotonic() - now))
            self._enforce(now)

    def _deadline(self) -> float:
        if self._record is not None or self._stopped is not None:
            return self._end() + DEATH_S
        return self._began + self._limits.wall_s

    def _end(self) -> float:
        return self._began + self._wall_s

    def _enforce(self, now: float) -> None:
        if self._record is None and self._stopped is None:
            self._wall_s = now - self._began
            if self._wall_s >= self._limits.wall_s:
                self.stop(Status.WALL_LIMIT)
        elif now >= self._end() + DEATH_S + self._limits.wall_s:
            self.stop(None)
            raise SandboxError("a killed cage did not go away")

    def _serve(self, watched: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        if key.data == "stdin":
            self._feed(watched)
            return
        fd = key.fd
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return
        if not data:
            watched.unregister(fd)
            if key.data == "stdout" and self._line:
                self._answer(watched, bytes(self._line))
        elif key.data == "status":
            self._listen(watched, data)
        elif key.data == "collect":
            if self._harvest is not None and not self._harvest.feed(data):
                self.stop(None)
        else:
            self._take(watched, key.data, data)

    def _take(self, watched: selectors.BaseSelector, name: str, data: bytes) -> None:
        cap = self._limits.output_kb * 1024
        room = cap - self._heard[name]
        self._heard[name] += len(data)
        if len(data) > room and name not in self._truncated:
            self._truncated.append(name)
            self.stop(Status.OUTPUT_LIMIT)
        kept = data[: max(0, room)]
        if name == "stdout" and self._reply is not None:
            *lines, rest = (bytes(self._line) + kept).split(b"\n")
            self._line = bytearray(rest)
            for line in lines:
                self._answer(watched, line + b"\n")
        else:
            self._outputs[name] += kept

    def _answer(self, watched: selectors.BaseSelector, line: bytes) -> None:
        if self._reply is None or self._stopped is not None or self.reply_error is not None:
            return
        try:
            self._pending += self._reply(line)
        except BaseException as error:  # noqa: BLE001 - raised again once the job is dead
            self.reply_error = error
            self.stop(None)
        self._feed(watched)

    def _feed(self, watched: selectors.BaseSelector) -> None:
        """Write what the pipe takes; close it when all is said and nothing can come."""
        stream = self.cage.process.stdin
        if stream is None or stream.closed:
            return
        fd = stream.fileno()
        gone = not self._write_pending(fd)
        registered = fd in watched.get_map()
        if gone or self._record is not None or not (self._pending or self._reply):
            if registered:
                watched.unregister(fd)
            stream.close()
        elif self._pending and not registered:
            watched.register(fd, selectors.EVENT_WRITE, "stdin")
        elif not self._pending and registered:
            watched.unregister(fd)

    def _write_pending(self, fd: int) -> bool:
        """Write without waiting; False when nobody is left to read."""
        try:
            while self._pending:
                del self._pending[: os.write(fd, self._pending[:CHUNK])]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            return False
        return True

    def _listen(self, watched: selectors.BaseSelector, data: bytes) -> None:
        self._said = (self._said + data)[-CHUNK:]
        while b"\n" in self._said:
            line, _, self._said = self._said.partition(b"\n")
            if line.startswith(b"E "):
                self._exec_errno = int(line[2:])
            elif line.startswith(b"X ") and self._record is None:
                self._finish(watched, Record.parse(line))

    def _finish(self, watched: selectors.BaseSelector, record: Record) -> None:
        with self._lock:
            self._record = record
        if self._stopped is None:
            self._wall_s = time.monotonic() - self._began
        self._look()
        self._feed(watched)
        if self._harvest is not None:
            self._group.raise_memory(self._limits.memory_mb + COLLECT_MB)
        self.cage.ask(b"" if self._harvest is None else self._harvest.request())

    def _look(self) -> None:
        """Count, and stop what is over its limits."""
        over = self._gauge.look(self._record)
        if over is not None:
            self.stop(over)

    # -- end ------------------------------------------------------------------------------------

    def _outcome(self) -> Outcome:
        record = self._record
        facts = self._gauge.facts(
            record, Status.OUTPUT_LIMIT if self._truncated else self._stopped, self._wall_s
        )
        ruling = rule(facts)
        artifacts = {} if self._harvest is None else self._harvest.plain()
        return Outcome(
            status=ruling.status,
            exit_code=ruling.exit_code,
            signal=ruling.signal,
            stdout=bytes(self._outputs["stdout"]),
            stderr=bytes(self._outputs["stderr"]),
            truncated=tuple(self._truncated),
            usage=Usage(round(facts.cpu_s, 4), round(self._wall_s, 4), facts.memory_mb),
            artifacts=artifacts,
            marginal=ruling.marginal,
            detail=ruling.detail or (os.strerror(self._exec_errno) if self._exec_errno else ""),
        )
