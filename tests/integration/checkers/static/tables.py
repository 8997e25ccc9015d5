"""All rows of all tools, and the few that every run takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.components import SOAK
from tests.integration.checkers.static import (
    contract_rows,
    native_rows,
    python_rows,
    rust_rows,
    script_rows,
    semgrep_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.integration.checkers.static.rows import Failure, Injection

_MODULES = (contract_rows, native_rows, python_rows, rust_rows, script_rows, semgrep_rows)
ALL_INJECTIONS: tuple[Injection, ...] = tuple(row for one in _MODULES for row in one.INJECTIONS)
ALL_FAILURES: tuple[Failure, ...] = tuple(row for one in _MODULES for row in one.FAILURES)


def short_injections(rows: Iterable[Injection]) -> tuple[Injection, ...]:
    """For each tool the first row that plants a file, and the first that writes into the source."""
    kept: dict[tuple[str, bool], Injection] = {}
    for row in rows:
        kept.setdefault((row.tool, len(row.files) > 1), row)
    return tuple(kept.values())


def short_failures(rows: Iterable[Failure]) -> tuple[Failure, ...]:
    """For each set of tools the first answer that cannot be read, and the first that can.

    None that takes a tool to its limits.
    """
    kept: dict[tuple[str, tuple[str, ...], bool], Failure] = {}
    for row in rows:
        if not row.heavy:
            kept.setdefault((row.language, row.tools, row.clean), row)
    return tuple(kept.values())


INJECTIONS = ALL_INJECTIONS if SOAK else short_injections(ALL_INJECTIONS)
FAILURES = ALL_FAILURES if SOAK else short_failures(ALL_FAILURES)
"""The rest are in the long form (`make soak`)."""
