"""What rows of the injection and the failure table are made of. Each tool has a table of its own.

A further tool joins with a module `<tool>_rows.py` whose `INJECTIONS` and `FAILURES` are added in
`tables.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = "tosv-marker-was-here"
"""No output, finding or answer file may hold this word unless a planted program ran."""


@dataclass(frozen=True, slots=True)
class Injection:
    """An answer that carries something to silence or to take over an analyzer.

    `bait` is the source with a known weakness and nothing planted; `planted` are further files, or
    take the place of the bait's. All categories in `found` must be reported all the same.
    """

    name: str
    tool: str
    language: str
    bait: Mapping[str, str]
    planted: Mapping[str, str | bytes]
    found: tuple[str, ...]

    @property
    def files(self) -> dict[str, bytes]:
        """The whole answer."""
        both = {**self.bait, **self.planted}
        return {
            name: text if isinstance(text, bytes) else text.encode() for name, text in both.items()
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that an analyzer cannot read: the check must not end in a pass.

    `clean` is True for those that are well and read to their end, and only look dangerous. `heavy`
    is True for those whose end is the machine's to choose: read, or a limit met and said.
    """

    name: str
    tools: tuple[str, ...]
    language: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    clean: bool = False
    heavy: bool = False
