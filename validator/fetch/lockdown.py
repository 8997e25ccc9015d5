"""What the fetcher gives up before it speaks to anybody. Linux; nothing of it can be taken back."""

from __future__ import annotations

import ctypes
import os
import resource
from contextlib import suppress
from typing import Final

PR_SET_NO_NEW_PRIVS: Final = 38  # prctl(2)
NOBODY: Final = 65534
"""The kernel's overflow uid and gid: no file is theirs."""

MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space; the content passes through in pieces."""

CPU_S: Final = 300
DESCRIPTORS: Final = 32


def lock_down() -> None:
    """Give up privileges, files, processes and all but a little memory.

    Everything that is loaded at first use (certificates, the resolver's libraries) must be loaded
    before only where its files are not readable for everybody.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl: no new privileges")
    if os.geteuid() == 0:
        _leave_root()
    for name, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(name, (value, value))


def _leave_root() -> None:
    """A root without the capability, or without such a user in its namespace, stays what it is."""
    with suppress(OSError):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
