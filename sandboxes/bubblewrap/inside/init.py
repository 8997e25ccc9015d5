"""First process of a cage where no C compiler was found: the same as init.c, only slower."""

# Starts with every job, so nothing is imported that is not needed.
# ruff: noqa: PTH123, S606, SIM105, PLR2004

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import struct
import sys

STATUS, GO, COLLECT, FILTER, USER = range(5)
INODES, BYTES, NPROC, CPU, FSIZE, DATA, NOFILE = range(7)
MS_REMOUNT, MS_NOSUID, MS_NODEV = 32, 2, 4
PDEATHSIG, DUMPABLE, SECCOMP, CAPBSET_DROP, NO_NEW_PRIVS, AMBIENT = 1, 4, 22, 24, 38, 47
KILL_SETGID_SETUID = 1 << 5 | 1 << 6 | 1 << 7
CAPSET = {"x86_64": 126, "aarch64": 91}
libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """A `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def check(result: int, what: str) -> None:
    """End the cage when a call of the C library failed."""
    if result:
        os.write(2, f"cage: {what}: {os.strerror(ctypes.get_errno())}\n".encode())
        os._exit(70)


def empty_bounding_set() -> None:
    """Have no later program be given a capability."""
    for cap in range(64):
        libc.prctl(CAPBSET_DROP, cap, 0, 0, 0)


def drop_capabilities(keep: int) -> None:
    """Leave only `keep` of the capabilities, in every set."""
    libc.prctl(AMBIENT, 4, 0, 0, 0)
    empty_bounding_set()
    header = struct.pack("=Ii", 0x20080522, 0)
    data = struct.pack("=6I", keep, keep, 0, 0, 0, 0)
    check(libc.syscall(CAPSET[os.uname().machine], header, data), "capset")


def become(user: int) -> None:
    """Change to the job's user and give up all rights."""
    empty_bounding_set()  # a change of user takes the right to do so
    if user >= 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    drop_capabilities(0)


def give_streams(user: int) -> None:
    """Let the job open /dev/stdin, which is a pipe of the host's user."""
    for fd in range(3):
        if user >= 0 and stat.S_ISFIFO(os.fstat(fd).st_mode):
            os.fchown(fd, user, user)


def remount(path: bytes, options: bytes) -> int:
    """Cap one of the cage's own file systems."""
    flags = MS_REMOUNT | MS_NOSUID | MS_NODEV
    result: int = libc.mount(None, path, None, flags, options)
    return result


def prepare_folders(config: list[int]) -> None:
    """Give the job its folders."""
    if config[USER] >= 0:
        os.chown("/box", config[USER], config[USER])
        try:
            os.chown("/program", config[USER], config[USER])
        except OSError:
            pass  # read-only: a run
    remount(b"/dev/shm", b"nr_inodes=1024")


def read_all(fd: int, size: int) -> bytes:
    """Read exactly so many bytes; empty when they do not come."""
    text = b""
    while len(text) < size:
        part = os.read(fd, size - len(text))
        if not part:
            return b""
        text += part
    return text


def read_orders(fd: int) -> tuple[list[int], list[bytes]]:
    """Return numbers and argv of the job; ends this process when there is none."""
    size = int.from_bytes(read_all(fd, 4), "big")
    words = read_all(fd, size).split(b"\0")[:-1]
    if len(words) <= NOFILE + 1:
        os._exit(0)
    return [int(word) for word in words[: NOFILE + 1]], words[NOFILE + 1 :]


def install_filter(fd: int) -> None:
    """Put the system call filter on this process."""
    code = os.pread(fd, 8192, 0)
    program = Program(len(code) // 8, code)
    check(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    check(libc.prctl(SECCOMP, 2, ctypes.byref(program), 0, 0), "seccomp")
    os.close(fd)


def start_job(config: list[int], limits: list[int], argv: list[bytes], report: int) -> None:
    """Become the job. Does not return."""
    libc.prctl(DUMPABLE, 1, 0, 0, 0)
    try:
        with open("/proc/self/oom_score_adj", "w") as adjust:
            adjust.write("1000")
    except OSError:
        pass
    for fd in (config[STATUS], config[GO], config[COLLECT]):
        if fd >= 0:
            os.close(fd)
    give_streams(config[USER])
    become(config[USER])
    libc.prctl(DUMPABLE, 1, 0, 0, 0)
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    set_limits(limits)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if config[FILTER] >= 0:
        install_filter(config[FILTER])
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(report, struct.pack("=i", error.errno))
    os._exit(127)


def set_limits(limits: list[int]) -> None:
    """Lower the limits of this process, for good."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 65536,
        resource.RLIMIT_CPU: limits[CPU],
        resource.RLIMIT_FSIZE: limits[FSIZE],
        resource.RLIMIT_DATA: limits[DATA],
        resource.RLIMIT_NOFILE: limits[NOFILE],
        resource.RLIMIT_NPROC: limits[NPROC],
    }
    for name, value in wanted.items():
        if value >= 0:
            resource.setrlimit(name, (value, value))


def reap(job: int) -> tuple[int, os.statvfs_result]:
    """Wait for the job, then kill and reap all else; return its status and the box's state."""
    gone, state = 0, 0
    while gone != job:
        gone, state = os.waitpid(-1, 0)
    box = os.statvfs("/box")
    try:
        os.kill(-1, signal.SIGKILL)
        while True:
            os.waitpid(-1, 0)
    except (ProcessLookupError, ChildProcessError):
        return state, box


def main() -> None:
    """Prepare, wait, start, reap, tell."""
    config = [int(word) for word in sys.argv[1:6]]
    collector, python = sys.argv[6:8]
    libc.prctl(DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.umask(0o022)
    prepare_folders(config)
    heard, report = os.pipe()
    os.write(config[STATUS], b"S\n")
    limits, argv = read_orders(config[GO])
    options = b"nr_inodes=%d,size=%d" % (limits[INODES], limits[BYTES])
    check(remount(b"/box", options), "remount /box")
    job = os.fork()
    if job == 0:
        start_job(config, limits, argv, report)
    os.close(report)
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    drop_capabilities(KILL_SETGID_SETUID if config[USER] >= 0 else 0)
    reason = os.read(heard, 4)
    if len(reason) == 4:
        os.write(config[STATUS], b"E %d\n" % int.from_bytes(reason, sys.byteorder))
    state, box = reap(job)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = (
        state, int(used.ru_utime * 1e6), int(used.ru_stime * 1e6), used.ru_maxrss,
        box.f_bfree, box.f_blocks, box.f_ffree, box.f_files,
    )  # fmt: skip
    os.write(config[STATUS], b"X " + " ".join(map(str, words)).encode() + b"\n")
    if config[COLLECT] >= 0:
        become(config[USER])
        if os.read(config[GO], 1):
            os.dup2(config[GO], 0)
            os.dup2(config[COLLECT], 1)
            os.execv(python, [python, "-I", "-S", "-B", collector])
    os._exit(0)


main()
