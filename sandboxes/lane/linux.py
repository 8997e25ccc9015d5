"""The few calls of the kernel that Python 3.11 does not offer, each raising OSError."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWCGROUP: Final = 0x02000000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_RDONLY: Final = 0x1
MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000

PR_CAPBSET_DROP: Final = 24
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
CAPABILITY_VERSION_3: Final = 0x20080522
CAP_CHOWN, CAP_KILL, CAP_SETGID, CAP_SETUID = 0, 5, 6, 7
LAST_CAPABILITY_FILE: Final = "/proc/sys/kernel/cap_last_cap"

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1

_libc = ctypes.CDLL(None, use_errno=True)
# Keeps Python's lock: nothing may happen between a fork and what Python does after one.
_python = ctypes.PyDLL(None, use_errno=True)
CLONE: Final = {"x86_64": 56, "aarch64": 220}


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for fresh ones."""
    _check(_libc.unshare(flags), "unshare")


def clone(flags: int) -> int:
    """Fork into fresh namespaces; return 0 in the child. For a process with one thread."""
    number = CLONE[os.uname().machine]
    api = ctypes.pythonapi
    api.PyOS_BeforeFork()
    _python.syscall.restype = ctypes.c_long
    pid = int(_python.syscall(number, ctypes.c_ulong(flags | signal.SIGCHLD), 0, 0, 0, 0))
    if pid == 0:
        api.PyOS_AfterFork_Child()
        return 0
    api.PyOS_AfterFork_Parent()
    if pid < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"clone: {os.strerror(number)}")
    return pid


def mount(
    source: str | None, target: str, kind: str | None, flags: int = 0, data: str | None = None
) -> None:
    """Mount a file system, or change a mount."""
    words = [None if word is None else word.encode() for word in (source, target, kind, data)]
    _check(_libc.mount(words[0], words[1], words[2], flags, words[3]), f"mount {target}")


def prctl(option: int, value: int = 0, third: int = 0) -> None:
    """Change an attribute of the calling process."""
    _check(_libc.prctl(option, value, third, 0, 0), f"prctl {option}")


def keep_capabilities(*kept: int) -> None:
    """Drop every capability but these, for good: from the bounding set too."""
    with open(LAST_CAPABILITY_FILE) as source:  # noqa: PTH123 - pathlib is not loaded here
        last = int(source.read())
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(last + 1):
        if capability not in kept:
            prctl(PR_CAPBSET_DROP, capability)
    mask = sum(1 << capability for capability in kept)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable; the second three hold capabilities from 32 on.
    sets = struct.pack("=6I", mask, mask, 0, 0, 0, 0)
    _check(_libc.capset(header, sets), "capset")


def loopback_up() -> None:
    """Bring up the loopback device of the calling process's network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = struct.pack("16sh14x", b"lo", 0)
        found = fcntl.ioctl(control, SIOCGIFFLAGS, name)
        flags = struct.unpack_from("h", found, 16)[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
