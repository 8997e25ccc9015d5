"""`tos-validator simulate`: what honest work earns beside each attack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from validator.cli.options import ConfigOption, JsonOption  # noqa: TC001 - read at run time
from validator.cli.output import print_json, show, stdout
from validator.errors import UsageError

if TYPE_CHECKING:
    from validator.simulation.run import Outcome
    from validator.simulation.scenario import Assumptions, Scenario, Shares
    from validator.simulation.sweep import Swept

ALL = "all"


def simulate(  # noqa: PLR0913, PLR0917 - each is an option
    market: Annotated[
        str, typer.Option("--market", help="Its size: small, medium or optimistic.")
    ] = "small",
    months: Annotated[int, typer.Option("--months", help="How many, 1 to 60.")] = 12,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same result.")] = 1,
    share: Annotated[
        list[str] | None,
        typer.Option("--share", metavar="STRATEGY=PART", help="Of the accounts, 0 to 0.49."),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", metavar="NAME=VALUE", help="Another assumption; see the docs."),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option("--sweep", help="Where an attack begins to pay: a sweep's name, or all."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a page with pictures there.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play a market of honest and hostile accounts over months, and show who earns what.

    Rules, aggregation, penalties and levels are the engine's own; how people behave is assumed.

    Example: tos-validator simulate --market medium --sweep all --report market.html
    """
    from validator.simulation import report as reports
    from validator.simulation import run

    scenario = _scenario(config, market, months, seed)
    scenario = _assuming(scenario, share or [], assume or [])
    outcome = run.simulate(scenario)
    sweeps = _sweeps(scenario, sweep or [])
    if report is not None:
        _write(report, reports.page(outcome, sweeps))
    if as_json:
        print_json(reports.document(outcome, sweeps))
    else:
        _print_people(outcome, sweeps)


def _scenario(config: Path | None, market: str, months: int, seed: int) -> Scenario:
    from validator.cli.options import read_settings
    from validator.simulation.scenario import MARKETS, Scenario

    if market not in MARKETS:
        raise UsageError(f"--market must be one of {', '.join(MARKETS)}, not {market!r}")
    settings = read_settings(config, None).settings
    return Scenario(
        market=MARKETS[market],
        months=months,
        seed=seed,
        economics=settings.economics,
        reputation=settings.reputation,
    )


def _assuming(scenario: Scenario, shares: list[str], assumed: list[str]) -> Scenario:
    return replace(
        scenario,
        shares=replace(scenario.shares, **_pairs("--share", shares, scenario.shares)),
        assumptions=replace(
            scenario.assumptions, **_pairs("--assume", assumed, scenario.assumptions)
        ),
    )


def _pairs(option: str, given: list[str], known: Shares | Assumptions) -> dict[str, float]:
    """`name=value` pairs of names that `known` has."""
    from dataclasses import fields

    names = [each.name for each in fields(known)]
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or name not in names:
            raise UsageError(f"{option} {each!r}: write NAME=VALUE, NAME one of {', '.join(names)}")
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"{option} {each!r}: {value!r} is no number") from None
    return found


def _sweeps(scenario: Scenario, names: list[str]) -> list[Swept]:
    from validator.simulation.sweep import SWEEPS, sweep

    wanted = [each.name for each in SWEEPS] if ALL in names else names
    return [sweep(scenario, name) for name in wanted]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"--report {path}: cannot be written ({error.strerror}); name another file"
        ) from None


def _print_people(outcome: Outcome, sweeps: list[Swept]) -> None:
    from rich.table import Table

    from validator.simulation.report import HEADINGS, cells, says

    table = Table(title="TOS for each account and month, after effort and stakes lost")
    for place, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if place == 0 else "right")
    for row in cells(outcome):
        table.add_row(*(show(cell) for cell in row))
    console = stdout()
    console.print(table)
    last = outcome.months[-1]
    console.print(
        f"completed {last.completed_ppm / 10_000:.1f} % of the last month's tasks, "
        f"{last.wrong_accepted_ppm / 10_000:.2f} % of the accepted answers wrong; votes sampled on "
        f"{outcome.sampled} answers (standard error {outcome.error:.2%})",
        soft_wrap=True,
    )
    for each in sweeps:
        console.print(show(says(each)), soft_wrap=True)
