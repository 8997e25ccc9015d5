"""A run as one document for programs, and as one page for people."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any

from validator.simulation import drawing
from validator.simulation.scenario import STRATEGIES, Strategy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.simulation.run import Outcome
    from validator.simulation.sweep import Swept

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;color:#1f2328;max-width:800px;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;"
    "border-bottom:1px solid #eaecf0;text-align:right}th:first-child,td:first-child"
    "{text-align:left}p.note{color:#57606a}svg{max-width:100%;height:auto}"
)
HEADINGS = (
    "strategy", "accounts", "TOS a month", "by votes", "less than honest", "stake lost", "banned",
    "for one honest",
)  # fmt: skip


def document(outcome: Outcome, sweeps: Sequence[Swept]) -> dict[str, Any]:
    """Return all of it as plain values; amounts of the books are strings of whole units."""
    scenario = outcome.scenario
    return {
        "schema": "tosv.simulation/1",
        "market": asdict(scenario.market),
        "months": scenario.months,
        "seed": scenario.seed,
        "shares": asdict(scenario.shares),
        "assumptions": asdict(scenario.assumptions),
        "strategies": [
            asdict(each) | {"accounts_for_one_honest": for_one_honest(outcome, each.strategy)}
            for each in outcome.rows
        ],
        "by_month": [
            {
                "month": month.number + 1,
                "adjustment_ppm": month.adjustment_ppm,
                "completed_ppm": month.completed_ppm,
                "wrong_accepted_ppm": month.wrong_accepted_ppm,
                "balances": {
                    each.value: str(units)
                    for each, units in zip(STRATEGIES, month.balances, strict=True)
                },
            }
            for month in outcome.months
        ],
        "books": {name: str(units) for name, units in asdict(outcome.ledger).items()}
        | {"accounts": str(outcome.balances)},
        "votes_sampled": {"answers": outcome.sampled, "standard_error": outcome.error},
        "sweeps": [
            {
                "name": each.sweep.name,
                "what": each.sweep.what,
                "strategy": each.sweep.strategy.value,
                "points": [asdict(point) for point in each.points],
                "break_even": each.break_even,
            }
            for each in sweeps
        ],
    }


def for_one_honest(outcome: Outcome, strategy: Strategy) -> float | None:
    """How many accounts of a strategy earn together what one honest account does.

    None where they earn nothing, however many they are.
    """
    honest, row = outcome.row(Strategy.HONEST), outcome.row(strategy)
    if honest is None or row is None or row.earned <= 0:
        return None
    return honest.earned / row.earned


def cells(outcome: Outcome) -> list[tuple[str, ...]]:
    """Rows of the table, in the order of `HEADINGS`."""
    found: list[tuple[str, ...]] = []
    for row in outcome.rows:
        many = for_one_honest(outcome, row.strategy)
        found.append(
            (
                row.strategy.value, f"{row.accounts:,}", f"{row.earned:,.2f}",
                f"{row.from_votes:,.2f}",
                f"{row.against_honest:,.2f}", f"{row.lost:,.2f}", f"{row.banned:.0%}",
                "never" if many is None else f"{many:,.1f}",
            )
        )  # fmt: skip
    return found


def says(found: Swept) -> str:
    """A sentence: where the attack begins to pay."""
    sweep, what = found.sweep, found.sweep.what
    if found.break_even is None:
        first, last = found.points[0].value, found.points[-1].value
        return (
            f"{sweep.strategy}: honesty earns more all the way from {first:g} to {last:g} ({what})"
        )
    return f"{sweep.strategy}: pays as much as honesty at {found.break_even:.2g} ({what})"


def page(outcome: Outcome, sweeps: Sequence[Swept]) -> str:
    """Return a page without scripts; nothing in it comes from others."""
    scenario = outcome.scenario
    market = scenario.market
    head = "".join(f"<th>{escape(each)}</th>" for each in HEADINGS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in cells(outcome)
    )
    size = (
        f"<p>{market.publishers:,} publishers, {market.miners:,} miners, {market.tasks_a_month:,} "
        f"tasks a month, {scenario.months} months, seed {scenario.seed}.</p>"
    )
    sampled = (
        '<p class="note">Rules, aggregation, penalties and levels are the engine\'s; behaviour is '
        f"assumed. Votes were aggregated on {outcome.sampled:,} sampled answers (standard error "
        f"{outcome.error:.2%}).</p>"
    )
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>Simulated market</title><style>{_STYLE}</style></head><body>",
        "<h1>What honest work earns beside each attack</h1>",
        size,
        sampled,
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
        drawing.earnings(outcome),
        drawing.over_time(outcome),
    ]
    if sweeps:
        parts.append("<h2>Where that stops being true</h2>")
    for each in sweeps:
        parts += [f"<h3>{escape(says(each))}</h3>", drawing.swept(each)]
    return "\n".join([*parts, "</body></html>"]) + "\n"
