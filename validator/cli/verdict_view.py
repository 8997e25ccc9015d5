"""Verdicts for people: one in full, several as a table that grows while they are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from validator.cli.output import print_error, show, stderr, stdout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from validator.cli.judged import Judged
    from validator.domain.verdict import CheckRecord, Verdict

STYLES = {
    "accept": "bold green",
    "reject": "bold red",
    "escalate": "bold yellow",
    "abstain": "bold magenta",
    "pass": "green",
    "fail": "red",
    "undecided": "yellow",
    "error": "magenta",
    "skipped": "dim",
}
MAX_ROWS = 20  # findings and cases shown of one check


def present(found: Iterable[Judged], *, single: bool) -> list[Judged]:
    """Show all of them and return them; verdicts on standard output, errors on standard error."""
    items = _with_progress(found)
    console = stdout()
    for item in items:
        if item.error is not None:
            print_error(item.error, as_json=False, place="" if single else item.name)
    if not single:
        console.print(_table(items))
        return items
    for item in items:
        if item.verdict is not None:
            show_verdict(console, item.verdict)
    return items


def show_verdict(console: Console, verdict: Verdict) -> None:
    """Print one verdict in full."""
    decision = verdict.decision.value
    points = "no score" if verdict.score is None else f"{verdict.score} of 100"
    console.print(show(f"{decision}, {points}", STYLES[decision]))
    for reason in verdict.reasons:
        console.print(show(f"  {reason}"))
    if verdict.checks:
        console.print(_checks_table(verdict.checks))
    for record in verdict.checks:
        _show_details(console, record)
    for flag in verdict.flags:
        console.print(show(f"  flag {flag.kind}: {flag.detail}", "yellow"))
    cage = verdict.sandbox
    weak = f", weak: {', '.join(cage.weak)}" if cage.weak else ""
    console.print(show(f"sandbox {cage.backend}{weak}; plan {verdict.plan_id}", "dim"))
    console.print(show(f"result {verdict.result_digest}", "dim"))


def _with_progress(found: Iterable[Judged]) -> list[Judged]:
    console = stderr()
    if not console.is_terminal:
        return list(found)
    columns = (SpinnerColumn(), TextColumn("{task.completed} judged"), TimeElapsedColumn())
    items = []
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("judging", total=None)
        for item in found:
            items.append(item)
            progress.advance(bar)
    return items


def _table(items: list[Judged]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("submission", overflow="fold")
    table.add_column("decision")
    table.add_column("score", justify="right")
    table.add_column("why", overflow="fold")
    table.add_column("time", justify="right")
    for item in items:
        if item.verdict is None:
            why = item.error.detail if item.error else ""
            table.add_row(show(item.name), show("bad input", "bold red"), "", show(why), "")
            continue
        verdict = item.verdict
        table.add_row(
            show(item.name),
            show(verdict.decision.value, STYLES[verdict.decision.value]),
            "" if verdict.score is None else str(verdict.score),
            show(verdict.reasons[0]),
            f"{item.duration_s:.2f} s",
        )
    return table


def _checks_table(records: tuple[CheckRecord, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, justify in (("check", "left"), ("status", "left"), ("score", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("weight", justify="right")
    table.add_column("summary", overflow="fold")
    table.add_column("time", justify="right")
    for record in records:
        result = record.result
        table.add_row(
            show(result.check),
            show(result.status.value, STYLES[result.status.value]),
            "" if result.score is None else str(result.score),
            str(record.weight),
            show(result.summary),
            # Withheld where hidden cases ran: it would tell of them.
            f"{result.duration_s:.2f} s" if result.duration_s else "",
        )
    return table


def _show_details(console: Console, record: CheckRecord) -> None:
    result = record.result
    for finding in result.findings[:MAX_ROWS]:
        place = finding.file or ""
        if finding.lines:
            place += f":{finding.lines[0]}"
        where = f"{place}: " if place else ""
        console.print(show(f"  {where}{finding.title} ({finding.severity})"))
        if finding.explanation:
            console.print(show(f"    {finding.explanation}", "dim"))
    telling = [case for case in result.cases if not case.hidden and case.status != "pass"]
    for case in telling[:MAX_ROWS]:
        console.print(show(f"  {case.name}: {case.status.value}. {case.detail}"))
    left = len(result.findings[MAX_ROWS:]) + len(telling[MAX_ROWS:])
    if left:
        console.print(show(f"  and {left} more; see --json", "dim"))
