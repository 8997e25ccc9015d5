"""Takes from sources what would silence an analyzer, without moving a line or a column.

A word that silences (`noqa`, `@ts-ignore`, ...) keeps its length, and its letters become `x`. It is
masked in comments; in strings as well where the tool looks there too (mypy's `# mypy:` lines,
clang-tidy's `NOLINT`), and where comments cannot be told from strings for sure. What is masked is
the copy that analyzers read; the answer that other checks run is never touched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from checkers.static.comments import comments

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVERY: Final = rb"\bnosem(?:grep)?\b"
_SCRIPT: Final = (
    rb"@ts-(?:nocheck|ignore|expect-error)|\b(?:eslint|oxlint)-(?:disable|enable)\b"
    rb"|\bbiome-ignore\b|\b(?:eslint|oxlint)-[a-z-]+|\b(?:eslint|globals?|exported)\b"
)
_IN_COMMENTS: Final[Mapping[str, bytes]] = {
    "python": rb"\bnoqa\b|\bnosec\b|\btype\s*:\s*ignore\b|\bpylint\s*:|\b(?:flake8|ruff|isort)\s*:"
    rb"|\bpyright\s*:|\bmypy\s*:",
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "bash": rb"(?<=\#)\s*shellcheck\b",
    "c": rb"\bcppcheck-suppress[a-z-]*",
    "cpp": rb"\bcppcheck-suppress[a-z-]*",
    "solidity": rb"\b(?:slither|solhint|solc)-[a-z-]+",
}
_ANYWHERE: Final[Mapping[str, bytes]] = {
    "python": rb"\#\s*mypy\s*:",
    "c": rb"NOLINT",
    "cpp": rb"NOLINT",
    # As a condition of code, and as what makes clippy take code for a compiler's own.
    "rust": rb"\bclippy\b(?!\s*::)|\bautomatically_derived\b",
}
# These move where a tool believes itself to be: into a system's header, where nothing is reported.
_BLANK: Final = rb"(?:[ \t\f\v]|\\\r?\n)*+"
_GAP: Final = rb"(?:[ \t\f\v]|\\\r?\n|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)*+"
_GAP_RE: Final = re.compile(_GAP)
_BLANK_RE: Final = re.compile(_BLANK)
_HASH: Final = re.compile(rb"\#|%:|\?\?=")
_PLACES: Final = re.compile(rb"line\b|[0-9]")
_PRAGMA: Final = tuple(
    map(re.compile, (rb"pragma\b", rb"(?:GCC|clang)\b", rb"(?:system_header|diagnostic)\b"))
)
_REST: Final = re.compile(rb"[^\r\n]*")
_LETTER: Final = re.compile(rb"[A-Za-z]")
_NOT_BREAK: Final = re.compile(rb"[^\r\n]")

_IN_COMMENTS_RE: Final = {
    language: re.compile(rb"|".join((pattern, _EVERY)), re.IGNORECASE)
    for language, pattern in _IN_COMMENTS.items()
}
_EVERY_RE: Final = re.compile(_EVERY, re.IGNORECASE)
_ANYWHERE_RE: Final = {
    language: re.compile(pattern, re.IGNORECASE) for language, pattern in _ANYWHERE.items()
}


def neutral(source: bytes, language: str) -> bytes:
    """Return the source with nothing left that silences an analyzer; lines and columns stay."""
    pattern = _IN_COMMENTS_RE.get(language, _EVERY_RE)
    spans = comments(source, language)
    if spans is None:
        changed = pattern.sub(_masked, source)
    else:
        parts, at = [], 0
        for start, end in spans:
            parts += [source[at:start], pattern.sub(_masked, source[start:end])]
            at = end
        changed = b"".join((*parts, source[at:]))
    if language in _ANYWHERE_RE:
        changed = _ANYWHERE_RE[language].sub(_masked, changed)
    if language in ("c", "cpp"):
        changed = _without_directives(changed)
    return changed


def _without_directives(source: bytes) -> bytes:
    """Blank what moves a C tool's place, wherever a line may begin with it.

    What was stepped over (blanks, joined lines, comments) is never looked at again, so that the
    time is linear.
    """
    parts, at, line = [], 0, 0
    last_close = source.rfind(b"*/")
    while 0 <= line < len(source):
        gap = _GAP_RE if line < last_close else _BLANK_RE  # no search for an end that is not there
        start = _past(gap, source, line)
        seen, moves = _directive(source, start, gap)
        if moves:
            rest = _past(_REST, source, seen)
            parts += [source[at:start], _NOT_BREAK.sub(b" ", source[start:rest])]
            seen = at = rest
        line = _after_break(source, seen)
    return b"".join((*parts, source[at:]))


def _directive(source: bytes, start: int, gap: re.Pattern[bytes]) -> tuple[int, bool]:
    """Return how far was read, and whether it is a directive that moves places or silences."""
    sign = _HASH.match(source, start)
    if sign is None:
        return start, False
    at = _past(gap, source, sign.end())
    if _PLACES.match(source, at):
        return at, True
    for word in _PRAGMA:
        found = word.match(source, at)
        if found is None:
            return at, False
        at = _past(gap, source, found.end())
    return at, True


def _past(pattern: re.Pattern[bytes], source: bytes, start: int) -> int:
    """Where a pattern that may match nothing ends."""
    found = pattern.match(source, start)
    return found.end() if found else start


def _after_break(source: bytes, start: int) -> int:
    """Where the next line begins; -1 after the last."""
    end = source.find(b"\n", start)
    return end + 1 if end >= 0 else -1


def _masked(match: re.Match[bytes]) -> bytes:
    """Letters alone, so that what is a name in code stays a name, the same one everywhere."""
    return _LETTER.sub(b"x", match[0])
