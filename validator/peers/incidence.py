"""Sums over votes by task and by voter, as sparse products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.special import logsumexp

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Ints, Pool


class Incidence:
    """Which voter said which class of which task, as one sparse matrix of T x (V K).

    A product with it sums a table over voters for each task in one pass; with its transpose, over
    tasks for each voter. Memory: 12 bytes for each vote, twice.
    """

    def __init__(self, pool: Pool, weight: Floats | None = None) -> None:
        """Read a pool of classes; `weight` are N weights of the votes, 1 without."""
        self.tasks, self.voters = len(pool.tasks), len(pool.voters)
        self.classes = len(pool.classes)
        column = (pool.voter * self.classes + pool.label).astype(np.int32)
        row_ends = np.zeros(self.tasks + 1, np.int32)
        np.cumsum(np.bincount(pool.task, minlength=self.tasks), out=row_ends[1:])
        said = np.ones(len(column)) if weight is None else weight
        shape = (self.tasks, self.voters * self.classes)
        self._by_task = sparse.csr_array((said, column, row_ends), shape=shape)
        self._by_voter = self._by_task.T

    def over_tasks(self, belief: Floats) -> Floats:
        """Sum T x ... values over the tasks of each voter and said class: V x K x ..."""
        rest = belief.shape[1:]
        flat = self._by_voter @ belief.reshape(self.tasks, -1)
        return np.asarray(flat).reshape(self.voters, self.classes, *rest)

    def over_voters(self, table: Floats) -> Floats:
        """Sum V x K x ... values (voter, said class) over the votes of each task: T x ..."""
        rest = table.shape[2:]
        flat = self._by_task @ table.reshape(self.voters * self.classes, -1)
        return np.asarray(flat).reshape(self.tasks, *rest)


def counted(pool: Pool, weight: Floats | None = None) -> Floats:
    """How often each class is said of each task: T x K, votes or weights."""
    classes = len(pool.classes)
    cell = pool.task * classes + pool.label
    counts = np.bincount(cell, weight, minlength=len(pool.tasks) * classes)
    return counts.astype(np.float64).reshape(len(pool.tasks), classes)


def summed(codes: Ints, values: Floats, size: int) -> Floats:
    """Sum N values by code: `size` sums."""
    sums: Floats = np.bincount(codes, values, minlength=size).astype(np.float64, copy=False)
    return sums


def shares(counts: Floats) -> Floats:
    """Rows brought to a sum of 1; a row of nothing becomes even."""
    total = counts.sum(axis=-1, keepdims=True)
    even = np.full_like(counts, 1 / counts.shape[-1])
    share: Floats = np.divide(counts, total, out=even, where=total > 0)
    return share


def hint_of(pool: Pool) -> Floats:
    """T x K log-likelihoods of what is known of each task from outside the votes.

    0 everywhere for a task of which nothing is known; `-inf` beside a truth without doubt.
    """
    classes = len(pool.classes)
    hint = np.zeros((len(pool.tasks), classes))
    known = np.flatnonzero(pool.is_known)
    doubt = np.minimum(pool.doubt[known], 1 - 1 / classes)[:, None]
    with np.errstate(divide="ignore"):
        hint[known] = np.log(doubt / max(classes - 1, 1))
        hint[known, pool.truth[known]] = np.log(1 - doubt[:, 0])
    return hint


def softmax(joint: Floats) -> Floats:
    """Rows of logarithms brought to probabilities, in place."""
    joint -= logsumexp(joint, axis=1, keepdims=True)
    return np.exp(joint, out=joint)


def believed(share: Floats, hint: Floats) -> Floats:
    """Shares of votes joined with what is known from outside."""
    with np.errstate(divide="ignore"):
        return softmax(np.log(np.maximum(share, 1e-9)) + hint)
