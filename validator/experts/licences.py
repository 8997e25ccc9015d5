"""Licences on disk: one file, replaced whole by each calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from validator.evidence.whole_files import write_over

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "experts/licences.json"


def write(data_dir: Path, content: bytes) -> None:
    """Write the licences in place of those before: a kill leaves the old or the new ones."""
    path = data_dir / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_over(path, content, 0o600)


def read(data_dir: Path) -> bytes | None:
    """Return the file's bytes, or None before the first calibration. Raises OSError."""
    try:
        return (data_dir / FILE).read_bytes()
    except FileNotFoundError:
        return None
