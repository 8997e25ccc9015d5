"""What a host looks like before and after: nothing of a run may be left on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

MIB = 1024 * 1024
SETTLE_S = 15.0
KEPT_OPEN = 30
"""Connections that a client of the engine keeps for its next call; far fewer than sessions."""
GROWTH_MB = 160
"""How much this process may have grown: buffers of the largest outputs, never whole floods."""
MARK = "left-behind"
"""In the name of every file that programs leave."""
SHARED_MB = 96
"""How much more shared memory the host may have in use: a file system left mounted shows here."""


@dataclass(frozen=True, slots=True)
class Traces:
    """Whatever could be left. Sets hold what is there; numbers are compared with a margin."""

    processes: frozenset[str]
    groups: frozenset[str]
    containers: frozenset[str]
    mounts: frozenset[str]
    files: frozenset[str]
    shared_objects: frozenset[str]
    links: frozenset[str]
    descriptors: int
    threads: int
    resident_mb: float
    shared_mb: float


def look(token: str) -> Traces:
    """Look once. `token` is in the command line of every job of the corpus."""
    return Traces(
        processes=_processes(token),
        groups=_groups(),
        containers=_containers(),
        mounts=_mounts(),
        files=_files(),
        shared_objects=_shared_objects(),
        links=frozenset(_names("/sys/class/net")) - _links_of_others(),
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        threads=threading.active_count(),
        resident_mb=psutil.Process().memory_info().rss / MIB,
        shared_mb=_shared_mb(),
    )


def left_over(before: Traces, token: str) -> list[str]:
    """Say what is there now and was not before, once everything had time to go."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        found = _more(before, look(token))
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.25)


def _more(before: Traces, after: Traces) -> list[str]:
    found = []
    for field in fields(Traces):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(old, frozenset):
            found += [f"{field.name}: {name}" for name in sorted(new - old)]
    margins = (
        ("descriptors", KEPT_OPEN),
        ("threads", 4),
        ("resident_mb", GROWTH_MB),
        ("shared_mb", SHARED_MB),
    )
    for name, margin in margins:
        old, new = getattr(before, name), getattr(after, name)
        if new > old + margin:
            found.append(f"{name}: {old:.0f} before, {new:.0f} now")
    return found


def _processes(token: str) -> frozenset[str]:
    """Our descendants, and whoever carries the token, wherever in the tree it went."""
    found = {f"{child.pid} {child.name()}" for child in _descendants()}
    for process in psutil.process_iter(["cmdline"]):
        if token in " ".join(process.info["cmdline"] or ()) and process.pid != os.getpid():
            found.add(f"{process.pid} {process.info['cmdline']}")
    return frozenset(found)


def _descendants() -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [
            child
            for child in psutil.Process().children(recursive=True)
            if child.is_running() and child.name() != "docker"
        ]
    return []


def _groups() -> frozenset[str]:
    """Control groups of this process's jobs; one with processes in it cannot be removed."""
    mine = f"tosv-{os.getpid()}-"
    found: set[str] = set()
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        found.update(os.path.join(folder, name) for name in names if name.startswith(mine))  # noqa: PTH118
    return frozenset(found)


def _containers() -> frozenset[str]:
    from sandboxes.docker.engine import LABEL, LABEL_OWNER, owner_mark

    mine = f"label={LABEL_OWNER}={owner_mark()}"
    return frozenset(_docker("ps", "-aq", "--filter", f"label={LABEL}=1", "--filter", mine).split())


def _docker(*words: str) -> str:
    if shutil.which("docker") is None:
        return ""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(
            ["docker", *words], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    return ""


def _mounts() -> frozenset[str]:
    """Mount points, but for those of other people's engines and containers, which come and go."""
    points = {line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()}
    others = {p for p in points if "/pytest-of-" in p and not p.startswith(tempfile.gettempdir())}
    if _docker("ps", "-aq").split():  # ours are gone when `containers` is empty
        others |= {p for p in points if "/docker/" in p or p.startswith("/run/docker")}
    return frozenset(points - others)


def _links_of_others() -> frozenset[str]:
    """Ends of cables to other people's containers: none of ours has a network."""
    others = _docker("ps", "-q").split()
    return frozenset(n for n in _names("/sys/class/net") if others and n.startswith("veth"))


def _files() -> frozenset[str]:
    """Everything in the temp folder, which is this run's own; elsewhere what bears our mark."""
    found = {f"{tempfile.gettempdir()}/{name}" for name in _names(tempfile.gettempdir())}
    for place in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/"):
        found.update(f"{place}/{name}" for name in _names(place) if MARK in name)
    return frozenset(found)


def _names(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [entry.name for entry in Path(folder).iterdir()]
    return []


def _shared_objects() -> frozenset[str]:
    found: set[str] = set()
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found.update(f"{kind} {' '.join(line.split()[:2])}" for line in lines)
    return frozenset(found)


def _shared_mb() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Shmem:"):
            return int(line.split()[1]) / 1024
    return 0.0
