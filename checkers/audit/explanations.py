"""Does an explanation speak of this code: it must name something from the cited lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from checkers.audit.functions import Functions, functions_of, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkers.audit.findings import Reported

_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")

# Keywords, types and globals of the languages audited that are also words of any generic text.
_COMMON_WORDS: Final = """
a abstract address an and anonymous any as assembly assert async at await balance be block bool
break by byte bytes call case catch char class const constant constructor continue contract
count data def default del delete do double elif else emit enum error event except export
external fallback false final finally float fn for from func function gas global go hash i if
immutable impl implements import in indexed int interface internal is it j lambda length let
library long loop low mapping match memory modifier module msg mut new no none not now null of
on or origin override package pass payable pragma print private protected pub public pure raise
receive require return returns revert self send sender short solidity state static storage
string struct super switch the this throw time timestamp to transfer true try tx type typeof
uint unchecked unsigned use using value var view virtual void volatile while with x yield
"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())
# Code all the same, whatever its words: `msg.sender`, `send(`.
_CODE: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+|[A-Za-z_$][\w$]*\(")
_SIZED: Final = re.compile(r"(?:u?int|bytes|fixed|ufixed)[0-9]+")


class Source:
    """One audited file: its lines without comments, and its functions."""

    def __init__(self, name: str, text: str) -> None:
        self.functions: Functions = functions_of(name, text)
        self._lines = without_comments(name, text).split("\n")

    def names(self, lines: tuple[int, int]) -> frozenset[str]:
        """Return identifiers of these lines and of the enclosing function's first one, folded."""
        cited = list(self._lines[lines[0] - 1 : lines[1]])
        around = self.functions.around(lines)
        if around is not None:
            cited.append(self._lines[around[0] - 1])
        return frozenset(name for line in cited for name in _names(line))


def is_specific(reported: Reported, source: Source) -> bool:
    """True when an explanation is there and it, or its title, names what the cited lines name.

    Lines that name nothing of their own (`require(msg.sender.send(1));` outside any function) ask
    for no name.
    """
    if not reported.explanation.strip():
        return False
    names = source.names(reported.place.lines)
    said = f"{reported.title} {reported.explanation}"
    return not names or not names.isdisjoint(_names(said))


def _names(text: str) -> Iterator[str]:
    folded = text.casefold()
    yield from _CODE.findall(folded)
    for word in _WORD.findall(folded):
        if word not in _COMMON and not _SIZED.fullmatch(word):
            yield word
