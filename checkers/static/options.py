"""What a task may ask of the analyzers."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from checkers.option_parts import CheckModel, LanguageName

ToolName = Literal[
    "bandit",
    "clang-tidy",
    "clippy",
    "cppcheck",
    "go-vet",
    "mypy",
    "oxlint",
    "ruff",
    "semgrep",
    "shellcheck",
    "slither",
    "solc",
    "tsc",
    "vyper",
]
TOOL_NAMES: tuple[str, ...] = get_args(ToolName)

Level = Literal["none", "note", "warning", "error"]
"""Levels of SARIF 2.1.0 (section 3.27.10)."""


class StaticOptions(CheckModel):
    """Code quality and security. `max_severity` is the worst level that may remain."""

    check: Literal["static"] = "static"
    tools: tuple[ToolName, ...] | None = Field(
        default=None, strict=False, min_length=1, max_length=len(TOOL_NAMES)
    )
    max_severity: Level = "warning"
    language: LanguageName | None = None
