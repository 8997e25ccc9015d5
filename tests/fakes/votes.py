"""Pools of votes for tests: public sets, made crowds, and the seeded generator of attacks."""

from __future__ import annotations

import csv
import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.components import require_shared_data
from validator.peers.camps import Search, seek_camps
from validator.peers.pool import Kind, Pool, Votes, pool_of

if TYPE_CHECKING:
    from pathlib import Path

    from validator.peers.pool import Floats


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def public_set(
    name: str, kind: Kind = Kind.CLASS, known: dict[str, str] | None = None
) -> tuple[Pool, dict[str, str]]:
    """A public set as a pool, and its truths by task."""
    folder = require_shared_data(f"votes/{name}")
    rows = rows_of(folder / "votes.csv")
    task, voter, label = ([row[key] for row in rows] for key in ("task", "worker", "label"))
    truths = {row["task"]: row["truth"] for row in rows_of(folder / "truth.csv")}
    return pool_of(kind, Votes(task, voter, label), known), truths


def accuracy(belief: Floats, pool: Pool, truths: dict[str, str]) -> float:
    """The share of tasks whose likeliest class is right, ties by their share."""
    right = []
    for row, task in zip(belief, pool.tasks, strict=True):
        if task in truths:
            best = row >= row.max() - 1e-9
            right.append(best[pool.classes.index(truths[task])] / best.sum())
    return float(np.mean(right))


def attacked(kind: Kind, attack: str, share: float, seed: int) -> tuple[Pool, dict[str, Any]]:
    """A pool with attackers and 5 % known tasks, and what the generator alone knows.

    To the generator's fields comes `code`: T true values in the unit of the pool.
    """
    made = _generator().make("binary" if kind is Kind.CLASS else "score", attack, share, seed)
    tasks = [f"{task:05d}" for task in range(len(made["truth"]))]
    values = [str(int(v)) if kind is Kind.CLASS else float(v) for v in made["truth"]]
    votes = Votes(
        task=[tasks[task] for task in made["task"]],
        voter=[f"{voter:03d}" for voter in made["voter"]],
        label=[str(int(v)) if kind is Kind.CLASS else float(v) for v in made["label"]],
    )
    known = {tasks[at]: values[at] for at in np.flatnonzero(made["gold"])}
    return pool_of(kind, votes, known), {**made, "code": made["truth"].astype(np.float64)}


def searched(pool: Pool, code: Floats, most: int = 60) -> tuple[Pool, Search]:
    """Look for rings, telling the truth of what the search wants to know, up to `most` tasks."""
    search = seek_camps(pool)
    asked = 0
    while len(search.wanted) and asked < most:
        known = pool.known.copy()
        known[search.wanted] = code[search.wanted]
        asked += len(search.wanted)
        pool = pool.knowing(known, pool.doubt)
        search = seek_camps(pool)
    return pool, search


def _generator() -> Any:
    path = require_shared_data("votes/attack_sim.py")
    spec = importlib.util.spec_from_file_location("attack_sim", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
