"""What of an answer analyzers are shown: its sources of one language, under names of our own."""

from __future__ import annotations

import re
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from checkers.static.protocol import Target
from sandboxes.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "c": (".h",),
    "cpp": (".h", ".hpp", ".hh", ".hxx"),
    "typescript": (".d.ts",),
}
"""Files that are no sources by themselves, and that sources need."""

MODULES: Final = "m"
"""Folder below `/program` where files that need each other lie under their own plain names."""

_WORD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_WORDS: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def make_target(language: str, files: Mapping[str, bytes]) -> Target:
    """Lay out an answer's sources of this language; without any, the target has no files.

    Nothing else of the answer reaches a tool: no configuration, no package, no cache. What would
    silence one is still in the sources; `checkers.static.masking` takes it out.
    """
    table = LANGUAGES[language]
    extra = HEADERS.get(language, ())
    mine = sorted(name for name in files if table.owns(name) or name.endswith(extra))
    if not any(table.owns(name) for name in mine):
        return Target(language, {})
    ours = {name: f"s{number}{_suffix(name)}" for number, name in enumerate(mine)}
    return Target(
        language,
        {ours[name]: files[name] for name in mine},
        {ours[name]: name for name in mine},
        _modules(language, ours) if len(mine) > 1 else {},
    )


def _suffix(name: str) -> str:
    return ".d.ts" if name.endswith(".d.ts") else PurePosixPath(name).suffix


def _modules(language: str, ours: Mapping[str, str]) -> dict[str, str]:
    """Give each file whose name is made of plain words a place where the others find it."""
    places = {}
    for name, own in ours.items():
        parts = PurePosixPath(name).parts
        stem = parts[-1].removesuffix(_suffix(name))
        if _plain(language, (*parts[:-1], stem)):
            places[own] = f"{MODULES}/{name}"
    return places


def _plain(language: str, words: Iterable[str]) -> bool:
    words = tuple(words)
    if language == "python":
        # A module called like one of the standard library would be taken for it by every other.
        top = words[0] not in sys.stdlib_module_names
        return top and all(_IDENTIFIER.fullmatch(word) for word in words)
    pattern = _WORDS if language == "typescript" else _WORD
    return "node_modules" not in words and all(pattern.fullmatch(word) for word in words)
