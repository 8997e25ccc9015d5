"""All rows of all tools."""

from __future__ import annotations

from tests.integration.checkers.static import native_rows, python_rows, script_rows

INJECTIONS = (*python_rows.INJECTIONS, *script_rows.INJECTIONS, *native_rows.INJECTIONS)
FAILURES = (*python_rows.FAILURES, *script_rows.FAILURES, *native_rows.FAILURES)
