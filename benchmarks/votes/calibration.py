"""How sure the consensus claims to be, after 30 known tasks, and how often it is right."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.votes import crowd_kit, percent, points
from benchmarks.votes.figures import calibration_error
from benchmarks.votes.public_sets import CLASSES, SCORES, VoteSet, sets, there
from validator.peers.calibration import LEVEL
from validator.peers.consensus import TaskConsensus, consensus_of
from validator.peers.pool import Kind
from validator.peers.temperature import RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.timing import Ratio

ERROR: Final = 0.06
OFF_LEVEL: Final = 5.0


def measure(short: bool) -> Iterator[Ratio]:
    """Measure over random choices of the known tasks."""
    if not there():
        return
    draws = 8 if short else 20
    peer = crowd_kit.there()
    errors = []
    for each in sets(CLASSES, Kind.CLASS):
        error, right = np.mean([_ours(each, draw) for draw in range(draws)], axis=0)
        errors.append(error)
        yield percent(f"calibration: ours: ECE on {each.name}", error)
        yield percent(f"calibration: ours: right on the rest of {each.name}", right)
        if peer:
            error, right = np.mean([_theirs(each, draw) for draw in range(draws)], axis=0)
            who = "crowd-kit, DawidSkene told the same"
            yield percent(f"calibration: {who}: ECE on {each.name}", error)
            yield percent(f"calibration: {who}: right on the rest of {each.name}", right)
    mean = f"calibration: ours: ECE, mean of {len(errors)}"
    yield percent(mean, statistics.mean(errors), ERROR, at_most=True)
    for each in sets(SCORES, Kind.SCORE):
        cover = statistics.mean(_cover(each, draw) for draw in range(draws))
        yield percent(f"calibration: 80 % intervals on {each.name} hold the truth", cover)
        apart = 100 * abs(cover - LEVEL)
        yield points(f"calibration: 80 % intervals on {each.name}: points off", apart, OFF_LEVEL)


def _known(each: VoteSet, draw: int) -> set[str]:
    """`RECORD` tasks of which the truth is told."""
    dice = np.random.default_rng(draw)
    return {str(task) for task in dice.choice(sorted(each.truth), RECORD, replace=False)}


def _rest(each: VoteSet, draw: int) -> list[TaskConsensus]:
    """The consensus on tasks whose truth is there but was not told."""
    known = _known(each, draw)
    tasks = consensus_of(each.pool(known)).tasks
    return [told for told in tasks if told.task in each.truth and told.task not in known]


def _ours(each: VoteSet, draw: int) -> tuple[float, float]:
    """The calibration error, and the share that is right."""
    rest = _rest(each, draw)
    right = np.array([told.consensus == each.truth[told.task] for told in rest])
    confidence = np.array([told.confidence for told in rest])
    return calibration_error(confidence, right), float(right.mean())


def _theirs(each: VoteSet, draw: int) -> tuple[float, float]:
    """The same of crowd-kit, told the same tasks and judged on the same."""
    pool = each.pool(_known(each, draw))
    truth = each.codes(pool)
    belief = crowd_kit.dawid_skene(pool, known=crowd_kit.gold(pool))
    rest = (truth >= 0) & ~pool.is_known
    right = (belief.argmax(axis=1) == truth)[rest]
    return calibration_error(belief.max(axis=1)[rest], right), float(right.mean())


def _cover(each: VoteSet, draw: int) -> float:
    inside = []
    for told in _rest(each, draw):
        assert told.interval is not None
        low, high = told.interval
        inside.append(low <= float(each.truth[told.task]) <= high)
    return statistics.mean(inside)
