"""`tos-validator config`: the settings in force, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import print_json, show, stdout

if TYPE_CHECKING:
    from collections.abc import Iterator


def config(
    config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Print the settings in force and where each came from; secrets are masked.

    Example: tos-validator config --json
    """
    loaded = read_settings(config, data_dir)
    shown = dict(_flat(loaded.settings.model_dump(mode="json")))
    if as_json:
        print_json(
            {
                key: {"value": value, "from": _origin(loaded.origins, key)}
                for key, value in shown.items()
            }
        )
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("setting", "value", "from"):
        table.add_column(name, overflow="fold")
    for key, value in shown.items():
        table.add_row(
            key, show("" if value is None else str(value)), show(_origin(loaded.origins, key))
        )
    stdout().print(table)


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _origin(origins: Any, key: str) -> str:  # noqa: ANN401
    return str(origins.get(key, "default"))
