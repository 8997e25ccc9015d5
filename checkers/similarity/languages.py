"""Which files are code, and in which language. Reads names alone, so it needs no jail."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT: Final = "text"
"""What is no code of a known language is compared by its words."""

LEXERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "python": "python",
        "c": "c",
        "cpp": "cpp",
        "rust": "rust",
        "go": "go",
        "javascript": "javascript",
        "typescript": "typescript",
        "java": "java",
        "solidity": "solidity",
        "vyper": "vyper",
        "bash": "bash",
        "csharp": "csharp",
        "kotlin": "kotlin",
        "ruby": "ruby",
        "php": "php",
        "sql": "sql",
    }
)
"""Language to the short name of its Pygments lexer: those of the contract, and what else is met."""

_SUFFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "py": "python", "pyi": "python", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp",
        "cxx": "cpp", "hpp": "cpp", "rs": "rust", "go": "go", "js": "javascript",
        "mjs": "javascript", "cjs": "javascript", "jsx": "javascript", "ts": "typescript",
        "mts": "typescript", "tsx": "typescript", "java": "java", "sol": "solidity",
        "vy": "vyper", "sh": "bash", "bash": "bash", "cs": "csharp", "kt": "kotlin",
        "rb": "ruby", "php": "php", "sql": "sql",
    }
)  # fmt: skip


def language_of(name: str) -> str:
    """Return the language that a file's name says, or `TEXT`. No content is looked at."""
    stem, dot, suffix = name.rpartition(".")
    return _SUFFIXES.get(suffix.lower(), TEXT) if dot and stem else TEXT
