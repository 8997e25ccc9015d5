"""Refusals of the task authors' kit: TV100 and TV101."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class TaskFolderError(ValidatorError):
    """A task's folder does not hold what it should; the detail names the file and the member."""

    code = "TV100"
    status = 400
    title = "Task folder cannot be used"
    hint = "Mend it, or begin with `tos-validator task new`; see docs/reference/task-authors.md."


class TaskExistsError(ValidatorError):
    """What a command would write is there already."""

    code = "TV101"
    status = 409
    title = "Already there"
    hint = "Choose another name, or remove what is there."
