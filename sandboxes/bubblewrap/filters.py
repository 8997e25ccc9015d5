"""The job's system call filter as a descriptor that the cage's first process installs from."""

from __future__ import annotations

import os
import platform
from typing import Final

from sandboxes import seccomp
from sandboxes.seccomp.table import Rule

OWN_LIMITS: Final = Rule(
    "prlimit64", 0, (0,),
    "the job has the user of the cage's first process, and could end that by its limits",
)  # fmt: skip


def program(machine: str) -> bytes:
    """Return the filter shared by all backends, with a rule of our own."""
    return seccomp.program(machine, (OWN_LIMITS,))


def as_descriptor() -> int:
    """Return a sealed memory file with the filter; -1 on a machine it is not written for."""
    machine = platform.machine()
    if machine not in seccomp.NUMBERS:
        return -1
    fd = os.memfd_create("filter", os.MFD_CLOEXEC)
    os.write(fd, program(machine))
    return fd
