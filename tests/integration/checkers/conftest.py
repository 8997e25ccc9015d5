from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, Context, Submission
from checkers.registry import run_check
from sandboxes.factory import open_sandbox
from sandboxes.images.groups import DEFAULT_PREFIX
from sandboxes.protocol import Limits, Sandbox, SandboxUnavailableError
from tests.components import missing, require_bubblewrap, require_docker

IMAGES = os.environ.get("TOSV_TEST_IMAGES", DEFAULT_PREFIX)
"""What the tags of the images begin with."""

Judge = Callable[..., CheckResult]


@pytest.fixture(
    scope="session", params=["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
)
def cage(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if request.param == "docker":
        require_docker()
    else:
        require_bubblewrap()
    try:
        opened = open_sandbox(request.param, images=IMAGES)
    except SandboxUnavailableError as error:
        missing(str(error))
        raise
    yield opened
    opened.close()


@pytest.fixture
def judge(cage: Sandbox) -> Judge:
    """Judge one answer by one check: `judge({"check": ...}, code or files, language=...)`."""

    def run(
        options: dict[str, Any],
        answer: str | dict[str, str],
        language: str = "python",
        budget: float = 200,
        description: str = "",
    ) -> CheckResult:
        main = {"javascript": "main.js", "c": "main.c", "cpp": "main.cpp", "bash": "main.sh"}
        main |= {"typescript": "main.ts"}
        named = answer if isinstance(answer, dict) else {main.get(language, "main.py"): answer}
        files = {name: text.encode() for name, text in named.items()}
        context = Context(cage, time.monotonic, time.monotonic() + budget, Limits())
        submission = Submission("code", Answer(files=files), language, description=description)
        parsed = CHECK_OPTIONS.validate_python(options)
        return run_check(parsed.check, submission, parsed, context)

    return run
