"""Licences on disk: one file for each tier and task type, replaced whole by each calibration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError

from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from pathlib import Path

L = TypeVar("L")

FOLDER: Final = "experts"

log = structlog.get_logger("experts")


def write(data_dir: Path, licence: Any) -> None:  # noqa: ANN401 - any licence's dataclass
    """Write a licence in place of the one before it: a kill leaves the old or the new one."""
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{licence.tier.value}-{licence.task_type}.json"
    shown = TypeAdapter(type(licence)).dump_python(licence, mode="json")
    fresh = folder / f".{name}.new"
    with fresh.open("wb") as file:
        file.write(canonical_json(shown) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / name)


def read_all(data_dir: Path, kind: type[L]) -> tuple[L, ...]:
    """Return every licence; one that cannot be read opens nothing, and is told to the log."""
    folder = data_dir / FOLDER
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found.append(TypeAdapter(kind).validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            log.warning("a licence is not usable", file=path.name, error=type(error).__name__)
    return tuple(found)
