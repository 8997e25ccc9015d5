"""What a sandbox that stands ready holds in memory, its share of what it shares included."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.timing import Ratio
from sandboxes.docker.engine import LABEL_OWNER, connect, owner_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandboxes.protocol import Sandbox

MIB: Final = 1024
MUST_MB: Final = 15.0
SHIM: Final = "containerd-shim"


def _pss_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _container_kb(pid: int) -> int:
    """Proportional set size of a container's processes and of the shim that watches them."""
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    shim = SHIM in Path(f"/proc/{parent}/cmdline").read_text()
    return sum(map(_pss_kb, _family(pid))) + (_pss_kb(parent) if shim else 0)


def measure(backends: Mapping[str, Sandbox]) -> Iterator[Ratio]:
    """Yield the median of the containers of this process that have no job; needs root."""
    if not {"docker", "docker-fast"} & backends.keys():
        return
    engine = connect()
    try:
        sizes: dict[str, list[int]] = {"docker": [], "docker-fast": []}
        for entry in engine.ours(f"{LABEL_OWNER}={owner_mark()}"):
            kind = "docker-fast" if entry["Command"].endswith(" lane") else "docker"
            pid = int(engine.api.inspect_container(entry["Id"])["State"]["Pid"])
            sizes[kind].append(_container_kb(pid))
    finally:
        engine.close()
    for kind, found in sizes.items():
        if found:
            value = sorted(found)[len(found) // 2] / MIB
            title = f"idle sandbox with its shim, {kind}: megabytes (stretch 8)"
            yield Ratio("sandboxes", title, value, 1.0, "MB", MUST_MB)
