"""`tos-validator sandbox images`: the images that Docker's cages are made of."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import print_json
from validator.errors import SandboxMissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sandboxes.engine import Engine
    from sandboxes.image_groups import Group
    from sandboxes.image_verify import Trial
    from validator.settings import SandboxSettings

EXIT_FAILED = 1

app = typer.Typer(
    help="Build, list and try the images of the sandbox, one for each group of languages.",
    rich_markup_mode=None,
)

GroupOption = Annotated[
    list[str] | None,
    typer.Option("--group", metavar="NAME", help="Only this group; may be given several times."),
]


@app.command()
def build(
    group: GroupOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the images that are missing or of another release.

    Example: tos-validator sandbox images build --group python --group native

    Exit code: 0 when all are there now, 1 when one could not be built, 2 without an engine.
    """
    from sandboxes.images import BuildError, look, make_images, to_json

    groups, settings = _chosen(group), _settings(config, data_dir)
    with _engine(settings) as engine:
        try:
            make_images(engine, groups, settings.images, anew=False, say=_say)
        except BuildError as error:
            _say(str(error))
            raise typer.Exit(EXIT_FAILED) from None
        if as_json:
            print_json({"images": to_json(look(engine, one, settings.images) for one in groups)})


@app.command(name="list")
def list_images(
    group: GroupOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show each group's languages, image, size, and whether it is of this release.

    Example: tos-validator sandbox images list --json
    """
    from sandboxes.images import look, table, to_json

    groups, settings = _chosen(group), _settings(config, data_dir)
    with _engine(settings) as engine:
        found = [look(engine, one, settings.images) for one in groups]
    if as_json:
        print_json({"images": to_json(found)})
    else:
        sys.stdout.write(table(found))


@app.command()
def verify(
    group: GroupOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run each language's version command and a small program in a sandbox of its image.

    What is found good goes on this machine's verified list, which replays keep to.

    Example: tos-validator sandbox images verify --group rust

    Exit code: 0 when everything works, 1 when something does not, 2 without an engine.
    """
    from sandboxes.image_verify import line, trials

    groups, whole = _chosen(group), read_settings(config, data_dir).settings
    settings, found = whole.sandbox, []
    with _engine(settings) as engine:
        before = _ids(engine, groups, settings.images)
        for trial in trials(engine, groups, settings.images):
            found.append(trial)
            if not as_json:
                sys.stdout.write(f"{line(trial)}\n")
                sys.stdout.flush()
        after = _ids(engine, groups, settings.images)
    kept = {name: image for name, image in before.items() if after[name] == image}
    _note(whole.data_dir, found, kept)
    good = all(trial.ok for trial in found)
    if as_json:
        print_json({"ok": good, "trials": [asdict(trial) for trial in found]})
    raise typer.Exit(0 if good else EXIT_FAILED)


def _ids(engine: Engine, groups: Iterable[Group], prefix: str) -> dict[str, str | None]:
    from sandboxes.images import look

    return {group.name: look(engine, group, prefix).id for group in groups}


def _note(data_dir: Path, trials: Iterable[Trial], images: dict[str, str | None]) -> None:
    """Keep which images were found good; one that changed meanwhile was not tried."""
    from validator.pipeline.verified_images import note_verified

    good: dict[str, bool] = {}
    for trial in trials:
        good[trial.group] = good.get(trial.group, True) and trial.ok
    try:
        note_verified(
            data_dir, {name: images.get(name) if well else None for name, well in good.items()}
        )
    except OSError as error:
        _say(f"the verified list cannot be written to data_dir: {error.strerror}")


def _chosen(names: list[str] | None) -> tuple[Group, ...]:
    from sandboxes.image_groups import chosen

    try:
        return chosen(names or ())
    except ValueError as error:
        raise UsageError(f"--group: {error}") from None


def _settings(config: Path | None, data_dir: Path | None) -> SandboxSettings:
    return read_settings(config, data_dir).settings.sandbox


@contextlib.contextmanager
def _engine(settings: SandboxSettings) -> Iterator[Engine]:
    """Give the engine that answers. Raises SandboxMissingError, whenever it stops to answer."""
    from sandboxes.engine import connect
    from sandboxes.protocol import SandboxUnavailableError

    try:
        with contextlib.closing(connect(settings.address)) as engine:
            yield engine
    except SandboxUnavailableError as error:
        raise SandboxMissingError(str(error)) from None


def _say(text: str) -> None:
    from validator.wire.plain import plain

    sys.stderr.write(f"{plain(text)}\n")
    sys.stderr.flush()
