"""Where honesty stops paying: one assumption varied, all else as it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from validator.errors import SimulationError
from validator.simulation.run import simulate
from validator.simulation.scenario import Scenario, Shares, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

MONTHS: Final = 6


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is varied, whose gain is watched, and the points at which it is looked at.

    `votes_alone`: the strategy differs from honesty by its votes, and what these bring is compared.
    """

    name: str
    what: str
    strategy: Strategy
    points: tuple[float, ...]
    votes_alone: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """TOS for each account and month at one value: of the honest, and of the strategy."""

    value: float
    honest: float
    attack: float


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep's points, and the value from which on the attack earns as much as honesty.

    `break_even` is interpolated between two points on a straight line; None: at none of them.
    """

    sweep: Sweep
    points: tuple[Point, ...]
    break_even: float | None


SWEEPS: Final = (
    Sweep("ring", "share of accounts in one ring", Strategy.RING, (0.05, 0.1, 0.2, 0.3, 0.4, 0.49)),
    Sweep("sybil", "share of accounts that one hand holds", Strategy.SYBIL,
          (0.05, 0.1, 0.2, 0.3, 0.4, 0.49)),
    Sweep("guess", "chance that a worthless answer is right", Strategy.LAZY,
          (0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8)),
    Sweep("copies", "chance that a copy is found", Strategy.COPY, (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)),
    Sweep("bribe", "what a sold vote brings, in fees of a peer", Strategy.BRIBED,
          (0.0, 0.5, 1.0, 2.0, 4.0, 8.0), votes_alone=True),
)  # fmt: skip

_ASSUMED: Final = {"guess": "guess_right", "copies": "copy_found", "bribe": "bribe"}


def sweep(scenario: Scenario, name: str, tell: Callable[[Point], None] | None = None) -> Swept:
    """Run a scenario at each point of a sweep, six months at most. Raises SimulationError."""
    found = next((each for each in SWEEPS if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in SWEEPS)
        raise SimulationError("sweep", f"must be one of {names}, not {name!r}")
    points = []
    for value in found.points:
        outcome = simulate(at(scenario, found, value))
        honest, attack = outcome.row(Strategy.HONEST), outcome.row(found.strategy)
        if honest is None or attack is None:
            raise SimulationError("shares", f"must have honest and {found.strategy} accounts")
        if found.votes_alone:
            points.append(Point(value, honest.from_votes, attack.from_votes))
        else:
            points.append(Point(value, honest.earned, attack.earned))
        if tell is not None:
            tell(points[-1])
    return Swept(found, tuple(points), break_even(tuple(points)))


def at(scenario: Scenario, found: Sweep, value: float) -> Scenario:
    """Return the scenario at one point; a share is varied with nobody else hostile around."""
    scenario = replace(scenario, months=min(scenario.months, MONTHS))
    if found.name in _ASSUMED:
        told = replace(scenario.assumptions, **{_ASSUMED[found.name]: value})
        return replace(scenario, assumptions=told)
    nobody = Shares(0.0, 0.0, 0.0, 0.0, 0.0)
    return replace(scenario, shares=replace(nobody, **{found.name: value}))


def break_even(points: tuple[Point, ...]) -> float | None:
    """Return the first value at which the attack's gain meets that of honesty."""
    if points and points[0].attack >= points[0].honest:
        return points[0].value
    for one, other in pairwise(points):
        before, after = one.attack - one.honest, other.attack - other.honest
        if before < 0 <= after:
            return one.value + (other.value - one.value) * before / (before - after)
    return None
