"""Whether a source is in an encoding in which comments are what they look like to the masks.

Read in the jail alone: its words are hostile.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

# PEP 263: in one of the first two lines.
_CODING: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_PLAIN: Final = frozenset({"utf-8", "ascii", "iso8859-1", "utf-8-sig"})


def warm() -> None:
    """Load the codecs of the plain encodings, which inside the jail could not be opened."""
    for name in _PLAIN:
        codecs.lookup(name)


def is_odd(source: bytes, language: str) -> bool:
    """Return True for a source in an encoding that could hide a comment.

    The bytes of a suppression in UTF-7 or UTF-16, say, are not those that are looked for. Python
    reads the encoding that a comment names; tsc reads UTF-16 where the first two bytes say so, and
    puts a replacement for what is not UTF-8. The other languages' parsers know one encoding.
    """
    if language == "typescript":
        return not _is_utf8(source)
    return language == "python" and _asks_for_another(source)


def _is_utf8(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True


def _asks_for_another(source: bytes) -> bool:
    # As CPython counts lines: a carriage return alone ends one.
    for line in re.split(rb"\r\n?|\n", source, maxsplit=2)[:2]:
        found = _CODING.match(line)
        if found is not None and not _is_plain(found[1].decode("ascii", "replace")):
            return True
    return False


def _is_plain(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in _PLAIN
    except (LookupError, ValueError, OSError):  # OSError: a codec that the jail does not open
        return False
