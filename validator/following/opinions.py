"""Tasks that need an opinion: declined before any work where nobody here could give one.

A task of which no check can accept an answer ends with people or models (contract, section 3).
Whoever takes it without any can only abstain, after the deadline of everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from validator.content.refusal import Fault, Refusal
from validator.intake.document import Task
from validator.intake.plan import Shape, plan_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOT_CONFIGURED: Final = "experts_not_configured"
_ANY: Final = (
    Shape(has_content=True, files=()),
    Shape(has_content=True, files=("main.txt",)),
)
"""Answers as default plans tell them apart: with code, and without."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """Who could give one. `judges` says whether experts are open for a task type."""

    judges: Callable[[str], bool]

    def refusal(self, task: Mapping[str, Any]) -> Refusal | None:
        """Return why a task is not taken, or None where a check or an expert can decide it."""
        task_type = needs_opinion(task)
        if task_type is None or self.judges(task_type):
            return None
        return Refusal(
            Fault.DECLINED,
            f"{NOT_CONFIGURED}: none of its checks can accept an answer, and no expert of this"
            f" validator may judge {task_type}",
        )


def needs_opinion(task: Mapping[str, Any]) -> str | None:
    """Return the type of a task that no check can decide; None for every other.

    What is no task at all is intake's to refuse.
    """
    try:
        read = Task.model_validate(dict(task))
    except ValidationError:
        return None
    plans = [plan_for(read.type, read.checks, shape, read.difficulty) for shape in _ANY]
    decided = any(planned.sufficient for plan in plans for planned in plan.checks)
    return None if decided else read.type
