"""A pool of votes: who said what of which task, checked once and turned into arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from validator.errors import InvalidVotesError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Label: TypeAlias = str | float

TOP_SCORE: Final = 100.0
MAX_CLASSES: Final = 200
MAX_CELLS: Final = 50_000_000
"""Cells of all voters' tables together, 8 bytes each: more would not fit a small machine."""
UNKNOWN: Final = -1
"""The class code of a task whose truth nobody knows."""


class Kind(StrEnum):
    """What a label is; a choice between two answers has a model of its own (`duels`)."""

    SCORE = "score"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes as they came in: N entries in each column, in any order.

    `label` holds numbers of 0-100 for scores, any words for classes; `stake` amounts of one unit,
    not below 0 (empty: everybody holds 1).
    """

    task: Sequence[str]
    voter: Sequence[str]
    label: Sequence[Label]
    stake: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Pool:
    """Checked votes, in the order of task, then voter: T tasks, V voters, N votes, K classes.

    `task`, `voter`: N codes into `tasks` and `voters`. `value`: N labels, a score of 0-100 or the
    code of a class. `known`: T truths in the unit of `value`, NaN where nobody knows. `doubt`: T
    errors of these truths, 0 for what was executed or ruled by a human; for classes how likely it
    is wrong, for scores a standard deviation in points. `stake`: V amounts. `classes` is empty for
    scores.
    """

    kind: Kind
    tasks: tuple[str, ...]
    voters: tuple[str, ...]
    classes: tuple[str, ...]
    task: Ints
    voter: Ints
    value: Floats
    known: Floats
    doubt: Floats
    stake: Floats

    @property
    def label(self) -> Ints:
        """N codes of the classes that were voted for."""
        return self.value.astype(np.int64)

    @property
    def truth(self) -> Ints:
        """T codes of the true classes, `UNKNOWN` where nobody knows."""
        return np.nan_to_num(self.known, nan=UNKNOWN).astype(np.int64)

    @property
    def is_known(self) -> Flags:
        """T flags: the truth of the task is known."""
        return ~np.isnan(self.known)

    @property
    def is_certain(self) -> Flags:
        """T flags: the truth of the task is held fixed, without doubt."""
        certain: Flags = self.is_known & (self.doubt == 0)
        return certain

    def keeping(self, voters: Flags) -> Pool:
        """The votes of some voters alone; codes and names stay as they are.

        Args:
            voters: V flags, true for a voter whose votes count.

        """
        kept = voters[self.voter]
        return replace(self, task=self.task[kept], voter=self.voter[kept], value=self.value[kept])

    def knowing(self, known: Floats, doubt: Floats) -> Pool:
        """The same votes with other known truths and their errors, T each."""
        return replace(self, known=known, doubt=doubt)


def pool_of(
    kind: Kind,
    votes: Votes,
    known: Mapping[str, Label] | None = None,
    doubt: Mapping[str, float] | None = None,
) -> Pool:
    """Check votes and bring them into arrays; the order in which they came leaves no trace.

    Args:
        kind: what the labels are.
        votes: at least one.
        known: truths by task; a task without a vote is left out.
        doubt: the error of a known truth by task, where it has one; see `Pool`.

    Raises:
        InvalidVotesError: no vote, a voter's second vote on a task, a score that is no number of
            0-100, a name that is empty, a stake below 0, or too many classes.

    """
    if not len(votes.task):
        raise InvalidVotesError("votes: there is not one; give at least one vote")
    tasks, task = _codes("task", votes.task)
    voters, voter = _codes("worker", votes.voter)
    order = np.lexsort((voter, task))
    task, voter = task[order], voter[order]
    _refuse_second_votes(tasks, voters, task, voter)
    truths = {name: known[name] for name in tasks if name in known} if known else {}
    if kind is Kind.SCORE:
        classes: tuple[str, ...] = ()
        value = _scores(votes)
        code = {name: _score(truth, f"known of task {name}") for name, truth in truths.items()}
    else:
        classes, value, code = _classified(votes.label, truths)
        _refuse_too_many(classes, voters)
    return Pool(
        kind=kind,
        tasks=tasks,
        voters=voters,
        classes=classes,
        task=task,
        voter=voter,
        value=value[order],
        known=np.array([code.get(name, math.nan) for name in tasks]),
        doubt=np.array([(doubt or {}).get(name, 0.0) for name in tasks]),
        stake=_stakes(votes, voters),
    )


def _codes(column: str, names: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Names in their order, each once, and the code of each entry."""
    once = tuple(sorted(set(names)))
    if not once[0]:
        raise InvalidVotesError(f"{column}: a vote names none; name one in every vote")
    index = {name: code for code, name in enumerate(once)}
    return once, np.fromiter((index[name] for name in names), np.int64, len(names))


