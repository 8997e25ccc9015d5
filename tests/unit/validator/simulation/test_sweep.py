"""Sweeps find where an attack begins to pay; pages say so."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from validator.errors import SimulationError
from validator.simulation.drawing import chart, earnings, over_time
from validator.simulation.report import document, for_one_honest, page, says
from validator.simulation.run import simulate
from validator.simulation.scenario import Market, Scenario, Strategy
from validator.simulation.sweep import SWEEPS, Point, at, break_even, sweep

TINY = Scenario(market=Market(50, 400, 2_000), months=2)


def points(*pairs: tuple[float, float]) -> tuple[Point, ...]:
    return tuple(Point(float(n), honest, attack) for n, (honest, attack) in enumerate(pairs))


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (points((10, 0), (10, 5)), None),
        (points((10, 0), (10, 20)), 0.5),
        (points((10, 5), (10, 10)), 1.0),
        (points((10, 15), (10, 20)), 0.0),
        (points((10, 9), (10, 5), (10, 15)), 1.5),
    ],
    ids=["never", "between", "at the end", "from the start", "later"],
)
def test_break_even_lies_where_the_lines_meet(
    seen: tuple[Point, ...], wanted: float | None
) -> None:
    assert break_even(seen) == wanted


def test_a_bribe_pays_from_some_price_on() -> None:
    """What an account gains by a bribe grows in a straight line with it."""
    found = sweep(TINY, "bribe")

    gains = [each.attack for each in found.points]
    assert gains == sorted(gains)
    first, last = found.points[0], found.points[-1]
    slope = (last.attack - first.attack) / (last.value - first.value)
    middle = found.points[3]
    assert middle.attack == pytest.approx(first.attack + slope * middle.value, rel=0.1)
    assert "bribed" in says(found)


def test_a_guess_that_is_right_often_pays() -> None:
    found = sweep(TINY, "guess")

    assert found.points[0].attack < found.points[0].honest
    assert found.break_even is not None
    assert 0.3 < found.break_even <= 0.8
    assert f"{found.break_even:.2g}" in says(found)


def test_a_share_is_varied_with_nobody_else_hostile() -> None:
    ring = SWEEPS[0]
    made = at(replace(TINY, months=60), ring, 0.3)

    assert made.shares.ring == 0.3
    assert made.shares.hostile == 0.3
    assert made.months == 6


def test_an_unknown_sweep_is_refused_by_name() -> None:
    with pytest.raises(SimulationError, match="one of ring, sybil"):
        sweep(TINY, "luck")


def test_pages_and_pictures_are_well_formed() -> None:
    outcome = simulate(TINY)
    found = sweep(replace(TINY, months=1), "copies")

    for picture in (earnings(outcome), over_time(outcome), chart("<t>", "x & y", [
        ("a", "#000000", [(0, 0), (1, -2)])
    ], mark=0.5)):  # fmt: skip
        ET.fromstring(picture)
    text = page(outcome, [found])
    assert "<script" not in text
    assert text.count("<svg") == 3
    made = document(outcome, [found])
    assert [each["strategy"] for each in made["strategies"]] == [str(each) for each in Strategy]
    assert sum(int(units) for units in made["books"].values()) == 0
    assert len(made["by_month"]) == 2
    assert made["sweeps"][0]["strategy"] == "copy"


def test_how_many_accounts_one_hand_needs() -> None:
    outcome = simulate(TINY)
    honest, sybil = outcome.row(Strategy.HONEST), outcome.row(Strategy.SYBIL)

    assert honest is not None
    assert sybil is not None
    assert for_one_honest(outcome, Strategy.SYBIL) == pytest.approx(honest.earned / sybil.earned)
    assert for_one_honest(outcome, Strategy.HONEST) == 1.0
