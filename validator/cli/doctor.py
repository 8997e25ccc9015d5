"""`tos-validator doctor`: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SandboxOption,
    read_settings,
)
from validator.cli.output import print_json, show, stdout

if TYPE_CHECKING:
    from validator.cli.doctor_probes import Probe

EXIT_MISSING = 1


def doctor(
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what works on this machine and what is missing.

    Example: tos-validator doctor --json

    Exit code: 0 when everything needed is there, 1 when something needed is missing.
    """
    from validator.cli.doctor_probes import examine

    probes = examine(read_settings(config, data_dir, sandbox).settings)
    healthy = all(probe.state != "missing" for probe in probes)
    if as_json:
        print_json({"healthy": healthy, "probes": [_to_json(probe) for probe in probes]})
    else:
        _print(probes)
    raise typer.Exit(0 if healthy else EXIT_MISSING)


def _to_json(probe: Probe) -> dict[str, str]:
    return {"name": probe.name, "state": probe.state, "detail": probe.detail, "mend": probe.mend}


def _print(probes: list[Probe]) -> None:
    from rich.table import Table

    styles = {"ok": "green", "absent": "yellow", "weak": "yellow", "missing": "bold red"}
    table = Table(box=None, pad_edge=False)
    for name in ("what", "state", "detail"):
        table.add_column(name, overflow="fold")
    for probe in probes:
        detail = f"{probe.detail}. {probe.mend}" if probe.mend else probe.detail
        table.add_row(show(probe.name), show(probe.state, styles[probe.state]), show(detail))
    stdout().print(table)
