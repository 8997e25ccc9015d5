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
# Code all the same, whatever its words: `msg.sender`, `send(`. Both start where a word starts, so
# that a long one is not tried from each of its letters.
_DOTTED: Final = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*+)(?=\.([A-Za-z_$][\w$]*+))")
_CALLED: Final = re.compile(r"(?<![\w$])[A-Za-z_$][\w$]*+\(")
_SIZED: Final = re.compile(r"(?:u?int|bytes|fixed|ufixed)[0-9]+")


class Source:
    """One audited file: its functions, and what each of its lines names."""

    def __init__(self, name: str, text: str) -> None:
        self.functions: Functions = functions_of(name, text)
        lines = without_comments(name, text).split("\n")
        self._named = [frozenset(_names(line)) for line in lines]
        self._specific: dict[tuple[tuple[int, int], str, str], bool] = {}

    def is_specific(self, reported: Reported) -> bool:
        """True when an explanation is there, and it or the title names what the lines name.

        The cited lines and the enclosing function's first one are asked. Lines that name nothing
        (a lone brace outside any function) ask for no name.
        """
        key = reported.place.lines, reported.title, reported.explanation
        if key not in self._specific:
            self._specific[key] = self._is_specific(*key)
        return self._specific[key]

    def _is_specific(self, lines: tuple[int, int], title: str, explanation: str) -> bool:
        if not explanation.strip():
            return False
        said = set(_names(f"{title} {explanation}"))
        around = self.functions.around(lines)
        cited = self._named[lines[0] - 1 : lines[1]]
        if around is not None:
            cited.append(self._named[around[0] - 1])
        return not any(cited) or any(not said.isdisjoint(names) for names in cited)


def _names(text: str) -> Iterator[str]:
    folded = text.casefold()
    yield from _CALLED.findall(folded)
    yield from map(".".join, _DOTTED.findall(folded))
    for word in _WORD.findall(folded):
        if word not in _COMMON and not _SIZED.fullmatch(word):
            yield word
