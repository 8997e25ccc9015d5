"""Our Dawid-Skene beside crowd-kit's, step for step, and one more vote on a large pool."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.timing import Ratio, interleave
from benchmarks.votes import GROUP, crowd_kit, percent, points
from benchmarks.votes.memory import STEPS, fit_memory
from benchmarks.votes.public_sets import CLASSES, sets, there
from benchmarks.votes.synthetic import large_pool
from validator.peers.confusion import dawid_skene, pooled_confusion, wins
from validator.peers.pool import Kind, Pool
from validator.peers.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.peers.pool import Ints

SMALL_GOAL, LARGE_GOAL, LARGE = 15.0, 6.0, 100_000
MEMORY_VOTES: Final = 1_000_000
MEMORY_MB: Final = 40.0
ADDED: Final = 1_000
ADD_US: Final = 150.0
SAME: Final = 0.995


def measure(short: bool) -> Iterator[Ratio]:
    """Measure; the short form holds a tenth of the votes, but for the memory."""
    peer = crowd_kit.there()
    if peer and there():
        for each in sets(CLASSES, Kind.CLASS):
            yield from _beside(each.name, each.pool(), 5 if short else 15)
            yield _from_text(each.name, each.pool, 3)
    large = large_pool(100_000 if short else 1_000_000)
    if peer:
        yield from _beside(f"{len(large.task):,} votes", large, 3)
    yield from _memory(peer and not short)
    yield from _one_more(large)


def _beside(name: str, pool: Pool, rounds: int) -> Iterator[Ratio]:
    """The same number of steps from the same start: the same labels, and how much sooner."""
    ours = dawid_skene(pool, rounds=STEPS, tolerance=-np.inf).belief
    theirs = crowd_kit.dawid_skene(pool, steps=STEPS)
    same = f"speed: labels as crowd-kit's DawidSkene after {STEPS} steps, {name}"
    yield percent(same, float((wins(ours) == wins(theirs)).mean()), 1.0)
    frame = crowd_kit.frame(pool)
    taken = interleave(
        {
            "ours": lambda: dawid_skene(pool, rounds=STEPS, tolerance=-np.inf),
            "peer": lambda: crowd_kit.stepped(STEPS).fit(frame),
        },
        rounds,
        warmup=1,
    )
    goal = SMALL_GOAL if len(pool.task) < LARGE else LARGE_GOAL
    yield _sooner(name, taken["peer"].median, taken["ours"].median, goal)


def _from_text(name: str, read: Callable[[], Pool], rounds: int) -> Ratio:
    """The same with the checks and the coding of words that our pool is made by."""
    frame = crowd_kit.frame(read())
    taken = interleave(
        {
            "ours": lambda: dawid_skene(read(), rounds=STEPS, tolerance=-np.inf),
            "peer": lambda: crowd_kit.stepped(STEPS).fit(frame),
        },
        rounds,
        warmup=1,
    )
    return _sooner(
        f"{name}, our checks of text included", taken["peer"].median, taken["ours"].median
    )


def _sooner(name: str, peer: float, ours: float, goal: float | None = None) -> Ratio:
    label = f"speed: crowd-kit's DawidSkene / ours, {STEPS} steps, {name}"
    return Ratio(GROUP, label, peer, ours, "s", goal, at_most=False)


def _memory(peer: bool) -> Iterator[Ratio]:
    ours = f"memory: ours above the input, {MEMORY_VOTES:,} votes"
    yield Ratio(GROUP, ours, fit_memory("ours", MEMORY_VOTES), 1.0, "MB", MEMORY_MB)
    if peer:
        theirs = f"memory: crowd-kit's DawidSkene above the input, {MEMORY_VOTES:,} votes"
        yield Ratio(GROUP, theirs, fit_memory("crowd-kit", MEMORY_VOTES), 1.0, "MB")


def _one_more(pool: Pool) -> Iterator[Ratio]:
    """A thousand votes one by one, beside a refit with them."""
    standing = Standing(pool, pooled_confusion(pool))
    task, voter, label = more_votes(pool, ADDED)
    spent = []
    for row in range(ADDED):
        names = pool.tasks[task[row]], pool.voters[voter[row]], pool.classes[label[row]]
        seen, start = _interruptions(), time.perf_counter()
        standing.add(*names)
        seconds = time.perf_counter() - start
        # On a busy machine the slowest are those that had to wait for a processor.
        if _interruptions() == seen:
            spent.append(seconds)
    held = f"{len(pool.task):,} votes held"
    for name, level in (("median", 50), ("99 %", 99)):
        value = 1e6 * float(np.percentile(spent, level))
        line = f"speed: one more vote, {held}, {name} of {len(spent)} uninterrupted"
        yield Ratio(GROUP, line, value, 1.0, "us", ADD_US)
    start = time.perf_counter()
    refit = pooled_confusion(joined(pool, task, voter, label))
    seconds = time.perf_counter() - start
    one = float(np.median(spent))
    yield Ratio(GROUP, f"speed: a refit / one more vote, {held}", seconds, one, "s")
    now = [standing.consensus(name) for name in pool.tasks]
    same = [pool.classes[code] == said for code, said in zip(wins(refit.belief), now, strict=True)]
    name = f"speed: tasks as after a refit, {ADDED:,} votes later, {held}"
    yield percent(name, float(np.mean(same)), SAME)
    moved = np.unique(task)
    yield points(
        f"speed: tasks with a new vote that a refit turns, of {len(moved)}",
        float(sum(not same[code] for code in moved)),
    )


def _interruptions() -> int:
    """How often the scheduler has taken the processor from this thread."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw


def more_votes(pool: Pool, count: int) -> tuple[Ints, Ints, Ints]:
    """Codes of new votes, right by seven in ten as the pool's majority sees it."""
    dice = np.random.default_rng(7)
    taken = set(zip(pool.task.tolist(), pool.voter.tolist(), strict=True))
    votes: list[tuple[int, int]] = []
    while len(votes) < count:
        vote = int(dice.integers(len(pool.tasks))), int(dice.integers(len(pool.voters)))
        if vote not in taken:
            taken.add(vote)
            votes.append(vote)
    task, voter = np.array(votes).T
    likely = np.bincount(pool.task, pool.value, len(pool.tasks)) * 2 > np.bincount(pool.task)
    right = dice.random(count) < 0.7
    return task, voter, np.where(right, likely[task], ~likely[task]).astype(np.int64)


def joined(pool: Pool, task: Ints, voter: Ints, label: Ints) -> Pool:
    """The pool with more votes, in its order."""
    tasks, voters = np.append(pool.task, task), np.append(pool.voter, voter)
    order = np.lexsort((voters, tasks))
    value = np.append(pool.value, label.astype(np.float64))
    return replace(pool, task=tasks[order], voter=voters[order], value=value[order])
