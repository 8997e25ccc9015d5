"""The print of a text or a program: what is compared instead of its bytes. Made by the jail."""

from __future__ import annotations

import base64
import sys
from array import array
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from checkers import jail
from checkers.similarity.languages import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS: Final = 10.0

MAX_BYTES: Final = 4 * 1024 * 1024
"""Of one part; the contract's limit of a whole submission."""


class Kind(StrEnum):
    """What two prints must share to be compared; each has its own threshold."""

    CODE = "code"
    TEXT = "text"


TINY: Final = {Kind.CODE: 50, Kind.TEXT: 30}
"""Tokens below which honest answers are as alike as copies, and likeness is only reported.

Of the introductory Java exercises (IR-Plag) the shortest has 43 tokens, and every honest answer to
it is the same program.
"""


class PrintError(Exception):
    """No print could be made in time, neither as code nor as text."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file or text to take a print of. `language`: one of `LEXERS`, anything else is text."""

    name: str
    data: bytes
    language: str = TEXT


@dataclass(frozen=True, slots=True)
class Print:
    """Hashes of the bare tokens in order, and the set of shingles of the kept ones.

    `digest` (32 hex digits) is equal where all kept tokens are. `cut`: only the first tokens were
    read. `fell_back`: code that its lexer could not read in time, and so is read as text.
    """

    kind: Kind
    language: str
    tokens: array[int]
    shingles: frozenset[int]
    digest: str
    cut: bool = False
    fell_back: bool = False

    @property
    def tiny(self) -> bool:
        """Too short to say anything by being alike."""
        return len(self.tokens) < TINY[self.kind]


def take_prints(parts: Sequence[Part], seconds: float = SECONDS) -> list[Print]:
    """Return the print of each part, in order.

    A part whose lexer is too slow on it is read as text, which is linear. Raises `PrintError`
    where that, too, did not end well, and `JailUnavailableError` where the jail is at fault.
    """
    if not parts:
        return []
    try:
        return _asked(parts, [part.language for part in parts], seconds)
    except jail.JailError:
        if len(parts) == 1:
            return [_as_text(parts[0], seconds)]
    return [found for part in parts for found in take_prints([part], seconds)]


def _as_text(part: Part, seconds: float) -> Print:
    try:
        found = _asked([part], [TEXT], seconds)[0]
    except jail.JailError:
        raise PrintError("it could not be read within the limits of time and memory") from None
    return replace(found, fell_back=part.language != TEXT)


def _asked(parts: Sequence[Part], languages: list[str], seconds: float) -> list[Print]:
    blobs = [part.data[:MAX_BYTES] for part in parts]
    reply = jail.run("tokens", {"languages": languages}, blobs=blobs, seconds=seconds)
    return [
        _print(told, language, whole=len(part.data) <= MAX_BYTES)
        for told, language, part in zip(reply, languages, parts, strict=True)
    ]


def _print(told: dict[str, Any], language: str, *, whole: bool) -> Print:
    return Print(
        kind=Kind.TEXT if language == TEXT else Kind.CODE,
        language=language,
        tokens=_unpacked(told["tokens"]),
        shingles=frozenset(_unpacked(told["shingles"])),
        digest=told["digest"],
        cut=told["cut"] or not whole,
    )


def _unpacked(text: str) -> array[int]:
    numbers = array("I")
    numbers.frombytes(base64.b64decode(text))
    if sys.byteorder != "little":
        numbers.byteswap()
    return numbers
