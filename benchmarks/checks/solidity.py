"""Contracts: how many labelled weaknesses the scan finds, beside Slither alone; a warm compiler.

Labels and contracts are those of `../shared/data/code` (a part of SmartBugs-curated). A label is
found where a finding of its DASP category lies within `NEAR` lines of one of its lines.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.checks import share
from benchmarks.timing import Ratio, interleave
from checkers.static.detectors import WEAKNESSES
from checkers.static.scan import SCAN_LIMITS, examine, target_of
from sandboxes.factory import open_sandbox
from sandboxes.protocol import Job, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checkers.static.protocol import Report
    from sandboxes.protocol import Sandbox, Session

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "code"
NEAR: Final = 3
SHORT: Final = 8
SECONDS: Final = 100.0
ALL: Final = 0.55
GOALS: Final = {"reentrancy": 0.9, "unchecked_low_level_calls": 0.9}
OURS: Final = "unread-result"
"""The detector that is not Slither's."""
PEER_VERSION: Final = "0.4.26"
BATCH: Final = 5
TOGETHER: Final = 7
"""Contracts of the set that one job examines."""
ROUNDS: Final = 2
TINY: Final = "pragma solidity ^0.4.24; contract A { uint x; function f() public { x = 1; } }"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One contract and what is known of it."""

    source: bytes
    known: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Labels found by category, contracts not checked, contracts without a word, and seconds."""

    found: Counter[str]
    unchecked: int
    silent: int
    seconds: float


def contracts(short: bool) -> list[Labelled]:
    """Return the public set, or every seventh contract of it."""
    lines = (DATA / "solidity_contracts.jsonl").read_text(encoding="utf-8").splitlines()
    labels: dict[str, Any] = json.loads((DATA / "labels.json").read_text(encoding="utf-8"))
    found = []
    for row in map(json.loads, lines):
        known = tuple(
            (one["category"], tuple(one["lines"])) for one in labels[row["id"]]["findings"]
        )
        found.append(Labelled(row["source"].encode(), known))
    return found[:: len(found) // SHORT] if short else found


def hits(
    report: Report, known: Sequence[tuple[str, tuple[int, ...]]], without: str
) -> Counter[str]:
    """Count by category the labels near which a finding lies; `without` a detector's."""
    places = [
        (WEAKNESSES[one.rule].group, one.lines)
        for one in report.found
        if one.rule in WEAKNESSES and one.rule != without and one.lines != (0, 0)
    ]
    return Counter(
        category
        for category, lines in known
        if any(
            group == category and first - NEAR <= line <= last + NEAR
            for group, (first, last) in places
            for line in lines
        )
    )


def pinned(source: bytes) -> bytes:
    """Return a source that only the peer's single compiler takes, without moving a line."""
    return source + f"\npragma solidity {PEER_VERSION};\n".encode()


def measure(short: bool) -> Iterator[Ratio]:
    """Measure on the best backend here; without data or a toolchain, say so and nothing else."""
    if not DATA.is_dir():
        sys.stdout.write("solidity: left out, the labelled contracts are not here\n")
        return
    try:
        with_sandbox = open_sandbox("auto")
        yield from _measure(with_sandbox, short)
        with_sandbox.close()
    except SandboxError as error:
        sys.stdout.write(f"solidity: left out, {error}\n")


def _measure(sandbox: Sandbox, short: bool) -> Iterator[Ratio]:
    labelled = contracts(short)
    known = Counter(category for one in labelled for category, _ in one.known)
    total = known.total()
    ours = _survey(sandbox, labelled, [one.source for one in labelled], "")
    peer = _survey(sandbox, labelled, [pinned(one.source) for one in labelled], OURS)
    yield share("solidity: labels found within 3 lines", ours.found.total() / total, ALL)
    for name in sorted(known):
        yield share(f"solidity: {name} found", ours.found[name] / known[name], GOALS.get(name))
    yield share("solidity: contracts without a word said", ours.silent, 0, at_most=True)
    yield share("solidity: contracts not checked", ours.unchecked)
    alone = f"slither on {PEER_VERSION} alone"
    yield share(f"solidity: labels found, {alone}", peer.found.total() / total)
    for name in sorted(GOALS):
        yield share(f"solidity: {name} found, {alone}", peer.found[name] / max(1, known[name]))
    yield share(f"solidity: contracts not checked, {alone}", peer.unchecked)
    yield Ratio("checks", f"solidity: time beside {alone}", ours.seconds, peer.seconds, "s")
    yield from _warm(sandbox)


def _survey(
    sandbox: Sandbox, labelled: Sequence[Labelled], sources: Sequence[bytes], without: str
) -> Survey:
    """Scan the contracts, `TOGETHER` in a job; findings of the detector `without` do not count."""
    found: Counter[str] = Counter()
    unchecked = silent = 0
    began = time.perf_counter()
    for start in range(0, len(labelled), TOGETHER):
        part = {f"c{start + at}.sol": text for at, text in enumerate(sources[start:][:TOGETHER])}
        report = _scan(sandbox, part)
        for name, one in zip(part, labelled[start:], strict=False):
            own = replace(report, found=tuple(row for row in report.found if row.file == name))
            # Of many names only the first are told, so that silence counts as not checked too.
            lost = report.unchecked is not None and (name in report.unchecked or not own.found)
            found.update(hits(own, one.known, without))
            unchecked += lost
            silent += not lost and not own.found
    return Survey(found, unchecked, silent, time.perf_counter() - began)


def _scan(sandbox: Sandbox, files: dict[str, bytes]) -> Report:
    report = examine(sandbox, target_of(files), SECONDS)
    if report is None:
        raise SandboxError("the cage could not run the scan")
    return report


def _warm(sandbox: Sandbox) -> Iterator[Ratio]:
    """One compiler for all files of an answer against one for each."""
    files = {f"s{number}.sol": TINY.encode() for number in range(BATCH)}
    with sandbox.open("solidity") as session:
        session.put(files)
        taken = interleave(
            {
                "warm": lambda: _compile(session, list(files)),
                "cold": lambda: _compile_each(session, list(files)),
            },
            ROUNDS,
            warmup=1,
        )
    value, floor = taken["warm"].median, taken["cold"].median
    name = f"solidity: {BATCH} files in one warm compiler against one each"
    yield Ratio("checks", name, value, floor, "s", 0.5)


def _compile_each(session: Session, names: list[str]) -> None:
    for name in names:
        _compile(session, [name])


def _compile(session: Session, names: list[str]) -> None:
    own = json.dumps({name: name for name in names}).encode()
    argv = ("contract-scan", "compile", "60")
    outcome = session.run(Job(argv, stdin=own, limits=SCAN_LIMITS))
    if not outcome.ok:
        raise SandboxError(outcome.detail or "the compile step failed")
