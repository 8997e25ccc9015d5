from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, Context, Reason, Submission
from checkers.registry import run_check
from sandboxes.protocol import Limits, Sandbox
from tests.components import missing

Analyze = Callable[..., CheckResult]


@pytest.fixture
def analyze(cage: Sandbox) -> Analyze:
    """Run the check: `analyze(files, language, tools)`; skip where the cage lacks a tool."""

    def run(
        files: Mapping[str, bytes], language: str, tools: tuple[str, ...] = (), **more: object
    ) -> CheckResult:
        context = Context(cage, time.monotonic, time.monotonic() + 200, Limits())
        options = {"check": "static", **({"tools": list(tools)} if tools else {}), **more}
        parsed = CHECK_OPTIONS.validate_python(options)
        submission = Submission("code", Answer(files=files), language)
        result = run_check("static", submission, parsed, context)
        if result.reason is Reason.TOOLCHAIN_MISSING:
            if "it needs Docker" in result.summary:  # the embedded cage never has it
                pytest.skip(result.summary)
            missing(result.summary)
        return result

    return run
