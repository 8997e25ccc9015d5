"""Tasks to begin with: one folder each beside this module."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from validator.errors import TaskExistsError, TaskFolderError, UsageError

FOLDER: Final = Path(__file__).resolve().parent / "templates"


def names() -> tuple[str, ...]:
    """Return what templates there are."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/task.json")))


def copy_template(template: str, target: Path) -> None:
    """Lay a template into a new folder.

    Raises UsageError for an unknown template, TaskExistsError, TaskFolderError for a bad name.
    """
    if template not in names():
        raise UsageError(f"--template: there is no {template!r}; choose {', '.join(names())}")
    if target.exists():
        raise TaskExistsError(f"{target} is there already")
    if not target.name or target.name.startswith("."):
        raise TaskFolderError(f"{target}: a task's name is its folder's, and must be visible")
    try:
        shutil.copytree(FOLDER / template, target)
    except OSError as error:
        raise TaskFolderError(f"{target}: cannot be written: {error.strerror}") from None
