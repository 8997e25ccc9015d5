"""Where the comments of a source are, as far as that can be told without its compiler.

One regular expression per family of languages, linear in the length of the source. What it cannot
tell for sure (a slash of JavaScript may begin an expression or divide) makes the whole source
unknown: the caller then takes every place for a comment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Spans = list[tuple[int, int]]
"""First and last-plus-one byte of each comment, ascending."""

_PYTHON: Final = rb"""
    (?P<comment> \#[^\r\n]*+ )
  | \"\"\"(?: [^"\\] | \\. | "(?!"") )*+\"\"\"
  | '''(?: [^'\\] | \\. | '(?!'') )*+'''
  | "(?: [^"\\\r\n] | \\\r\n | \\. )*+"
  | '(?: [^'\\\r\n] | \\\r\n | \\. )*+'
  | (?P<odd> ["'] )
"""

# Words and numbers are taken whole, so that the apostrophe of 1'000 opens nothing.
_C: Final = rb"""
    (?P<comment> //(?: [^\\\r\n] | \\[ \t]*\r?\n | \\. )*+ | /\*.*?\*/ )
  | (?: u8 | [uUL] )?R"(?P<fence> [^()\\\s]{0,16} )\((?: .*?\)(?P=fence)" | (?P<open>) )
  | [0-9](?: '?[0-9A-Za-z_.] )*+
  | [A-Za-z_][0-9A-Za-z_]*+
  | "(?: [^"\\\r\n] | \\\r\n | \\. )*+"
  | '(?: [^'\\\r\n] | \\\r\n | \\. )*+'
  | (?P<odd> ["'] | /\* )
"""

_GO: Final = rb"""
    (?P<comment> //[^\n]*+ | /\*.*?\*/ )
  | `[^`]*+`
  | "(?: [^"\\\r\n] | \\. )*+"
  | '(?: [^'\\\r\n] | \\. )*+'
  | (?P<odd> ["'`] | /\* )
"""

_JAVA: Final = rb"""
    (?P<comment> //[^\r\n]*+ | /\*.*?\*/ )
  | \"\"\"(?: [^"\\] | \\. | "(?!"") )*+\"\"\"
  | "(?: [^"\\\r\n] | \\. )*+"
  | '(?: [^'\\\r\n] | \\. )*+'
  | (?P<odd> ["'\\] | /\* )
"""

# A slash that begins no comment may begin a regular expression, and a template holds code again.
_SCRIPT: Final = rb"""
    (?P<comment> //(?: (?! \xe2\x80[\xa8\xa9] ) [^\r\n] )*+ | /\*.*?\*/ )
  | "(?: [^"\\\r\n] | \\\r\n | \\. )*+"
  | '(?: [^'\\\r\n] | \\\r\n | \\. )*+'
  | (?P<odd> ["'`/] | <!-- | --> )
"""

_FAMILIES: Final[Mapping[str, re.Pattern[bytes]]] = {
    language: re.compile(pattern, re.VERBOSE | re.DOTALL)
    for pattern, languages in (
        (_PYTHON, ("python", "vyper")),
        (_C, ("c", "cpp")),
        (_GO, ("go",)),
        (_JAVA, ("java", "solidity")),
        (_SCRIPT, ("javascript", "typescript")),
    )
    for language in languages
}


def comments(source: bytes, language: str) -> Spans | None:
    """Return where the comments are; None where that cannot be told, as always for shells."""
    family = _FAMILIES.get(language)
    if family is None:
        return None
    found: Spans = []
    for match in family.finditer(source):
        if match["odd"] is not None or match.groupdict().get("open") is not None:
            return None
        if match["comment"] is not None:
            found.append(match.span("comment"))
    return found
