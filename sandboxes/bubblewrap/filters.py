"""The job's system call filter as a descriptor that the cage's first process installs from."""

from __future__ import annotations

import errno
import os
import platform
import struct
from types import MappingProxyType
from typing import Final

from sandboxes import syscalls

PRLIMIT: Final = MappingProxyType({"x86_64": 302, "aarch64": 261})


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def program(machine: str) -> bytes:
    """Return the filter shared by all backends, after a rule of our own.

    In a user namespace the job has the same user as the cage's first process and could end that
    by lowering its limits; so the limits of other processes are out of reach.
    """
    own = b"".join(
        (
            _instruction(syscalls.LOAD, syscalls.NUMBER_AT),
            _instruction(syscalls.EQUAL, PRLIMIT[machine], otherwise=3),
            _instruction(syscalls.LOAD, syscalls.FIRST_ARGUMENT_AT),
            _instruction(syscalls.EQUAL, 0, then=1),
            _instruction(syscalls.RETURN, syscalls.ERRNO | errno.EPERM),
        )
    )
    return own + syscalls.program(machine)


def as_descriptor() -> int:
    """Return a sealed memory file with the filter; -1 on a machine it is not written for."""
    machine = platform.machine()
    if machine not in PRLIMIT:
        return -1
    fd = os.memfd_create("filter", os.MFD_CLOEXEC)
    os.write(fd, program(machine))
    return fd
