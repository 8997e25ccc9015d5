"""The figures of `benchmarks.votes.similarity` on pairs whose curve is known."""

from __future__ import annotations

from array import array

import pytest

from benchmarks.votes.similarity import Labelled, area, best_f1, recall_at
from checkers.similarity.measure import Likeness
from checkers.similarity.prints import Kind, Print

NOTHING = Print(Kind.TEXT, "text", array("I"), frozenset(), "")


def pairs(*rows: tuple[bool, float]) -> list[Labelled]:
    return [
        Labelled("x", copied, Likeness(at, at, at, at, same=False, tiny=False), (NOTHING, NOTHING))
        for copied, at in rows
    ]


def test_perfect_order_has_all_figures_at_one() -> None:
    found = pairs((True, 0.9), (True, 0.8), (False, 0.2))

    assert (area(found), recall_at(found), best_f1(found)) == (1, 1, 1)


def test_equal_figures_count_half_and_are_never_split() -> None:
    found = pairs((True, 0.5), (False, 0.5))

    assert (area(found), recall_at(found), best_f1(found)) == (0.5, 0, pytest.approx(2 / 3))


def test_recall_stops_where_precision_does() -> None:
    found = pairs((True, 0.9), (False, 0.8), (True, 0.7), (False, 0.1))

    assert (area(found), recall_at(found)) == (0.75, 0.5)
