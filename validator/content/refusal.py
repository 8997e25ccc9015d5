"""Why there is no task or no submission, and whose fault that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from validator.errors import ValidatorError


class Fault(StrEnum):
    """Who must mend it; each says what follows, and none of them is ever a lower score."""

    TASK_INVALID = "task_invalid"
    """The publisher's own bytes break the contract: abstain, and quarantine the task."""
    ANSWER_INVALID = "answer_invalid"
    """The answer's own bytes do, or they are another's: the answer is rejected unjudged."""
    UNAVAILABLE = "unavailable"
    """What is named cannot be had as it is named: an `error`, never the default plan; abstain."""
    DECLINED = "declined"
    """This validator does not take such tasks: a newer version, plain text, too much of it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One sentence that names the place. `passing`: the same may go well later, so ask again."""

    fault: Fault
    sentence: str
    passing: bool = False
    code: str | None = None
    """Number of the error (`TV071`) where there is one."""


def of_intake(error: ValidatorError) -> Refusal:
    """Return the refusal for what intake says of a submission that was built here.

    Only what is wrong with the answer alone is the answer's; sizes of both together are nobody's.
    """
    places = {fault.field.partition(".")[0].partition("[")[0] for fault in error.errors}
    if places == {"answer"}:
        fault = Fault.ANSWER_INVALID
    elif "task" in places:
        fault = Fault.TASK_INVALID
    else:
        fault = Fault.DECLINED
    return Refusal(fault, error.detail, code=error.code)