def _refuse_second_votes(
    tasks: tuple[str, ...], voters: tuple[str, ...], task: Ints, voter: Ints
) -> None:
    """Refuse a voter's second vote on a task; the votes are sorted by both."""
    twice = np.flatnonzero((np.diff(task) == 0) & (np.diff(voter) == 0))
    if len(twice):
        first = int(twice[0])
        raise InvalidVotesError(
            f"votes: worker {voters[voter[first]]} votes twice on task {tasks[task[first]]}; "
            "keep one of the two"
        )


def _scores(votes: Votes) -> Floats:
    """N numbers of 0-100."""
    return np.array(
        [
            _score(label, f"of worker {votes.voter[row]} on task {votes.task[row]}")
            for row, label in enumerate(votes.label)
        ]
    )


def _score(label: Label, where: str) -> float:
    """A number of 0-100; `where` says whose it is."""
    try:
        # Python alone takes digits with underscores, and those of other scripts.
        score = float(label) if not isinstance(label, str) or _plain(label) else math.nan
    except ValueError:
        score = math.nan
    if not 0 <= score <= TOP_SCORE:
        raise InvalidVotesError(
            f"label: {label!r} {where} is no score; give a number from 0 to 100"
        )
    return score


def _plain(label: str) -> bool:
    return label.isascii() and "_" not in label


def _classified(
    labels: Sequence[Label], truths: Mapping[str, Label]
) -> tuple[tuple[str, ...], Floats, dict[str, float]]:
    """Classes in the order of their names, the code of each vote, and of each known truth."""
    classes = tuple(sorted({*map(str, labels), *map(str, truths.values())}))
    if not classes[0]:
        what = "truth: that of a task" if "" in truths.values() else "label: a vote"
        raise InvalidVotesError(f"{what} is empty; name a class")
    code = {name: float(index) for index, name in enumerate(classes)}
    value = np.fromiter((code[str(label)] for label in labels), np.float64, len(labels))
    return classes, value, {task: code[str(truth)] for task, truth in truths.items()}


def _refuse_too_many(classes: tuple[str, ...], voters: tuple[str, ...]) -> None:
    """Refuse classes whose tables would fill the memory."""
    if len(classes) > MAX_CLASSES:
        raise InvalidVotesError(
            f"label: there are {len(classes)} different ones, and classes may be {MAX_CLASSES} "
            "at most; group them, or say that they are scores"
        )
    if len(voters) * len(classes) ** 2 > MAX_CELLS:
        raise InvalidVotesError(
            f"label: {len(classes)} classes of {len(voters)} workers take too much memory; "
            "split the file by kinds of tasks"
        )


def _stakes(votes: Votes, voters: tuple[str, ...]) -> Floats:
    """V stakes: the largest that each voter shows in any vote."""
    if not len(votes.stake):
        return np.ones(len(voters))
    shown: dict[str, float] = dict.fromkeys(voters, 0.0)
    for name, stake in zip(votes.voter, votes.stake, strict=True):
        if not (math.isfinite(stake) and stake >= 0):
            raise InvalidVotesError(
                f"stake: {stake} of worker {name} is no amount; give a number of 0 or more"
            )
        shown[name] = max(shown[name], stake)
    return np.array([shown[name] for name in voters])
