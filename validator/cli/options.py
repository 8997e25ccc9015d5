"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - typer reads annotations at run time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from validator.settings import Loaded


class Backend(StrEnum):
    """Which cage to use."""

    AUTO = "auto"
    DOCKER = "docker"
    BUBBLEWRAP = "bubblewrap"


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file instead of tos-validator.toml."),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Where data lies (default ./.tos-validator)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
SandboxOption = Annotated[
    Backend | None,
    typer.Option("--sandbox", help="The cage for programs (default: as the settings say)."),
]

HostOption = Annotated[
    str | None, typer.Option("--host", help="Address to listen on (default 127.0.0.1).")
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Port to listen on (default 8000); 0: any free."),
]


def listen(host: str | None, port: int | None) -> dict[str, dict[str, str | int]]:
    """Settings that the options --host and --port stand for."""
    given = {"host": host, "port": port}
    return {"server": {name: value for name, value in given.items() if value is not None}}


def read_settings(
    config: Path | None,
    data_dir: Path | None,
    backend: Backend | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """Return the settings in force, and log as they say. Raises ConfigurationError."""
    from validator.settings import load
    from validator.telemetry import configure_logging

    chosen: dict[str, Any] = dict(overrides or {})
    if backend is not None:
        chosen["sandbox"] = {"backend": backend.value}
    loaded = load(config, data_dir, chosen)
    configure_logging(loaded.settings.log)
    return loaded
