"""A context without a cage, for checks that need none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, Context, Submission
from checkers.registry import run_check
from sandboxes.protocol import Limits, Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping


def judge(
    options: dict[str, Any],
    content: str | None = None,
    files: Mapping[str, bytes] | None = None,
    reasoning: str | None = None,
    description: str = "",
) -> CheckResult:
    parsed = CHECK_OPTIONS.validate_python(options)
    answer = Answer(content=content, files=files or {}, reasoning=reasoning)
    context = Context(cast("Sandbox", None), time.monotonic, time.monotonic() + 60, Limits())
    submission = Submission("general", answer, description=description)
    return run_check(parsed.check, submission, parsed, context)
