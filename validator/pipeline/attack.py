"""Attacks this worker's own cages and judges what was seen: fail closed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sandboxes.protocol import Grip, SandboxError
from validator.pipeline.proofs import Failure, Kind, Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sandboxes.protocol import Sandbox
    from sandboxes.selfcheck import Line

GROUP_LIMITS: Final = ("memory", "memory-split", "processes")
"""Properties that show limits held for a whole program, and not for each process of it."""


def refuse_reason(
    network: str, declared: Mapping[str, Grip], seen: Mapping[str, bool | None]
) -> str | None:
    """Say why a cage is too weak for a network; None when it is not.

    Off devnet a verdict moves money, so limits on memory and processes have to hold for the whole
    group of a program's processes: declared, and seen by the self-test (threat model, row 9).
    """
    if network == "devnet":
        return None
    for name in GROUP_LIMITS:
        if declared.get(name, Grip.NOT_HELD) is not Grip.HELD:
            return f"{network} needs a cage that holds {name}; this one does not declare it"
        if seen.get(name) is not True:
            return f"{network} needs a cage that holds {name}; the self-test did not see it"
    return None


def prove(
    open_backend: Callable[[], Sandbox], kind: Kind, network: str, name: str = "none"
) -> Proof:
    """Attack one cage; never raises for what a cage may do. `name` is for one that never opens."""
    from sandboxes.selfcheck import PROPERTIES, QUICK

    try:
        cage = open_backend()
    except SandboxError as error:
        return Proof(name, None, 0, 0.0, (), f"no cage to be had: {error}"[:300])
    try:
        return attack(cage, PROPERTIES if kind == "full" else QUICK, network)
    except SandboxError as error:
        return Proof(cage.name, None, 0, 0.0, (), f"the self-test broke off: {error}"[:300])
    finally:
        cage.close()


def attack(cage: Sandbox, names: Iterable[str], network: str) -> Proof:
    """Try these properties. What gives way is tried once more, alone: a busy machine is no leak."""
    from sandboxes.selfcheck import run_selfcheck

    lines = {line.name: line for line in run_selfcheck(cage, names).lines}
    doubtful = [name for name, line in lines.items() if not line.ok]
    if doubtful:
        lines |= {line.name: line for line in run_selfcheck(cage, doubtful).lines}
    return judged(cage, list(lines.values()), network)


def judged(cage: Sandbox, lines: Sequence[Line], network: str) -> Proof:
    """Turn what was seen into a proof."""
    found = cage.describe()
    failures = tuple(
        Failure(line.name, line.declared.value, line.seen, line.detail[:200])
        for line in lines
        if not line.ok
    )
    too_weak = refuse_reason(network, cage.declared(), {line.name: line.seen for line in lines})
    seconds = round(sum(line.seconds for line in lines), 2)
    image = found.image or _image(cage)
    return Proof(found.backend, image, len(lines), seconds, failures, _reason(failures) or too_weak)


def _image(cage: Sandbox) -> str | None:
    """The image in which the attacks ran, where each language has its own."""
    with suppress(SandboxError), cage.open("python") as session:
        return session.image
    return None


def _reason(failures: Sequence[Failure]) -> str | None:
    if not failures:
        return None
    gave_way = [failure.name for failure in failures if failure.seen is not None]
    if gave_way:
        return f"the self-test contradicts what the cage declares: {', '.join(gave_way)}"
    return f"the self-test could not try: {', '.join(failure.name for failure in failures)}"
