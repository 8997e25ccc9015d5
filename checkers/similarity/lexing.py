"""Code and text as tokens. Runs inside the jail only: lexers are regular expressions of others.

Two streams of one text. The *bare* one is what a copier cannot change without changing the
program: names, numbers and strings are each one token, comments and layout none. The *kept* one
has the numbers and strings as they are written, and tells short honest programs apart.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Text

from checkers.similarity.languages import LEXERS

if TYPE_CHECKING:
    from collections.abc import Iterator

Token = tuple[str, str]
"""Bare form, kept form."""

_NAME: Final = "n"
_NUMBER: Final = "0"
_STRING: Final = '"'

_PIECE: Final = re.compile(r"[^\W\d]\w*|\d\w*|[^\w\s]")

_BLANK: Final = re.compile(r"\n\s+")

# Scripts written without spaces: each character is a word.
_SINGLE: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")

_PIECE_CHARS: Final = 256
"""Characters normalised at once: ordering combining marks takes the square of their number."""

_UNSEEN: Final = frozenset({"Mn", "Cf"})
"""Combining marks and format characters: put between letters they would hide a copy."""


def warm() -> None:
    """Have every lexer ready: inside the jail no file opens."""
    for language in LEXERS:
        next(code_tokens("a = 1\n", language), None)


def code_tokens(text: str, language: str) -> Iterator[Token]:
    """Yield the tokens of code in one of `LEXERS`; any text lexes, nonsense as single characters.

    Comments, documentation strings, layout, and what an import names are left out: none of them
    says who wrote the program. The parts of one string literal are one token.
    """
    string: list[str] = []
    # Of blank lines and indents no token is made, and some lexers take the square of their number.
    for kind, value in _lexer(language).get_tokens(_BLANK.sub("\n", text)):
        if kind in Literal.String:
            if kind not in Literal.String.Doc:
                string.append(value)
            continue
        if string:
            yield _STRING, "".join(string)
            string = []
        yield from _token(kind, value)
    if string:
        yield _STRING, "".join(string)


def text_tokens(text: str) -> Iterator[Token]:
    """Yield the words without case, marks and width; linear in the text's length."""
    for piece in text.split():
        for start in range(0, len(piece), _PIECE_CHARS):
            for word in _WORD.findall(_folded(piece[start : start + _PIECE_CHARS])):
                yield word, word


def _token(kind: Any, value: str) -> Iterator[Token]:  # noqa: ANN401 - Pygments' tree of kinds
    if kind in Comment.Preproc:
        yield from _pieces(value)
    elif kind in Comment or kind in Text or kind in Keyword.Namespace or kind in Name.Namespace:
        return
    elif kind in Literal.Number:
        yield _NUMBER, value
    elif kind in Name:
        yield _NAME, _NAME
    elif value.strip():
        yield value.strip(), value.strip()


def _pieces(value: str) -> Iterator[Token]:
    """Macros are one token to the lexer: a program moved into them must not vanish."""
    for piece in _PIECE.findall(value):
        if piece[0].isdigit():
            yield _NUMBER, piece
        elif piece.isidentifier():
            yield _NAME, _NAME
        else:
            yield piece, piece


def _folded(piece: str) -> str:
    if piece.isascii():
        return piece.lower()
    apart = unicodedata.normalize("NFKD", piece)
    seen = "".join(char for char in apart if unicodedata.category(char) not in _UNSEEN)
    return unicodedata.normalize("NFKC", seen).casefold()


@cache
def _lexer(language: str) -> Any:  # noqa: ANN401 - Pygments brings no types
    return get_lexer_by_name(LEXERS[language], stripnl=False, ensurenl=False)


def cut_tokens(tokens: Iterator[Token], limit: int) -> tuple[list[Token], bool]:
    """Return the first `limit` tokens, and whether there were more; the rest is never made."""
    found = list(islice(tokens, limit + 1))
    return found[:limit], len(found) > limit
