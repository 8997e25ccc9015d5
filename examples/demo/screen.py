"""What the terminal shows: progress while it runs, then a table and one line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from examples.demo.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from examples.demo.ledger import Entry
    from examples.demo.results import Judged, Summary

PLAIN_WIDTH = 160  # columns of a table that goes to a file
STYLES = {"accept": "green", "reject": "red", "escalate": "yellow", "abstain": "yellow"}


def make_console() -> Console:
    """A console that is wide enough where nobody looks at it directly."""
    console = Console(highlight=False, markup=False)
    return (
        console
        if console.is_terminal
        else Console(highlight=False, markup=False, width=PLAIN_WIDTH)
    )


@contextlib.contextmanager
def progress(console: Console, total: int) -> Iterator[Callable[[Judged], None]]:
    """Give a function to call with each outcome: a moving bar, or plain lines in a log."""
    if not console.is_terminal:
        yield lambda judged: console.print(_line(judged))
        return
    bar = Progress(
        TextColumn("judging"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}", markup=False),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=total, last="")

        def advance(judged: Judged) -> None:
            bar.update(task, advance=1, last=one_line(str(_line(judged)), 70))
            if judged.counts and not judged.agrees:
                bar.console.print(_line(judged))

        yield advance


def show(console: Console, judged: Sequence[Judged], summary: Summary) -> None:
    """Print the table and the summary line."""
    table = Table(title="Expected against verdict", title_justify="left", show_lines=False)
    for name in ("task", "answer", "expected", "verdict"):
        table.add_column(name, no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("first reason", ratio=1)
    table.add_column("s", justify="right")
    before = ""
    for item in judged:
        task = item.example.task
        table.add_row(*_cells(item, "" if task == before else task))
        before = task
    console.print(table)
    console.print(Text(summary.sentence(), style="bold green" if summary.all_agree else "bold red"))


@contextlib.contextmanager
def chain_progress(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with the number of final verdicts and of all."""
    text = "verdicts final on the chain: {} of {}"
    if not console.is_terminal:
        yield lambda final, total: None
        return
    with console.status("publishing tasks and sending answers to the chain ...") as status:
        yield lambda final, total: status.update(text.format(final, total))


def show_chain(console: Console, entries: Sequence[Entry]) -> None:
    """Print what the development chain has of our verdicts."""
    table = Table(title="Verdicts on the development chain", title_justify="left")
    for name in ("task", "answer", "miner", "expected"):
        table.add_column(name, no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("transaction", overflow="fold", ratio=1)
    table.add_column("block", justify="right")
    table.add_column("state")
    for entry in entries:
        table.add_row(*_chain_cells(entry))
    console.print(table)
    agreed = sum(entry.agrees for entry in entries)
    style = "bold green" if agreed == len(entries) else "bold red"
    text = f"{agreed} of {len(entries)} verdicts final on the chain and as expected"
    console.print(Text(text, style=style))


def _chain_cells(entry: Entry) -> list[Text]:
    example = entry.offer.example
    return [
        Text(one_line(example.task, 40), style="bold"),
        Text(one_line(example.answer, 40)),
        Text(str(entry.offer.miner)),
        Text(example.expected),
        Text("" if entry.score is None else str(entry.score), style=STYLES.get(entry.decision, "")),
        Text(entry.tx_hash, style="dim"),
        Text("" if entry.height is None else str(entry.height)),
        Text(entry.state, style="" if entry.agrees else "bold white on red"),
    ]


def _cells(item: Judged, task: str) -> list[Text]:
    seen = Text(item.seen, style=STYLES.get(item.seen, ""))
    if item.counts and not item.agrees:
        seen = Text(f"{item.seen} !", style="bold white on red")
    return [
        Text(one_line(task), style="bold"),
        Text(one_line(item.example.answer, 80)),
        Text(item.example.expected),
        seen,
        Text("" if item.score is None else str(item.score)),
        Text(one_line(item.first_reason), style="dim"),
        Text(f"{item.seconds:.1f}"),
    ]


def _line(item: Judged) -> Text:
    mark = "ok  " if item.agrees else ("--  " if not item.counts else "DIFF")
    seen = item.seen if item.agrees else f"{item.seen}, expected {item.example.expected}"
    return Text(f"{mark} {one_line(item.example.name)}: {seen}; {one_line(item.first_reason)}")
