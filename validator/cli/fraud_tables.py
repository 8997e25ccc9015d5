"""What the case files of `tos-validator fraud cases` are made from: CSV files, row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from validator.cli.vote_kinds import TableKind
from validator.cli.vote_tables import Table, kind_of, read_table, truths_of, votes_of
from validator.errors import InvalidDocumentError, InvalidVotesError
from validator.fraud.behaviour import timing_links
from validator.fraud.copies import Resemblance, Source, near_duplicates
from validator.fraud.links import Link, Transfer, camp_links, money_links, text_links
from validator.fraud.records import Act, FraudFlag
from validator.peers.consensus import consensus_of
from validator.peers.pool import Kind, pool_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_WHOLE: Final = 2**63 - 1
_WHOLE: Final = re.compile(r"[0-9]{1,19}")
_SHARE: Final = re.compile(r"0(\.[0-9]{1,9})?|1(\.0{1,9})?")


@dataclass(slots=True)
class Findings:
    """Links between accounts, and flags on single ones."""

    links: list[Link] = field(default_factory=list)
    flags: list[FraudFlag] = field(default_factory=list)


def of_votes(votes: Path, truth: Path | None) -> Findings:
    """Return the links of those who vote as one and were found wrong; `truth` says on what.

    Raises UnreadableFileError, and InvalidVotesError, too, for choices between two answers.
    """
    table = read_table(votes)
    kind = kind_of(table)
    if kind is TableKind.PAIR:
        raise InvalidVotesError(
            f"{table.place}: choices between answers show no camps; give votes of task,worker,label"
        )
    known = {} if truth is None else truths_of(read_table(truth))
    found = consensus_of(pool_of(Kind(kind.value), votes_of(table), known))
    return Findings(list(camp_links((camp.members, camp.strength) for camp in found.camps)))


def of_transfers(path: Path, public: Iterable[str]) -> Findings:
    """Return the links by money: columns transfer, sender, receiver, amount, sent_at (ms).

    Raises UnreadableFileError and InvalidDocumentError.
    """
    table = _table(path)
    rows = zip(
        _ids(table, "transfer"),
        _names(table, "sender"),
        _names(table, "receiver"),
        _wholes(table, "amount"),
        _wholes(table, "sent_at"),
        strict=True,
    )
    return Findings(money_links([Transfer(*row) for row in rows], public))


def of_answers(path: Path) -> Findings:
    """Return the links by time: columns answer, account, task, seen_at, submitted_at (ms).

    Raises UnreadableFileError and InvalidDocumentError.
    """
    table = _table(path)
    rows = zip(
        _ids(table, "answer"),
        _names(table, "account"),
        _names(table, "task"),
        _wholes(table, "seen_at"),
        _wholes(table, "submitted_at"),
        strict=True,
    )
    return Findings(
        timing_links(
            Act(answer, account, task, "", "", seen, submitted)
            for answer, account, task, seen, submitted in rows
        )
    )


def of_copies(path: Path, margin: int) -> Findings:
    """Return links and flags of copies, in whatever order the file names them.

    Columns answer, account, order, source, author, source_order, similarity (0-1): an answer, and
    an answer to the same task that it is as good as a copy of. An empty `source_order` is unknown,
    and blames nobody. Raises UnreadableFileError and InvalidDocumentError.
    """
    table = _table(path)
    rows = zip(
        _names(table, "answer"),
        _names(table, "account"),
        _wholes(table, "order"),
        _names(table, "source"),
        _shares(table, "similarity"),
        _names(table, "author"),
        _wholes_or_none(table, "source_order"),
        strict=True,
    )
    _refuse_twice(table)
    found = [
        Resemblance(answer, account, order, Source.ANSWER, source, alike, author, before)
        for answer, account, order, source, alike, author, before in rows
    ]
    return Findings(text_links(found, margin), near_duplicates(found, margin))


def _table(path: Path) -> Table:
    try:
        return read_table(path)
    except InvalidVotesError as error:
        raise _refused(error.detail) from None


def _column(table: Table, name: str) -> list[str]:
    try:
        return table.column(name)
    except InvalidVotesError as error:
        raise _refused(error.detail) from None


def _names(table: Table, name: str) -> list[str]:
    found = _column(table, name)
    for number, word in enumerate(found, start=1):
        if not word:
            raise _wrong(table, number, name, word, "is empty; name it")
    return found


def _ids(table: Table, name: str) -> list[str]:
    """Names that stand once: an act that is counted twice would weigh twice."""
    found = _names(table, name)
    seen: set[str] = set()
    for number, word in enumerate(found, start=1):
        if word in seen:
            raise _wrong(table, number, name, word, "stands twice; keep one row of it")
        seen.add(word)
    return found


def _refuse_twice(table: Table) -> None:
    """A copy that is counted twice would weigh twice."""
    seen: set[tuple[str, str]] = set()
    both = zip(table.column("answer"), table.column("source"), strict=True)
    for number, (answer, source) in enumerate(both, start=1):
        if (answer, source) in seen:
            raise _wrong(table, number, "answer", answer, f"is beside {source[:40]!r} twice")
        seen.add((answer, source))


def _wholes(table: Table, name: str) -> list[int]:
    return [_whole(table, at, name, word) for at, word in enumerate(_column(table, name), start=1)]


def _wholes_or_none(table: Table, name: str) -> list[int | None]:
    return [
        _whole(table, number, name, word) if word else None
        for number, word in enumerate(_column(table, name), start=1)
    ]


def _whole(table: Table, number: int, name: str, word: str) -> int:
    if not _WHOLE.fullmatch(word) or int(word) > MAX_WHOLE:
        raise _wrong(table, number, name, word, f"must be a whole number of 0 to {MAX_WHOLE}")
    return int(word)


def _shares(table: Table, name: str) -> list[float]:
    found = _column(table, name)
    for number, word in enumerate(found, start=1):
        if not _SHARE.fullmatch(word):
            raise _wrong(table, number, name, word, "must be a number of 0 to 1, such as 0.93")
    return [float(word) for word in found]


def _wrong(table: Table, number: int, name: str, word: str, said: str) -> InvalidDocumentError:
    return _refused(f"{table.place}: entry {number}, {name} {word[:40]!r} {said}")


def _refused(detail: str) -> InvalidDocumentError:
    error = InvalidDocumentError(detail)
    error.hint = "docs/reference/fraud.md lists the columns of each file."
    return error
