"""The submissions that `check` was asked for, one after the other and never more than a limit."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from validator.cli.plain_files import open_plain
from validator.errors import TooLargeError, UnreadableFileError, ValidatorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One submission to judge: its bytes, or why they could not be read."""

    name: str
    body: bytes
    error: ValidatorError | None = None


def sources(names: Sequence[str], limit: int) -> Iterator[Source]:
    """Yield every submission in order; a `.jsonl` file gives one a line, blank ones left out."""
    for name in names:
        try:
            with _opened(name) as file:
                if name.endswith(".jsonl"):
                    yield from _lines(name, file, limit)
                else:
                    yield Source(name, file.read(limit + 1))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            reason = getattr(error, "strerror", None) or str(error)
            yield Source(name, b"", UnreadableFileError(f"the file cannot be read: {reason}"))


def is_single(names: Sequence[str]) -> bool:
    """Return True when the command names exactly one submission."""
    return len(names) == 1 and not names[0].endswith(".jsonl")


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(sys.stdin.buffer) if name == STANDARD_INPUT else open_plain(Path(name))


def _lines(name: str, file: IO[bytes], limit: int) -> Iterator[Source]:
    number = 0
    while line := file.readline(limit + 2):
        number += 1
        place = f"{name}:{number}"
        if len(line.rstrip(b"\r\n")) > limit:
            _skip_line(file, line, limit)
            yield Source(place, b"", TooLargeError(f"the line has more than {limit} bytes"))
        elif line.strip():
            yield Source(place, line)


def _skip_line(file: IO[bytes], line: bytes, limit: int) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(limit)
