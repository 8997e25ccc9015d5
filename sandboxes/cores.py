"""One processor core for the programs of one measurement, chosen here and lent to one at a time.

Two programs whose times are compared must run on the same core: cores of one machine differ in
speed, cache and neighbours. Two measurements must not share one.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "\0tosv-core-{}"
"""Abstract socket: whoever has bound it has the core, until it lets go or its process dies."""


@contextmanager
def one_core() -> Iterator[int]:
    """Lend a core of those that this process may use, the last first, while the block runs.

    The kernel puts most of its own work on the first ones. One that another process of this network
    namespace has borrowed is passed over; where all are lent the last is shared, which costs
    accuracy (the noise of the baseline shows it) and never an answer.
    """
    cores = sorted(os.sched_getaffinity(0), reverse=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
        yield next((core for core in cores if _borrowed(lock, core)), cores[0])


def _borrowed(lock: socket.socket, core: int) -> bool:
    try:
        lock.bind(NAME.format(core))
    except OSError:  # another has it
        return False
    return True
