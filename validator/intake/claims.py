"""What a document's own claims show to be odd. A claim never decides; it only raises a flag."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from validator.domain.verdict import Flag

if TYPE_CHECKING:
    from validator.intake.document import Answer, SubmissionDocument

TOO_FAST = timedelta(seconds=1)
"""Nobody reads a task in less, whatever solves it."""

# Bidirectional controls and zero-width characters, by which text reads other than it runs
# (Unicode Technical Report 36, section 3.2; CVE-2021-42574).
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

_ARGUED = frozenset({"math", "data_analysis", "security_audit", "general"})
"""Types whose answers are read, not only run."""


def odd_claims(document: SubmissionDocument) -> tuple[Flag, ...]:
    """Return the flags of a document, in a fixed order."""
    flags = [*_odd_times(document)]
    if document.task.type in _ARGUED and not (document.answer.reasoning or "").strip():
        flags.append(Flag("no_reasoning", "the answer does not say how it was found", 0.2))
    if any(not t.isascii() and _HIDDEN.search(t) for t in _texts(document.answer)):
        flags.append(
            Flag("hidden_characters", "the answer holds bidirectional or zero-width controls", 0.3)
        )
    return tuple(flags)


def _odd_times(document: SubmissionDocument) -> list[Flag]:
    accepted, submitted = document.answer.accepted_at, document.answer.submitted_at
    deadline = document.task.deadline
    flags = []
    if accepted and submitted and submitted < accepted:
        flags.append(Flag("times_contradict", "submitted before it was accepted, as claimed", 0.3))
    elif accepted and submitted and submitted - accepted < TOO_FAST:
        flags.append(Flag("too_fast", "answered within a second, as claimed", 0.4))
    if submitted and deadline and submitted > deadline:
        flags.append(Flag("late", "submitted after the deadline, as claimed", 0.2))
    return flags


def _texts(answer: Answer) -> list[str]:
    files = answer.files.values() if answer.files else ()
    return [
        answer.content or "",
        answer.code or "",
        answer.reasoning or "",
        *(body.text or "" for body in files),
    ]
