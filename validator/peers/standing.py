"""One more vote on a large pool, without fitting it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from validator.errors import InvalidVotesError
from validator.peers.confusion import ClassFit, confusion_of
from validator.peers.incidence import Incidence, hint_of

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Ints, Pool


class Standing:
    """A fitted pool of classes that takes votes one by one.

    A vote moves the belief in its task by what its voter's table says, and the tables of all who
    voted on that task by how far the belief moved; nothing else is touched. Cost: the votes of one
    task times K squared, whatever the pool's size. A new fit now and then takes up the rest.
    """

    def __init__(self, pool: Pool, fit: ClassFit) -> None:
        """Take over a fit (`pooled_confusion`) of a pool."""
        self._task = {name: code for code, name in enumerate(pool.tasks)}
        self._voter = {name: code for code, name in enumerate(pool.voters)}
        self._class = {name: code for code, name in enumerate(pool.classes)}
        self.classes = pool.classes
        votes = Incidence(pool)
        self._tables = confusion_of(votes, fit.belief)
        self._columns = self._tables.sum(axis=1)
        self._belief = fit.belief.copy()
        self._prior = fit.belief.sum(axis=0) + 1
        self._hint = hint_of(pool)
        self._ends = np.searchsorted(pool.task, np.arange(len(pool.tasks) + 1))
        self._voters, self._labels = pool.voter, pool.label
        self._grown: dict[int, tuple[Ints, Ints]] = {}

    def belief(self, task: str) -> dict[str, float]:
        """The chance of each class of a task."""
        row = self._belief[self._code(self._task, task, "task")]
        return dict(zip(self.classes, map(float, row), strict=True))

    def consensus(self, task: str) -> str:
        """The likeliest class of a task."""
        return self.classes[int(self._belief[self._code(self._task, task, "task")].argmax())]

    def add(self, task: str, voter: str, label: str) -> None:
        """Take one vote more.

        Raises:
            InvalidVotesError: the pool does not know the task, the voter or the class, or the
                voter has voted on the task already.

        """
        where = self._code(self._task, task, "task")
        who = self._code(self._voter, voter, "worker")
        said = self._code(self._class, label, "label")
        voters, labels = self._votes(where)
        if who in voters.tolist():
            raise InvalidVotesError(f"votes: worker {voter} votes twice on task {task}; keep one")
        voters, labels = np.concatenate((voters, [who])), np.concatenate((labels, [said]))
        self._grown[where] = voters, labels
        moved = self._judged(where, voters, labels)
        step = np.tile(moved - self._belief[where], (len(voters), 1))
        self._prior += step[0]
        step[-1] = moved
        # A voter votes on a task once, so that no row is met twice.
        self._tables[voters, labels] += step
        self._columns[voters] += step
        self._belief[where] = moved

    def _votes(self, task: int) -> tuple[Ints, Ints]:
        """Voters and classes of a task's votes, those added included."""
        grown = self._grown.get(task)
        if grown is not None:
            return grown
        held = slice(self._ends[task], self._ends[task + 1])
        return self._voters[held], self._labels[held]

    def _judged(self, task: int, voters: Ints, labels: Ints) -> Floats:
        """The belief in one task from its votes and the voters' tables."""
        said = np.log(self._tables[voters, labels] / self._columns[voters])
        joint = said.sum(axis=0) + np.log(self._prior) + self._hint[task]
        chance = np.exp(joint - joint.max())
        belief: Floats = chance / chance.sum()
        return belief

    @staticmethod
    def _code(codes: dict[str, int], name: str, column: str) -> int:
        code = codes.get(name)
        if code is None:
            raise InvalidVotesError(f"{column}: {name!r} is not in the pool; fit it anew with it")
        return code
