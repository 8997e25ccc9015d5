"""Files compared with each other, for the command `similar`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checkers.similarity.languages import TEXT, language_of
from checkers.similarity.measure import Likeness, Nearness, compare, contained, near_from
from checkers.similarity.prints import (
    MAX_BYTES,
    Kind,
    Part,
    Print,
    PrintError,
    take_prints,
)
from validator.cli.plain_files import open_plain, shown
from validator.errors import UnreadableFileError
from validator.fraud.graph import components

if TYPE_CHECKING:
    from collections.abc import Sequence

_COPY: Final = (Nearness.SAME, Nearness.NEAR)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files and how alike they are. `contained`: the larger share of one found in the other."""

    a: str
    b: str
    kind: Kind
    likeness: Likeness
    contained: float
    nearness: Nearness


@dataclass(frozen=True, slots=True)
class Compared:
    """All pairs, most alike first; groups of near copies; what is to be known of single files."""

    pairs: tuple[Pair, ...]
    clusters: tuple[tuple[str, ...], ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    data: bytes = field(repr=False)
    made: Print = field(repr=False)
    as_text: Print = field(repr=False)


def compare_files(names: Sequence[str], threshold: float | None, *, same_task: bool) -> Compared:
    """Compare every two files; code with text by the words of both.

    With a threshold (0-1) only pairs from there on are kept, and those are copies; without one
    all are kept and the threshold is that of their kind, raised by `same_task` to what stands out
    among them. Raises UnreadableFileError.
    """
    files = _read_all(names)
    measured = [(one, other, *_measured(one, other)) for one, other in combinations(files, 2)]
    spread = {
        kind: [like.similarity for _, _, found, like, _ in measured if found is kind and same_task]
        for kind in Kind
    }
    pairs = []
    for one, other, kind, likeness, share in measured:
        bound = near_from(kind, spread[kind]) if threshold is None else threshold
        pair = Pair(one.name, other.name, kind, likeness, share, likeness.nearness(bound))
        if threshold is None or likeness.similarity >= threshold:
            pairs.append(pair)
    pairs.sort(key=lambda pair: (-pair.likeness.similarity, pair.a, pair.b))
    copies = ((pair.a, pair.b) for pair in pairs if pair.nearness in _COPY)
    notes = tuple((file.name, note) for file in files if (note := _note(file)))
    return Compared(tuple(pairs), components(copies), notes)


def _measured(one: _File, other: _File) -> tuple[Kind, Likeness, float]:
    both = (one.made, other.made)
    if one.made.kind is not other.made.kind:
        both = (one.as_text, other.as_text)
    there = compare(*both)
    # The other direction differs in this one figure alone.
    more = replace(there, contained=max(there.contained, contained(both[1], both[0])))
    return both[0].kind, more, more.contained


def _read_all(names: Sequence[str]) -> list[_File]:
    bodies = [(name, _body(name)) for name in names]
    found = [(name, data, _print(name, data, language_of(name))) for name, data in bodies]
    mixed = len({made.kind for _, _, made in found}) > 1
    return [
        _File(
            name,
            data,
            made,
            _print(name, data, TEXT) if mixed and made.kind is Kind.CODE else made,
        )
        for name, data, made in found
    ]


def _body(name: str) -> bytes:
    try:
        with open_plain(Path(name)) as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"{shown(Path(name))} cannot be read: {reason}") from None


def _print(name: str, data: bytes, language: str) -> Print:
    try:
        return take_prints([Part(name, data, language)])[0]
    except PrintError as error:
        raise UnreadableFileError(f"{shown(Path(name))} cannot be compared: {error}") from None


def _note(file: _File) -> str:
    if not file.made.tokens:
        return "holds nothing to compare"
    said = []
    if b"\0" in file.data:
        said.append("is no text; what looks like words in it was compared")
    if file.made.fell_back:
        said.append("could not be read as code in time, and was read as text")
    if file.made.cut:
        said.append(f"is long; only its first {len(file.made.tokens)} tokens were compared")
    return "; ".join(said)
