"""The operator's ceilings on what a document may hold and ask for. Named, never clamped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checkers.options import TestsOptions
from validator.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkers.option_parts import LimitOptions
    from validator.intake.document import SubmissionDocument
    from validator.settings import LimitSettings

# A limit as a task names it, and the setting that caps it.
_CEILINGS = {
    "cpu_s": "cpu_s",
    "wall_s": "wall_s",
    "memory_mb": "memory_mb",
    "processes": "processes",
    "output_kb": "output_kb",
    "disk_mb": "disk_mb",
    "files": "file_count",
}


def crowded(document: dict[str, Any], limits: LimitSettings) -> tuple[FieldError, ...]:
    """Return what a raw document holds too many of: counted before any of it is looked at."""
    task, answer = document.get("task"), document.get("answer")
    task = task if isinstance(task, dict) else {}
    answer = answer if isinstance(answer, dict) else {}
    checks = task.get("checks")
    counts = (
        ("task.checks", checks, "checks", limits.checks),
        ("task.materials", task.get("materials"), "files", limits.files),
        ("answer.files", answer.get("files"), "files", limits.files),
    )
    errors = [
        FieldError(field, f"has {len(found)} {noun}; the limit is {cap} (limits.{noun})")
        for field, found, noun, cap in counts
        if isinstance(found, dict | list) and len(found) > cap
    ]
    cases = sum(_raw_cases(check) for check in checks) if isinstance(checks, list) else 0
    if cases > limits.cases:
        errors.append(
            FieldError(
                "task.checks",
                f"hold {cases} cases together; the limit is {limits.cases} (limits.cases)",
            )
        )
    return tuple(errors)


def _raw_cases(check: object) -> int:
    if not isinstance(check, dict):
        return 0
    lists = [check.get(name) for name in ("cases", "calls", "questions", "known")]
    harness = check.get("harness")
    if isinstance(harness, dict):
        lists.append(harness.get("expect_tests"))
    return sum(len(found) for found in lists if isinstance(found, list))


def over_ceiling(document: SubmissionDocument, limits: LimitSettings) -> Iterator[FieldError]:
    """Yield every limit asked for that lies above the operator's ceiling."""
    for index, options in enumerate(document.task.checks or ()):
        if isinstance(options, TestsOptions):
            yield from _above(f"task.checks[{index}].limits", options.limits, limits)


def _above(field: str, asked: LimitOptions, limits: LimitSettings) -> Iterator[FieldError]:
    wanted = asked.to_limits()
    for name, setting in _CEILINGS.items():
        value, ceiling = getattr(wanted, name), getattr(limits, setting)
        follows_cpu = name == "wall_s" and asked.wall_s is None and wanted.cpu_s > limits.cpu_s
        if value > ceiling and not follows_cpu:
            yield FieldError(
                f"{field}.{name}",
                f"{value:g} is over this operator's ceiling of {ceiling:g} (limits.{setting})",
            )
