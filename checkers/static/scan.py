"""What the validator's own scanner finds in contracts: places with a category, for audits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checkers.audit.places import Place
from checkers.static.detectors import category_of
from checkers.static.protocol import Target
from checkers.static.slither import Slither
from sandboxes.protocol import Limits, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.static.protocol import Report
    from sandboxes.protocol import Sandbox

SUFFIX: Final = ".sol"
SCAN_LIMITS: Final = Limits(
    cpu_s=120, wall_s=120, memory_mb=2048, processes=128, output_kb=1024, disk_mb=256, files=4096
)


def target_of(files: Mapping[str, bytes]) -> Target:
    """Return the Solidity sources of `files` under names of our own, in order of theirs."""
    mine = sorted(name for name in files if name.endswith(SUFFIX))
    names = {f"s{number}{SUFFIX}": name for number, name in enumerate(mine)}
    return Target("solidity", {ours: files[name] for ours, name in names.items()}, names)


def examine(sandbox: Sandbox, target: Target, seconds: float) -> Report | None:
    """Run Slither over a target in a session of its own; None when the cage could not run it."""
    slither = Slither()
    limits = Limits(
        cpu_s=max(1.0, min(SCAN_LIMITS.cpu_s, seconds)),
        wall_s=max(1.0, min(SCAN_LIMITS.wall_s, seconds)),
        **{name: getattr(SCAN_LIMITS, name) for name in SCAN_LIMITS.__slots__[2:]},
    )
    with sandbox.open(slither.cage) as session:
        session.put(target.files)
        outcome = session.run(slither.job(target, limits))
    if outcome.status is Status.INTERNAL_ERROR:
        return None
    return slither.read(outcome, target)


def scan(sandbox: Sandbox, files: Mapping[str, bytes], seconds: float) -> tuple[Place, ...] | None:
    """Return the places that Slither reports, sorted; None when it could not be told.

    `seconds` bounds the scan on the wall and in CPU time. Files that are no Solidity sources are
    left out; without any there is nothing to find. One file that could not be examined makes all
    of it None: who relies on what the scanner finds must not take silence for an answer. May raise
    SandboxError.
    """
    target = target_of(files)
    if not target.files:
        return ()
    report = examine(sandbox, target, seconds)
    if report is None or report.unchecked is not None:
        return None
    places = set()
    for one in report.found:
        category = category_of(one.rule)
        if category is not None and one.lines != (0, 0):
            places.add(Place(one.file, one.lines, category))
    return tuple(sorted(places))
