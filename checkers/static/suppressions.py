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
_GAP: Final = rb"(?:[ \t\f\v]|(?>/\*.{0,100}?\*/)|\\\r?\n)*+"
_DIRECTIVE: Final = re.compile(
    rb"^" + _GAP + rb"(?:\#|%:|\?\?=)" + _GAP + rb"(?:line\b|[0-9]|pragma\b" + _GAP
    + rb"(?:GCC|clang)\b" + _GAP + rb"(?:system_header|diagnostic)\b)[^\r\n]*",
    re.MULTILINE | re.DOTALL,
)  # fmt: skip
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
        changed = _DIRECTIVE.sub(_blanked, changed)
    return changed


def _masked(match: re.Match[bytes]) -> bytes:
    """Letters alone, so that what is a name in code stays a name, the same one everywhere."""
    return _LETTER.sub(b"x", match[0])


def _blanked(match: re.Match[bytes]) -> bytes:
    return _NOT_BREAK.sub(b" ", match[0])
