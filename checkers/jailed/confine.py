"""Giving up everything that a parser does not need. Cannot be undone without privileges."""

from __future__ import annotations

import math
import resource
from contextlib import suppress

MEMORY = 1024 * 1024 * 1024


def confine(cpu_seconds: float) -> None:
    """Cap memory and CPU time; with no descriptor to spare there are no files and no sockets."""
    cpu = math.ceil(cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with suppress(ValueError, OSError):  # root is not bound by it
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
