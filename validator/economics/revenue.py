"""What an operator may expect to earn in a month, and from how many tasks on it pays.

The chain of today credits nobody (protocol note, section 7.7), so this is the design's promise, not
income. Prices of machines and models are the operator's to name; the fee of a verdict is the
chain's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from validator.domain.economics import PPM
from validator.economics.amounts import whole

if TYPE_CHECKING:
    from validator.domain.economics import SplitSettings

VERDICT_FEE: Final = 10_000
"""Units that the chain takes for a verdict (protocol note, section 5)."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the operator does in a month.

    `tasks`: tasks in which it has a part. `reward`: their mean, in units. `peer_ppm`,
    `expert_ppm`: of these, in how many it votes as a peer and reviews as an expert. `peers`,
    `experts`: seats among which those parts are divided, its own among them. `network_ppm`: its
    share of the network's part, 0 where that is the treasury's. `verdicts`: scores it posts.
    """

    tasks: int
    reward: int
    peer_ppm: int = 0
    expert_ppm: int = 0
    peers: int = 5
    experts: int = 1
    network_ppm: int = 0
    verdicts: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """What the work costs, in units: each month, each task, each vote and each expert review."""

    month: int = 0
    task: int = 0
    vote: int = 0
    review: int = 0


@dataclass(frozen=True, slots=True)
class Revenue:
    """A month in units. `net` may be negative; the rest is not.

    `break_even` is the least number of tasks with which such a month pays for itself; None when
    each task costs at least what it brings.
    """

    peers: int
    experts: int
    network: int
    costs: int
    fees: int
    net: int
    break_even: int | None


def expected_revenue(work: Work, costs: Costs, split: SplitSettings) -> Revenue:
    """Return what a month brings with these settings. Raises EconomicsError that names the field.

    Each part is rounded down once, at its end, so that a million small tasks lose nothing.
    """
    _check(work, costs)
    pool = work.tasks * work.reward
    peers = pool * split.peers_ppm * work.peer_ppm // (PPM * PPM * work.peers)
    experts = pool * split.experts_ppm * work.expert_ppm // (PPM * PPM * work.experts)
    network = pool * split.network_ppm * work.network_ppm // (PPM * PPM)
    running = (
        work.tasks * costs.task
        + work.tasks * work.peer_ppm * costs.vote // PPM
        + work.tasks * work.expert_ppm * costs.review // PPM
    )
    fees = work.verdicts * VERDICT_FEE
    gained = peers + experts + network - running - fees
    return Revenue(
        peers=peers,
        experts=experts,
        network=network,
        costs=costs.month + running,
        fees=fees,
        net=gained - costs.month,
        break_even=_break_even(work.tasks, gained, costs.month),
    )


def _break_even(tasks: int, gained: int, month: int) -> int | None:
    """Return ceil(month / (gained / tasks))."""
    if gained <= 0:
        return None
    return -(-month * tasks // gained)


def _check(work: Work, costs: Costs) -> None:
    for item in fields(work):
        share = item.name.endswith("_ppm")
        least = 1 if item.name in ("peers", "experts") else 0
        bound = {"most": PPM} if share else {}
        whole(f"work.{item.name}", getattr(work, item.name), least, **bound)
    for item in fields(costs):
        whole(f"costs.{item.name}", getattr(costs, item.name))
