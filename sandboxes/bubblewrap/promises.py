"""What this backend promises on the ground it stands on; the self-check proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandboxes.protocol import Grip
from sandboxes.selfcheck import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine gives."""

    root: bool
    """Cages are made by real root, each with a user of its own."""
    kernel_root: bool
    """We are root without its rights: jobs run as that user, in a user namespace."""
    proc: bool
    system_filter: bool
    memory_group: bool
    cpu_group: bool
    task_group: bool


def promises(ground: Ground) -> Mapping[str, Grip]:
    """Say for every property how firmly it is held."""
    held = dict.fromkeys(PROPERTIES, Grip.HELD)
    if not ground.memory_group:
        for name in ("memory", "memory-split", "memory-file", "memory-told-from-crash"):
            held[name] = Grip.WEAK
    if not ground.cpu_group:
        held["cpu-children"] = Grip.WEAK
    if ground.kernel_root:
        held["not-root"] = Grip.NOT_HELD
        if not ground.task_group:
            held["processes"] = held["threads"] = Grip.WEAK
    if not ground.system_filter:
        for name in ("namespaces", "kernel-doors"):
            held[name] = Grip.WEAK
    return held
