"""Giving up everything that a parser does not need. Cannot be undone, not even by root."""

from __future__ import annotations

import ctypes
import errno
import math
import os
import resource
import signal
from contextlib import suppress
from functools import cache
from typing import Final

from sandboxes import seccomp
from sandboxes.seccomp.table import OPEN_NAMES, RULES, Rule

MEMORY_MB: Final = 1024
MIB: Final = 1024 * 1024

# <linux/prctl.h>, <linux/seccomp.h>, <linux/sched.h>
PR_SET_PDEATHSIG: Final = 1
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2
CLONE_THREAD: Final = 0x10000

NEEDED: Final = frozenset(
    """
    read readv write writev close lseek fstat poll ppoll
    mmap munmap mremap mprotect madvise mincore brk membarrier
    futex sched_yield sched_getaffinity set_robust_list rseq set_tid_address
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage
    getpid getppid gettid getuid geteuid getgid getegid getrandom getcpu sysinfo uname
    getrlimit exit exit_group
    """.split()  # noqa: SIM905 - forty names read best as prose
)
"""All that is left: memory, time, and the descriptors at hand."""

WITH_THREADS: Final = NEEDED | frozenset(
    [
        "epoll_create1",
        "epoll_ctl",
        "epoll_wait",
        "epoll_pwait",
        "eventfd2",
        "fcntl",
        "sched_setaffinity",
    ]
)
"""Also how the threads of a pool (tokio, rayon) wake each other: by descriptors without a file."""

WAKERS: Final = 64
"""Descriptors for those."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """`struct sock_fprog`: how many instructions, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def limit_cpu(pid: int, seconds: float) -> None:
    """Cap the CPU time of a process in whole seconds; of 0, which is this one, too."""
    cpu = math.ceil(seconds)
    resource.prlimit(pid, resource.RLIMIT_CPU, (cpu, cpu + 1))


def confine(memory_mb: int = MEMORY_MB, *, threads: bool = False) -> None:
    """Cap memory; close files, sockets, programs and processes.

    CPU time is left to `limit_cpu`: how much there is is known only when the work comes.

    Two locks on one door: no descriptor can be had any more (so neither file nor socket), and the
    kernel refuses every call that is not in `NEEDED`. With `threads` the filter stands alone, as
    limits cannot tell threads from processes; raises OSError on a machine that it is not for.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * MIB, memory_mb * MIB))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    spare = WAKERS if threads else 0
    if not threads:
        with suppress(ValueError, OSError):  # root is not bound by it
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, spare))
    code = _filter(threads=threads)
    if code is not None:
        _install(code)
    elif threads:
        raise OSError(errno.ENOSYS, "no system call filter for this machine")


def prepare(*, threads: bool) -> None:
    """Make the filter before the fork, once for all children."""
    _filter(threads=threads)


def die_with(parent: int) -> None:
    """End this process when the thread that forked it ends; raises where it has ended already."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError(errno.ESRCH, "the parent is gone")


@cache
def _filter(*, threads: bool) -> bytes | None:
    """Return the filter as an array of `struct sock_filter`; None on a machine without one."""
    if os.uname().machine not in seccomp.NUMBERS:
        return None
    needed = WITH_THREADS if threads else NEEDED
    known = OPEN_NAMES | {rule.name for rule in RULES}
    closed = [Rule(name, 0, (), "not for a parser") for name in sorted(known - needed)]
    if threads:
        closed.append(Rule("clone", 0, (CLONE_THREAD,), "threads only", mask=CLONE_THREAD))
    # Root could raise its limits again; asking what they are has no new limit, a null pointer.
    closed.append(Rule("prlimit64", 2, (0,), "limits are final"))
    return seccomp.program(None, tuple(closed))


def _install(code: bytes) -> None:
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(held))
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if _LIBC.prctl(option, *padded) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
