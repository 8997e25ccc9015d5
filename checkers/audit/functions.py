"""Which function encloses a line, told from braces or indentation alone.

Not a parser: comments and texts are blanked, then blocks are followed. Linear in the source, and
never fails: where nothing is recognised, a line is in no function.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

INDENTED: Final = (".py", ".pyi", ".vy")

_BRACED_SKIP: Final = re.compile(
    r"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?"
    r'|"(?:[^"\\\n]++|\\.)*+"?' + r"|'(?:[^'\\\n]++|\\.)*+'?" + r"|`(?:[^`\\]++|\\.)*+`?",
    re.DOTALL,
)
_INDENTED_SKIP: Final = re.compile(
    r'#[^\n]*+|"""(?:[^"\\]++|\\.|"(?!""))*+(?:""")?|'
    r"'''(?:[^'\\]++|\\.|'(?!''))*+(?:''')?"
    r'|"(?:[^"\\\n]++|\\.)*+"?' + r"|'(?:[^'\\\n]++|\\.)*+'?",
    re.DOTALL,
)
_NOT_NEWLINE: Final = re.compile(r"[^\n]")
_MARK: Final = re.compile(r"[(){};]")
_SOLIDITY: Final = re.compile(r"\s*(?:function|constructor|modifier|fallback|receive)\b")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_KEYWORD_FUNCTION: Final = re.compile(r"\b(?:function|func|fn)\b|=>\s*\Z")
_ASSIGNED: Final = re.compile(r"[^=!<>]=[^=>]")
_DEF: Final = re.compile(r"([ \t]*)(?:async[ \t]+)?def[ \t]+\w")
_MAX_HEADER: Final = 4000

_BLOCK_WORDS: Final = """
assembly case catch class contract do else enum finally for if impl interface library match
namespace package return struct switch trait try unchecked union while with
"""
_NO_FUNCTION: Final = frozenset(_BLOCK_WORDS.split())


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of one file: first and last lines (1-based), outer ones before inner ones."""

    spans: tuple[tuple[int, int], ...]

    def around(self, lines: tuple[int, int]) -> tuple[int, int] | None:
        """Return the innermost function that holds all these lines; None where there is none."""
        first, last = lines
        index = bisect_right(self.spans, (first, float("inf"))) - 1
        while index >= 0:
            if self.spans[index][1] >= last:
                return self.spans[index]
            index -= 1
        return None


def functions_of(name: str, text: str) -> Functions:
    """Find the functions of a source; the file's ending says how its blocks are marked."""
    if name.lower().endswith(INDENTED):
        found = _indented(_blanked(_INDENTED_SKIP, text))
    else:
        found = _braced(_blanked(_BRACED_SKIP, text), solidity=name.lower().endswith(".sol"))
    return Functions(tuple(sorted(found, key=lambda lines: (lines[0], -lines[1]))))


def without_comments(name: str, text: str) -> str:
    """Return the source with comments and texts blanked; no line moves."""
    indented = name.lower().endswith(INDENTED)
    return _blanked(_INDENTED_SKIP if indented else _BRACED_SKIP, text)


def _blanked(skip: re.Pattern[str], text: str) -> str:
    return skip.sub(lambda found: _NOT_NEWLINE.sub(" ", found[0]), text)


def _braced(text: str, *, solidity: bool) -> Iterator[tuple[int, int]]:
    newlines = [found.start() for found in re.finditer("\n", text)]
    opened: list[int | None] = []  # where the block's header starts, if it is a function's
    start, depth = 0, 0
    for mark in _MARK.finditer(text):
        symbol, at = mark[0], mark.start()
        if symbol in "()":
            depth = max(0, depth + (1 if symbol == "(" else -1))
        elif symbol == ";":
            start = start if depth else at + 1
        elif symbol == "{":
            header = text[max(start, at - _MAX_HEADER) : at]
            opened.append(_first_word(header, max(start, at - _MAX_HEADER), solidity=solidity))
            start, depth = at + 1, 0
        else:
            begin = opened.pop() if opened else None
            if begin is not None:
                yield bisect_right(newlines, begin) + 1, bisect_right(newlines, at) + 1
            start, depth = at + 1, 0


def _first_word(header: str, start: int, *, solidity: bool) -> int | None:
    """Return where a function's header starts; None for a block of another kind."""
    word = _WORD.search(header)
    if word is None:
        return None
    is_function = _SOLIDITY.match(header) is not None if solidity else _is_function(header, word[0])
    return start + word.start() if is_function else None


def _is_function(header: str, first: str) -> bool:
    if _KEYWORD_FUNCTION.search(header):
        return True
    if first in _NO_FUNCTION or "(" not in header:
        return False
    return _ASSIGNED.search(header) is None


def _indented(text: str) -> Iterator[tuple[int, int]]:
    opened: list[tuple[int, int]] = []  # indentation and first line
    last = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip()[0] in ")]}":
            continue
        indent = len(line) - len(line.lstrip())
        while opened and indent <= opened[-1][0]:
            yield opened.pop()[1], last
        if _DEF.match(line):
            opened.append((indent, number))
        last = number
    for _, first in opened:
        yield first, last
