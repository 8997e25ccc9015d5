"""Rows for tests of the pure parts."""

from __future__ import annotations

from typing import Any

from validator.domain.posting import Post, PostState
from validator.store.posts import AnswerRow, TaskRow

NOW = 1_000_000


def post_row(number: int = 1, **changes: Any) -> Post:
    values: dict[str, Any] = {
        "answer_id": f"{number:064x}", "task_id": "d5" * 32, "submission_id": f"sub_{number}",
        "verdict_id": f"ver_{number}", "score": 40, "reward": 10**10,
        "deadline_ms": NOW + 1_000_000, "state": PostState.UNSTARTED, "reason": None,
        "approved_by": None, "root": None, "nonce": None, "tx_hash": None, "tries": 0,
        "not_before": NOW, "created_at": number, "updated_at": number,
    }  # fmt: skip
    return Post(**values | changes)


def answer_row(number: int = 1, **changes: Any) -> AnswerRow:
    values: dict[str, Any] = {
        "answer_id": f"{number:064x}", "task_id": "d5" * 32, "submitter": "60" * 32,
        "answer_hash": "00" * 32, "content": "an answer", "height": 100 + number,
        "timestamp_ms": 1000 * number, "in_work": False,
    }  # fmt: skip
    return AnswerRow(**values | changes)


def task_row(*answers: AnswerRow, **changes: Any) -> TaskRow:
    values: dict[str, Any] = {
        "task_id": "d5" * 32, "status": "Active", "deadline_ms": NOW + 1_000_000,
        "answers": answers,
    }  # fmt: skip
    return TaskRow(**values | changes)
