"""First process of a cage where no C compiler was found: the same as init.c, only slower."""

# Starts with every job, so nothing is imported that is not needed.
# ruff: noqa: PTH123, S606, SIM105, PLR2004

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys

(STATUS, GO, COLLECT, FILTER, USER, INODES, NPROC, CPU, FSIZE, DATA, NOFILE) = range(11)
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


def drop_capabilities(keep: int) -> None:
    """Leave only `keep` of the capabilities, in every set."""
    libc.prctl(AMBIENT, 4, 0, 0, 0)
    for cap in range(64):
        libc.prctl(CAPBSET_DROP, cap, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    data = struct.pack("=6I", keep, keep, 0, 0, 0, 0)
    check(libc.syscall(CAPSET[os.uname().machine], header, data), "capset")


def become(user: int) -> None:
    """Change to the job's user and give up all rights."""
    if user >= 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    drop_capabilities(0)


def remount(path: bytes, inodes: int, *, required: bool) -> None:
    """Cap the number of files of one of the cage's own file systems."""
    flags = MS_REMOUNT | MS_NOSUID | MS_NODEV
    result = libc.mount(None, path, None, flags, b"nr_inodes=%d" % inodes)
    if required:
        check(result, "remount /box")


def confine_box(config: list[int]) -> None:
    """Give the job its folders, capped."""
    if config[USER] >= 0:
        os.chown("/box", config[USER], config[USER])
        try:
            os.chown("/program", config[USER], config[USER])
        except OSError:
            pass  # read-only: a run
    if config[INODES] > 0:
        remount(b"/box", config[INODES], required=True)
    remount(b"/dev/shm", 1024, required=False)


def install_filter(fd: int) -> None:
    """Put the system call filter on this process."""
    code = os.pread(fd, 8192, 0)
    program = Program(len(code) // 8, code)
    check(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    check(libc.prctl(SECCOMP, 2, ctypes.byref(program), 0, 0), "seccomp")
    os.close(fd)


def start_job(config: list[int], argv: list[str], report: int) -> None:
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
    become(config[USER])
    libc.prctl(DUMPABLE, 1, 0, 0, 0)
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    set_limits(config)
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


def set_limits(config: list[int]) -> None:
    """Lower the limits of this process, for good."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: config[CPU],
        resource.RLIMIT_FSIZE: config[FSIZE],
        resource.RLIMIT_DATA: config[DATA],
        resource.RLIMIT_NOFILE: config[NOFILE],
        resource.RLIMIT_NPROC: config[NPROC],
    }
    for name, value in limits.items():
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
    """Prepare, start, reap, tell."""
    config = [int(word) for word in sys.argv[1:12]]
    collector, python, argv = sys.argv[12], sys.argv[13], sys.argv[15:]
    libc.prctl(DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.umask(0o022)
    confine_box(config)
    heard, report = os.pipe()
    os.write(config[STATUS], b"S\n")
    if not os.read(config[GO], 1):
        os._exit(0)
    job = os.fork()
    if job == 0:
        start_job(config, argv, report)
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
