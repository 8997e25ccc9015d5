"""One submission's room: fresh namespaces around a supervisor that is pid 1 in them."""

from __future__ import annotations

import os
import signal
import stat
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from sandboxes.counters import Counters
from sandboxes.lane import linux
from sandboxes.lane.groups import RoomGroup
from sandboxes.lane.users import FIRST_USER, KERNEL_HIGH, KERNEL_LOW, USERS
from sandboxes.protocol import PROGRAM_DIR, WORK_DIR
from sandboxes.resources import SHARED_MEMORY_MB, SLACK_FILES, SLACK_MB
from sandboxes.supervisor import serve

if TYPE_CHECKING:
    from sandboxes.counters import Group
    from sandboxes.protocol import Limits

# Its control group namespace comes later, when it has entered its group.
NAMESPACES: Final = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC
    | linux.CLONE_NEWNET | linux.CLONE_NEWUTS
)  # fmt: skip
CLOSED: Final = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
MIB: Final = 1024 * 1024
SHARED_FILES: Final = 1024
# The engine's own lists for containers: here /proc is the room's own.
MASKED: Final = (
    "acpi", "kcore", "keys", "latency_stats", "timer_list", "sched_debug", "scsi",
    "interrupts", "asound",
)  # fmt: skip
# System V IPC and message queues would outlive a job; nothing that we judge needs them.
NO_IPC: Final = (
    ("kernel/shmmni", "0"), ("kernel/msgmni", "0"), ("kernel/sem", "0 0 0 0"),
    ("fs/mqueue/queues_max", "0"),
)  # fmt: skip


class Room:
    """A room as the keeper sees it: a process, its group, and two pipes."""

    def __init__(self, top: Group, serial: int, cap: Limits) -> None:
        """Make it. Its supervisor speaks on `output` once it is ready. Raises OSError."""
        self._group = RoomGroup(top, serial)
        self.pid = 0
        self.input = self.output = -1
        try:
            self._start(cap)
        except BaseException:
            self.end()
            raise

    def _start(self, cap: Limits) -> None:
        theirs_in, self.input = os.pipe()
        self.output, theirs_out = os.pipe()
        wait, go = os.pipe()
        try:
            self.pid = linux.clone(NAMESPACES)
            if self.pid == 0:
                _First(self._group, cap, (theirs_in, theirs_out), wait).live()
            _map_users(self.pid)
            os.write(go, b"g")
        finally:
            for fd in (theirs_in, theirs_out, wait, go):
                os.close(fd)

    def end(self) -> None:
        """Kill everything in the room and delete its group. Idempotent."""
        if self.pid > 0:
            os.kill(self.pid, signal.SIGKILL)  # pid 1 of its namespace: nothing survives it
            os.waitpid(self.pid, 0)
            self.pid = 0
        for fd in (self.input, self.output):
            if fd >= 0:
                os.close(fd)
        self.input = self.output = -1
        self._group.remove()


def _map_users(first: int) -> None:
    """Give the room users that no other has: its root is nobody outside."""
    base = KERNEL_LOW + int.from_bytes(os.urandom(4), "big") % (KERNEL_HIGH - KERNEL_LOW)
    text = f"0 {base} 1\n{FIRST_USER} {base + 1} {USERS}\n".encode()
    for name in ("uid_map", "gid_map"):
        fd = os.open(f"/proc/{first}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, text)
        finally:
            os.close(fd)


class _First:
    """Pid 1 of a new room, from its first moment. What fails here ends it, and the lane tells."""

    def __init__(self, group: RoomGroup, cap: Limits, standard: tuple[int, int], wait: int) -> None:
        self._group = group
        self._cap = cap
        self._standard = standard
        self._wait = wait

    def live(self) -> NoReturn:
        """Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            self._keep_only_ours()
            # Still the container's user 0, whose groups these are; soon nobody of the host's.
            self._group.enter()
            counters, hold = Counters(self._group.group), self._group.hold()
            linux.unshare(linux.CLONE_NEWCGROUP)
            if os.read(self._wait, 1) == b"g":
                os.close(self._wait)
                os.setgroups([])
                os.setresgid(0, 0, 0)
                os.setresuid(0, 0, 0)
                _furnish(self._cap)
                code = serve(counters, hold, FIRST_USER)
        except OSError as error:
            sys.stderr.write(f"room: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _keep_only_ours(self) -> None:
        """Take the pipes as standard streams and close all else of the keeper's."""
        for target, fd in enumerate(self._standard):
            os.dup2(fd, target)
        kept = {0, 1, 2, self._wait}
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            if int(name) not in kept:
                try:
                    os.close(int(name))
                except OSError:
                    continue  # the listing's own


def _furnish(cap: Limits) -> None:
    """Lay out what a job sees: as in a container of the strong lane."""
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("proc", "/proc", "proc", CLOSED)
    for name, value in NO_IPC:
        with open(f"/proc/sys/{name}", "w") as setting:  # noqa: PTH123
            setting.write(value)
    linux.loopback_up()
    _close_proc()
    linux.mount("tmpfs", "/sys", "tmpfs", CLOSED | linux.MS_RDONLY, "size=4k,mode=0555")
    for path in ("/dev/pts", "/dev/mqueue"):
        linux.mount("tmpfs", path, "tmpfs", CLOSED | linux.MS_RDONLY, "size=4k,mode=0555")
    shared = f"size={SHARED_MEMORY_MB}m,nr_inodes={SHARED_FILES},mode=1777"
    linux.mount("shm", "/dev/shm", "tmpfs", CLOSED, shared)  # noqa: S108 - the room's own
    size, files = cap.disk_mb + SLACK_MB, cap.files + SLACK_FILES
    for path in (WORK_DIR, PROGRAM_DIR):
        data = f"size={size}m,nr_inodes={files},mode=0755,uid=0,gid=0"
        linux.mount("tmpfs", path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, data)
    linux.keep_capabilities(linux.CAP_SETUID, linux.CAP_SETGID, linux.CAP_CHOWN, linux.CAP_KILL)


def _close_proc() -> None:
    """Hide what every user could read. What is written there needs users that no room has."""
    for name in MASKED:
        path = f"/proc/{name}"
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(mode):
            linux.mount("tmpfs", path, "tmpfs", CLOSED | linux.MS_RDONLY, "size=4k,mode=0555")
        elif mode & stat.S_IROTH:
            linux.mount("/dev/null", path, None, linux.MS_BIND)
