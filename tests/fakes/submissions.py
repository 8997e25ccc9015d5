"""Small submissions as a caller would write them."""

from __future__ import annotations

import json
from typing import Any

STDIN_CASE = {"stdin": "2\n", "expected_stdout": "4\n"}


def document(
    task: dict[str, Any] | None = None, answer: dict[str, Any] | None = None, **top: Any
) -> dict[str, Any]:
    """A task with one test case and a right answer; the arguments add to it or replace."""
    return {
        "task": {
            "type": "code",
            "language": "python",
            "checks": [{"check": "tests", "cases": [STDIN_CASE]}],
        }
        | (task or {}),
        "answer": {"code": "print(int(input()) ** 2)\n"} if answer is None else answer,
    } | top


def body(
    task: dict[str, Any] | None = None, answer: dict[str, Any] | None = None, **top: Any
) -> bytes:
    """The same as bytes."""
    return json.dumps(document(task, answer, **top)).encode()
