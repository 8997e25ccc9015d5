"""Public vote sets with truths, and the seeded attacks, from the folder of shared data."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from validator.peers.pool import UNKNOWN, Kind, Pool, Votes, pool_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from validator.peers.pool import Flags, Floats, Ints, Label

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "votes"
CLASSES: Final = ("bluebird", "rte", "dog")
SCORES: Final = ("affect_a", "peer_r")


@dataclass(frozen=True, slots=True)
class VoteSet:
    """A public set: its votes as text, and the truths by task (not of every task)."""

    name: str
    kind: Kind
    votes: Votes
    truth: dict[str, str]

    def pool(self, known: Iterable[str] = ()) -> Pool:
        """The votes, with the truths of some tasks known."""
        told: dict[str, Label] = {task: self.truth[task] for task in known if task in self.truth}
        return pool_of(self.kind, self.votes, told)

    def codes(self, pool: Pool) -> Ints:
        """T codes of the true classes, `UNKNOWN` where the set does not say."""
        code = {name: index for index, name in enumerate(pool.classes)}
        found = [code.get(self.truth.get(task, ""), UNKNOWN) for task in pool.tasks]
        return np.array(found, np.int64)

    def points(self, pool: Pool) -> Floats:
        """T true scores, NaN where the set does not say."""
        return np.array([float(self.truth.get(task, "nan")) for task in pool.tasks])


@dataclass(frozen=True, slots=True)
class Attacked:
    """A pool under attack: T truths (codes or points), T flags of judged tasks, V of liars."""

    pool: Pool
    truth: Floats
    judged: Flags
    bad: Flags


def there() -> bool:
    """True when the shared data is here; else it is said that a part is left out."""
    if FOLDER.exists():
        return True
    print("votes: left out the public sets, ../shared/data/votes is not there", file=sys.stderr)
    return False


def sets(names: Iterable[str], kind: Kind) -> Iterator[VoteSet]:
    """Read some of the public sets."""
    for name in names:
        votes = _columns(FOLDER / name / "votes.csv")
        truth = _columns(FOLDER / name / "truth.csv")
        known = dict(zip(truth["task"], truth["truth"], strict=True))
        yield VoteSet(name, kind, Votes(votes["task"], votes["worker"], votes["label"]), known)


def attacked(kind: Kind, attack: str, share: float, seed: int) -> Attacked:
    """Make a pool of 60 voters, 1,000 tasks and 7 votes each, its gold tasks known."""
    made = _generator().make(
        "binary" if kind is Kind.CLASS else "score", attack, share, seed
    )  # fmt: skip
    tasks = [f"{task:05d}" for task in made["task"]]
    voters = [f"{voter:03d}" for voter in made["voter"]]
    gold = {f"{task:05d}": str(made["truth"][task]) for task in np.flatnonzero(made["gold"])}
    pool = pool_of(kind, Votes(tasks, voters, [str(label) for label in made["label"]]), dict(gold))
    truth = np.asarray(made["truth"], np.float64)
    return Attacked(pool, truth, made["judged"], made["bad"])


def _columns(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def _generator() -> Any:  # noqa: ANN401 - a module known at run time only
    spec = spec_from_file_location("attack_sim", FOLDER / "attack_sim.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
