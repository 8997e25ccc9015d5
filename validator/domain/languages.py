"""The contract's languages, and the name that a lone source file gets in each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "python": "main.py",
        "c": "main.c",
        "cpp": "main.cpp",
        "rust": "main.rs",
        "go": "main.go",
        "javascript": "main.js",
        "typescript": "main.ts",
        "java": "Main.java",
        "solidity": "main.sol",
        "vyper": "main.vy",
        "bash": "main.sh",
    }
)
"""Language to file name. No aliases: an unknown language is refused, never guessed."""

UNNAMED_SOURCE = "main.txt"
"""Where `code` goes when no check of the plan needs to know its language."""
