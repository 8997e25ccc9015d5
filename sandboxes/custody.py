"""One job inside the container, from its first instruction until its last process is dead.

Only the supervisor, pid 1 of the container, uses this. It has one thread, so a fork is safe, and
one job at a time, so whatever else is alive in the container belongs to that job.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from sandboxes import syscalls
from sandboxes.protocol import ENVIRONMENT, Job, Outcome, Status, Usage
from sandboxes.wire import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandboxes.counters import Area, Counters

PATH = "/usr/local/bin:/usr/bin:/bin"
POLL_S = 0.005
CHUNK = 65536
PR_SET_DUMPABLE = 4
MIB = 1024 * 1024
MARGIN = 0.9
BOMB = 2000  # refused forks after which nobody believes in a mistake
MISSING, NOT_RUNNABLE = 127, 126  # exit codes of a shell for the same failures
NOT_PID_1 = "the supervisor must be pid 1 of a container of its own"


class HostGoneError(Exception):
    """Nobody is at the other end any more."""


class Custody:
    """A running job: its pipes, its limits, and what is known of its end."""

    def __init__(
        self,
        job: Job,
        uid: int,
        folder: str,
        counters: Counters,
        areas: tuple[Area, ...],
        talk: Callable[[Message], None] | None = None,
    ) -> None:
        self.job = job
        self._uid = uid
        self._folder = folder
        self._counters = counters
        self._areas = areas
        self._talk = talk
        self._reason: Status | None = None
        self._detail = ""
        self._ended: int | None = None
        self._streams = {"stdout": bytearray(), "stderr": bytearray()}
        self._truncated: list[str] = []
        self._input = bytearray(job.stdin)
        self._line = bytearray()
        self._lines: deque[bytes] = deque()
        self._waiting = False
        self._stopped = False
        self._peak = 0
        self._most = 1
        self._reaped_kb = 0
        self._files: dict[int, str] = {}
        self._stdin = -1

    # start

    def start(self) -> None:
        """Fork and execute the program; the clocks run from here."""
        self._filter = syscalls.program()  # made once, and not in each child
        self._before = self._counters.sample()
        self._own_cpu = time.process_time()
        self._charged = self._counters.charged()
        self._resident = self._counters.resident()
        self._used = self._usage_of_areas()
        self._began = time.monotonic()
        child_in, self._stdin = os.pipe()
        out, child_out = os.pipe()
        err, child_err = os.pipe()
        failed, child_failed = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._become((child_in, child_out, child_err), child_failed)
        for fd in (child_in, child_out, child_err, child_failed):
            os.close(fd)
        self._files = {out: "stdout", err: "stderr"}
        for fd in (self._stdin, out, err):
            os.set_blocking(fd, False)
        with open(failed, "rb") as report:  # noqa: PTH123
            self._not_started(report.read())

    def _become(self, standard: tuple[int, int, int], failed: int) -> None:
        """Turn the forked child into the job. Never returns."""
        stage = b"cage"
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            for target, fd in enumerate(standard):
                os.dup2(fd, target)
            for fd in range(3):
                os.fchown(fd, self._uid, self._uid)  # else the job may not open /dev/stdin
            self._restrict()
            os.chdir(self._folder)
            argv = [word.encode() for word in self.job.argv]
            stage = b"program"
            os.execvpe(argv[0], argv, {**ENVIRONMENT, "PATH": PATH})  # noqa: S606 - no shell is wanted
        except (OSError, ValueError) as error:
            os.write(failed, b"%s %d" % (stage, getattr(error, "errno", 0)))
        finally:
            os._exit(MISSING)

    def _restrict(self) -> None:
        limits = self.job.limits
        cpu = int(limits.cpu_s) + 2  # behind the group's own count, should the supervisor starve
        size = limits.disk_mb * MIB
        for name, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, cpu),
            (resource.RLIMIT_FSIZE, size),
            (resource.RLIMIT_NOFILE, 1024),
            (resource.RLIMIT_MEMLOCK, 65536),
        ):
            resource.setrlimit(name, (value, value))
        # In a namespace of users only a dumpable process may write its own files in /proc; after
        # its change of user it is none again.
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
            score.write("1000")  # the kernel shall take the job, never the supervisor
        os.umask(0o022)
        os.setgroups([])
        os.setresgid(self._uid, self._uid, self._uid)
        os.setresuid(self._uid, self._uid, self._uid)
        syscalls.install(self._filter)

    def _not_started(self, report: bytes) -> None:
        if not report:
            return
        stage, number = report.split()
        reason = os.strerror(int(number))
        if stage == b"program" and "/" in self.job.argv[0]:
            self._detail = f"the program cannot be started: {reason}"
        else:
            self._reason = Status.INTERNAL_ERROR
            self._detail = f"a tool of the cage cannot be started: {reason}"

    # watch

    def watch(self, control: int, wake: int, heard: Callable[[], list[Message]]) -> None:
        """Serve the pipes and hold the limits until the job ends or must end; then kill it."""
        poll = select.poll()
        for fd in (control, wake, *self._files):
            poll.register(fd, select.POLLIN)
        poll.register(self._stdin, select.POLLOUT)
        check = 0.0
        while self._reason is None and self._ended is None:
            ready = {fd for fd, _ in poll.poll(POLL_S * 1000)}
            if control in ready:
                self._hear(heard())
            if wake in ready:
                os.read(wake, CHUNK)
            self._move(poll, ready)
            self._serve(poll)
            self._reap()
            now = time.monotonic()
            if now >= check:
                check = now + POLL_S
                self._check(now)
        self._wall = time.monotonic() - self._began
        self.kill()
        self._drain()

    def _move(self, poll: select.poll, ready: set[int]) -> None:
        """Move bytes between the pipes that are ready and the buffers."""
        if self._stdin in ready:
            self._feed(poll)
        for fd in ready & self._files.keys():
            if not self._take(fd):
                poll.unregister(fd)

    def _feed(self, poll: select.poll) -> None:
        """Give the job what it has not read yet; close its stdin when there is no more to come."""
        try:
            del self._input[: os.write(self._stdin, self._input[:CHUNK])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._input.clear()
        if not self._input:
            poll.unregister(self._stdin)
            if self._talk is None:
                os.close(self._stdin)
                self._stdin = -1

    def _take(self, fd: int) -> bool:
        """Read once from an output; False at its end."""
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return True
        name = self._files[fd]
        stream = self._streams[name]
        stream += data
        cap = self.job.limits.output_kb * 1024
        if len(stream) > cap:
            data = data[: len(data) - (len(stream) - cap)]
            del stream[cap:]
            self._reason = Status.OUTPUT_LIMIT
            if name not in self._truncated:
                self._truncated.append(name)
        if name == "stdout" and self._talk is not None:
            *lines, self._line = bytearray(self._line + data).split(b"\n")
            self._lines.extend(bytes(line) + b"\n" for line in lines)
        return bool(data)

    def _check(self, now: float) -> None:
        """Name the limit that the job is over, if it is."""
        limits = self.job.limits
        self._most = max(self._most, self._counters.processes() - 1)
        self._measure_memory()
        killed = self._counters.oom_kills() > self._before.oom_kills
        if killed or self._peak > limits.memory_mb * MIB:
            self._reason = Status.MEMORY_LIMIT
        elif self._cpu() > limits.cpu_s:
            self._reason = Status.CPU_LIMIT
        elif self._counters.refused_forks() - self._before.refused_forks > BOMB:
            self._reason = Status.PROCESS_LIMIT
        elif self._over_disk():
            self._reason = self._over_disk()
        elif now - self._began > limits.wall_s:
            self._reason = Status.WALL_LIMIT

    def _measure_memory(self) -> None:
        # The exact count is dear, so it is taken only where the cheap upper bound allows news.
        if self._counters.charged() - self._charged > max(self._peak, 4 * MIB):
            files = self._usage_of_areas()[0] - self._used[0]
            self._peak = max(self._peak, self._counters.resident() - self._resident - files)

    def _cpu(self) -> float:
        own = time.process_time() - self._own_cpu
        return max(0.0, self._counters.cpu_s() - self._before.cpu_s - own)

    def _usage_of_areas(self) -> tuple[int, int]:
        used = [area.used() for area in self._areas]
        return sum(size for size, _ in used), sum(files for _, files in used)

    def _over_disk(self) -> Status | None:
        size, files = self._usage_of_areas()
        # One file alone cannot grow past the limit (RLIMIT_FSIZE), so to reach it is to be over.
        if size - self._used[0] >= self.job.limits.disk_mb * MIB:
            return Status.DISK_LIMIT
        if files - self._used[1] > self.job.limits.files:
            return Status.FILE_LIMIT
        return None

    # conversation

    def _serve(self, poll: select.poll) -> None:
        """Send the next line of the job to the host, one at a time; register new input."""
        if self._talk is not None and self._lines and not self._waiting:
            self._waiting = True
            self._talk(Message("line", {}, [self._lines.popleft()]))
        if self._input and self._stdin >= 0:
            poll.register(self._stdin, select.POLLOUT)

    def _hear(self, messages: list[Message]) -> None:
        for message in messages:
            if self._talk is None or message.kind not in ("say", "stop"):
                raise HostGoneError(f"unexpected {message.kind}")
            self._waiting = False
            self._input += b"".join(message.blobs)
            if message.kind == "stop":
                self._stopped = True
                self._reason = Status.INTERNAL_ERROR
                self._detail = "stopped by the host"

    def finish_talk(self, control: int, heard: Callable[[], list[Message]]) -> None:
        """Deliver what the job said before it ended, within its wall limit."""
        if self._talk is None:
            return
        if self._line:
            self._lines.append(bytes(self._line))
        poll = select.poll()
        poll.register(control, select.POLLIN)
        while not self._stopped and (self._lines or self._waiting):
            left = self.job.limits.wall_s - (time.monotonic() - self._began)
            if left <= 0 and self._lines:
                self._reason = self._reason or Status.WALL_LIMIT
                self._lines.clear()
            if not self._waiting and self._lines:
                self._waiting = True
                self._talk(Message("line", {}, [self._lines.popleft()]))
            if poll.poll(max(left, POLL_S) * 1000):
                self._hear(heard())

    # end

    def kill(self) -> None:
        """Kill everything but the supervisor, and bury it. Atomic: no fork slips through."""
        if os.getpid() != 1:
            raise RuntimeError(NOT_PID_1)
        while True:
            with suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            if not self._bury():
                return

    def _bury(self) -> bool:
        """Wait for one child; False when there is none left."""
        try:
            self._note(*os.wait4(-1, 0))
        except ChildProcessError:
            return False
        return True

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (found := os.wait4(-1, os.WNOHANG))[0]:
                self._note(*found)

    def _note(self, pid: int, status: int, usage: resource.struct_rusage) -> None:
        self._reaped_kb = max(self._reaped_kb, usage.ru_maxrss)
        if pid == self._pid:
            self._ended = status

    def _drain(self) -> None:
        """Read what is left in the pipes: every writer is dead, so this ends."""
        for fd in self._files:
            while self._take(fd):
                pass
            os.close(fd)
        if self._stdin >= 0:
            os.close(self._stdin)

    def outcome(self) -> Outcome:
        """Say how it went, from the kernel's counters first and the program's own end last."""
        self._measure_memory()
        cpu = self._cpu()
        status = self._status(cpu)
        natural = status in (Status.OK, Status.RUNTIME_ERROR) and self._ended is not None
        code = os.waitstatus_to_exitcode(self._ended) if natural and self._ended is not None else 0
        memory = max(self._peak, self._reaped_kb * 1024) / MIB
        limits = self.job.limits
        return Outcome(
            status=status,
            exit_code=code if natural and code >= 0 else None,
            signal=_signal_name(-code) if natural and code < 0 else None,
            stdout=b"" if self._talk is not None else bytes(self._streams["stdout"]),
            stderr=bytes(self._streams["stderr"]),
            truncated=tuple(sorted(self._truncated, reverse=True)),
            usage=Usage(round(cpu, 4), round(self._wall, 4), round(memory, 1), self._most),
            marginal=natural
            and (
                cpu > MARGIN * limits.cpu_s
                or self._wall > MARGIN * limits.wall_s
                or self._peak > MARGIN * limits.memory_mb * MIB
            ),
            detail=self._detail,
        )

    def _status(self, cpu: float) -> Status:
        if self._truncated:
            return Status.OUTPUT_LIMIT
        now = self._counters.sample()
        code = os.waitstatus_to_exitcode(self._ended or 0)
        refused = now.refused_forks > self._before.refused_forks
        # A program that hangs because it got no more processes did not run out of time.
        starved = refused and self._reason is Status.WALL_LIMIT
        facts = (
            (starved, Status.PROCESS_LIMIT),
            (self._reason is not None, self._reason),
            (now.oom_kills > self._before.oom_kills, Status.MEMORY_LIMIT),
            (cpu > self.job.limits.cpu_s or code == -signal.SIGXCPU, Status.CPU_LIMIT),
            (code == -signal.SIGXFSZ, Status.DISK_LIMIT),
            (True, self._over_disk()),
            (bool(code) and refused, Status.PROCESS_LIMIT),
            (bool(code), Status.RUNTIME_ERROR),
        )
        return next((status for holds, status in facts if holds and status), Status.OK)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
