"""Votes from CSV files: which columns, and what is wrong with a row that cannot be read."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.cli.plain_files import open_plain, shown
from validator.cli.vote_kinds import TableKind
from validator.errors import InvalidVotesError, UnreadableFileError
from validator.peers.duels import Choice, Duel
from validator.peers.pool import Votes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_FIELD: Final = 4096
"""Characters of one field; a name or label needs few."""
MAX_ROWS: Final = 5_000_000
"""Rows of one file; what more would take does not fit a small machine."""
_SCORE_VALUES: Final = 12
"""Labels of more different values than this, half of them numbers, are scores, not classes."""
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its columns by name, and its rows as they stand."""

    place: str
    columns: dict[str, int]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        """Return the fields of a column. Raises InvalidVotesError when the file has none such."""
        at = self.columns.get(name)
        if at is None:
            have = ", ".join(self.columns)
            raise InvalidVotesError(f"{self.place}: there is no column {name!r}, only {have}")
        return [row[at].strip() for row in self.rows]


def read_table(path: Path) -> Table:
    """Read a CSV file: UTF-8, comma, a first line of names.

    Raises UnreadableFileError, and InvalidVotesError for a row that is not like the first.
    """
    place = shown(path)
    try:
        with open_plain(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFileError(f"{place}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise UnreadableFileError(f"{place}: more than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidVotesError(
            f"{place}: byte {error.start} is not UTF-8; save as UTF-8"
        ) from None
    lines = _lines(text, place)
    columns = _columns(next(lines, None), place)
    rows = list(_like(lines, len(columns), place))
    if not rows:
        raise InvalidVotesError(f"{place}: there is no row below the names of the columns; add one")
    return Table(place, columns, rows)


def _lines(text: str, place: str) -> Iterator[list[str]]:
    """Rows of fields; the csv module's own complaints become ours."""
    csv.field_size_limit(MAX_FIELD)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidVotesError(
                f"{place}: line {rows.line_num} is no CSV ({error}); mend its quotes"
            ) from None
        yield row


def _columns(names: list[str] | None, place: str) -> dict[str, int]:
    """The columns by name, case and blanks aside."""
    if not names:
        raise InvalidVotesError(
            f"{place}: it is empty; begin with a line of names like task,worker,label"
        )
    found: dict[str, int] = {}
    for at, name in enumerate(names):
        word = name.strip().lower()
        if word in found:
            raise InvalidVotesError(f"{place}: column {word!r} stands twice; keep one of the two")
        found[word] = at
    return found


def _like(lines: Iterator[list[str]], width: int, place: str) -> Iterator[list[str]]:
    """Rows of as many fields as there are columns; empty lines are passed over."""
    for number, row in enumerate(lines, start=2):
        if not row:
            continue
        if number > MAX_ROWS:
            raise InvalidVotesError(f"{place}: there are more than {MAX_ROWS} rows; split the file")
        if len(row) != width:
            raise InvalidVotesError(
                f"{place}: row {number} has {len(row)} fields where the first line names {width}; "
                "give each row one field for each column"
            )
        yield row


def kind_of(table: Table) -> TableKind:
    """Guess what the votes are, where the user does not say."""
    if "left" in table.columns:
        return TableKind.PAIR
    labels = set(table.column("label"))
    numbers = sum(_NUMBER.fullmatch(label) is not None for label in labels)
    scores = len(labels) > _SCORE_VALUES and 2 * numbers > len(labels)
    return TableKind.SCORE if scores else TableKind.CLASS


def votes_of(table: Table) -> Votes:
    """Votes of scores or classes: columns task, worker, label, and stake where there is one."""
    stake = (
        [_amount(word, table) for word in table.column("stake")] if "stake" in table.columns else []
    )
    return Votes(table.column("task"), table.column("worker"), table.column("label"), stake)


def _amount(word: str, table: Table) -> float:
    if not _NUMBER.fullmatch(word):
        raise InvalidVotesError(
            f"{table.place}: stake {word[:40]!r} is no number; give an amount of 0 or more"
        )
    return float(word)


def duels_of(table: Table) -> list[Duel]:
    """Choices between two answers: columns task, worker, left, right, label."""
    names = (table.column(name) for name in ("task", "worker", "left", "right", "label"))
    return [
        Duel(task, worker, left, right, _choice(label, table))
        for task, worker, left, right, label in zip(*names, strict=True)
    ]


def _choice(label: str, table: Table) -> Choice:
    try:
        return Choice(label.lower())
    except ValueError:
        raise InvalidVotesError(
            f"{table.place}: label {label[:40]!r} is no choice; write left, right or tie"
        ) from None


def truths_of(table: Table) -> dict[str, str]:
    """Known truths: columns task and truth."""
    known: dict[str, str] = {}
    for task, truth in zip(table.column("task"), table.column("truth"), strict=True):
        if known.setdefault(task, truth) != truth:
            raise InvalidVotesError(f"{table.place}: task {task} has two truths; keep one")
    return known
