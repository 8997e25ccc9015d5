"""The words of a task that several rooms share (contract, section 1)."""

from __future__ import annotations

from typing import Literal

TaskType = Literal[
    "code_syntax",
    "code",
    "math",
    "structured_data",
    "data_analysis",
    "security_audit",
    "algorithm_optimization",
    "general",
]
Difficulty = Literal["beginner", "intermediate", "advanced", "expert"]
