"""The lines of code that a finding is about, from the submission as it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from validator.errors import ValidatorError
from validator.intake import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.settings import LimitSettings

AROUND = 2  # lines before and after the cited ones
MAX_LINES = 14
MAX_WIDTH = 240
MAX_FILE = 4 * 1024 * 1024
OF_THE_TASK = frozenset({"audit"})
"""Checks whose findings cite the task's materials; all others cite the answer's files first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown; `cited` when the finding names it."""

    number: int
    text: str
    cited: bool


@dataclass(slots=True)
class Code:
    """Files of a task and its answer. Each is decoded once, when a finding first asks for it."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    materials: Mapping[str, bytes] = field(default_factory=dict)
    _lines: dict[int, Sequence[str]] = field(default_factory=dict)

    def excerpt(self, check: str, file: str | None, lines: Sequence[int] | None) -> list[Line]:
        """Return the cited lines with some around them; empty where there is no such place.

        A long range is cut to its first lines.
        """
        content = self._content(check, file or "")
        if content is None or not lines:
            return []
        text = self._decoded(content)
        first, last = lines[0], lines[-1]
        if not 1 <= first <= last or first > len(text):
            return []
        start = max(1, first - AROUND)
        end = min(len(text), last + AROUND, start + MAX_LINES - 1)
        return [
            Line(number, _cut(text[number - 1]), first <= number <= last)
            for number in range(start, end + 1)
        ]

    def _content(self, check: str, file: str) -> bytes | None:
        sources = (self.files, self.materials)
        ordered = sources[::-1] if check in OF_THE_TASK else sources
        found = next((each[file] for each in ordered if file in each), None)
        return None if found is None or len(found) > MAX_FILE else found

    def _decoded(self, content: bytes) -> Sequence[str]:
        if id(content) not in self._lines:
            text = content.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
            self._lines[id(content)] = text.removesuffix("\n").split("\n")
        return self._lines[id(content)]


def code_of(body: bytes, limits: LimitSettings) -> Code:
    """Return the code of a submission; none where it no longer fits the operator's limits."""
    try:
        submission = parse(body, limits).submission
    except ValidatorError:
        return Code()
    return Code(submission.answer.files, submission.materials)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WIDTH else text[: MAX_WIDTH - 1] + "\N{HORIZONTAL ELLIPSIS}"
