"""One answer with claims, judged by the registry's check, and tables to ask about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, Context, Submission
from checkers.registry import run_check
from sandboxes.protocol import Limits, Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

SALES = b"""day,shop,amount,units,note
2024-01-05,DE,10.5,3,a
2024-01-20,DE,20.25,5,
2024-02-03,FR,7.0,2,b
2024-02-11,FR,,4,c
2024-02-28,DE,40.75,9,a
2024-03-01,IT,15.0,,b
"""
COLUMNS = [
    {"name": "day", "type": "date"},
    {"name": "shop", "type": "string"},
    {"name": "amount", "type": "number"},
    {"name": "units", "type": "integer"},
    {"name": "note", "type": "string"},
]


def judge(
    claims: list[dict[str, Any]],
    content: str | None = "see the claims",
    files: Mapping[str, bytes] | None = None,
    data: bytes = SALES,
    sandbox: Sandbox | None = None,
    **options: Any,
) -> CheckResult:
    """Judge claims about `SALES` (or `data`)."""
    asked = {"check": "claims", "dataset": "sales.csv", "columns": COLUMNS, **options}
    return judge_with({"sales.csv": data}, asked, claims, sandbox, content=content, files=files)


def judge_with(
    materials: Mapping[str, bytes],
    asked: Mapping[str, Any],
    claims: list[dict[str, Any]],
    sandbox: Sandbox | None = None,
    *,
    content: str | None = "see the claims",
    files: Mapping[str, bytes] | None = None,
) -> CheckResult:
    """Judge claims by a whole check, about any materials."""
    parsed = CHECK_OPTIONS.validate_python(asked)
    answer = Answer(content=content, files=files or {}, claims=tuple(claims))
    now = time.monotonic
    context = Context(cast("Sandbox", sandbox), now, now() + 100, Limits())
    submission = Submission("data_analysis", answer, materials=materials)
    return run_check("claims", submission, parsed, context)


def claim(name: str, said: Any, unit: str | None = None, /, **query: Any) -> dict[str, Any]:
    """A claim with a query."""
    made: dict[str, Any] = {"id": name, "query": query, "value": said}
    return made if unit is None else {**made, "unit": unit}
