"""`task`: the task authors' kit."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SandboxOption,
    read_settings,
)
from validator.cli.output import EXIT_OK, EXIT_REJECTED, print_json, print_rows
from validator.errors import TaskExistsError, TaskFolderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.authoring.folder import TaskFolder
    from validator.authoring.trial import Ending
    from validator.domain.verdict import Verdict
    from validator.settings import Settings

app = typer.Typer(
    help="Write tasks: begin one, get advice, try it out, part what must be hidden.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folders = Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders of tasks.")]


@app.command("new")
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="To be made; its name is the task's.")
    ],
    template: Annotated[str, typer.Option("--template", help="What to begin with.")] = "code-cases",
    as_json: JsonOption = False,
) -> None:
    """Make a task from a template: a reference answer, wrong ones, and a trap.

    Example: tos-validator task new my-task --template code-calls

    Templates: code-cases, code-calls, math, document, table, report, audit, speed-up.
    """
    from validator.authoring.templates import copy_template

    copy_template(template, folder)
    if as_json:
        print_json({"folder": str(folder), "template": template})
        return
    print_rows(
        [
            ("made", folder),
            ("then", f"edit task.json and answers.json; tos-validator task test {folder}"),
        ]
    )


@app.command("lint")
def lint(
    folders: Folders,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with a task and what its author will regret; runs nothing.

    Example: tos-validator task lint my-task

    Exit code: 0 without errors (warnings are allowed), 1 with errors, 2 for what is no task.
    """
    from validator.authoring.lint import lint as advise

    limits = read_settings(config, data_dir).settings.limits
    errors = 0
    for folder in _read(folders):
        found = advise(folder, limits)
        errors += sum(advice.level == "error" for advice in found)
        if as_json:
            listed = [
                {"level": one.level, "field": one.field, "message": one.message} for one in found
            ]
            print_json({"task": folder.name, "advice": listed})
        elif found:
            print_rows([(f"{folder.name}  {a.level}", f"{a.field}: {a.message}") for a in found])
        else:
            print_rows([(folder.name, "nothing to mend")])
    raise typer.Exit(EXIT_REJECTED if errors else EXIT_OK)


@app.command("test")
def try_task(
    folders: Folders,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge every answer of a task, and some that its author forgot; say where one ends otherwise.

    Example: tos-validator task test my-task

    The reference must be accepted, twice alike; wrong answers, an empty one, the task's own text
    and public cases learned by heart must not. Exit code: 0 all as meant, 1 not so, 2 no task.
    """
    from validator.authoring.trial import try_out

    settings = read_settings(config, data_dir, sandbox).settings
    wrong = 0
    with _judging(settings) as judge:
        for folder in _read(folders):
            for ending in try_out(folder, judge):
                wrong += not ending.as_meant
                _tell(folder, ending, as_json=as_json)
    raise typer.Exit(EXIT_REJECTED if wrong else EXIT_OK)


@app.command("part")
def part(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a task.")],
    sealed_uri: Annotated[
        str, typer.Option("--sealed-uri", help="Where the sealed part will lie.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to be made for the documents.")],
    task_id: Annotated[
        str | None, typer.Option("--task-id", help="The chain's id, 64 hex digits; default: new.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Part a task into what everybody may read and what stays sealed, as the chain's documents.

    Example: tos-validator task part my-task --sealed-uri https://example.org/sealed.json --out docs

    Writes public.json and, where anything must be hidden, sealed.json with a salt that only this
    machine's random source knows. Serve sealed.json when no more answers can come.
    """
    from validator.authoring.folder import read_folder
    from validator.authoring.sealing import part as parted
    from validator.wire.digest import Algorithm, Digest

    chosen = _task_id(task_id)
    documents = parted(read_folder(folder), chosen, secrets.token_bytes(32), sealed_uri)
    _write(out, "public.json", documents.public)
    if documents.sealed is not None:
        _write(out, "sealed.json", documents.sealed)
    rows = {
        "task_id": chosen.hex(),
        "public": str(out / "public.json"),
        "digest": str(Digest.of(documents.public, Algorithm.BLAKE3)),
        "sealed": str(out / "sealed.json") if documents.sealed is not None else None,
    }
    if as_json:
        print_json(rows)
    else:
        print_rows([(name, value or "nothing to hide") for name, value in rows.items()])


def _read(paths: list[Path]) -> Iterator[TaskFolder]:
    from validator.authoring.folder import folders_below, read_folder

    for path in folders_below(paths):
        yield read_folder(path)


@contextmanager
def _judging(settings: Settings) -> Iterator[Callable[[bytes], Verdict]]:
    """Give a judge of bytes, which raises what intake refuses; ends its cage."""
    from validator.cli.check_inputs import Source
    from validator.cli.judge import Judge

    with Judge.open(settings) as opened:

        def judge(body: bytes) -> Verdict:
            judged = opened.judge(Source("answer", body))
            if judged.error is not None:
                raise judged.error
            assert judged.verdict is not None  # noqa: S101 - one of both, for the type checker
            return judged.verdict

        yield judge


def _tell(folder: TaskFolder, ending: Ending, *, as_json: bool) -> None:
    trial = ending.trial
    if as_json:
        print_json(
            {
                "task": folder.name,
                "answer": trial.name,
                "expected": trial.expected,
                "decision": ending.decision,
                "score": ending.score,
                "as_meant": ending.as_meant,
                "reasons": list(ending.reasons),
            }
        )
        return
    mark = "ok   " if ending.as_meant else "WRONG"
    score = "" if ending.score is None else f" {ending.score}"
    rows = [(f"{mark} {folder.name}/{trial.name}", f"{ending.decision}{score}")]
    if not ending.as_meant:
        rows.append((f"      expected {trial.expected}", f"since it is {trial.why}"))
        rows += [("      reason", reason) for reason in ending.reasons[:3]]
    print_rows(rows)


def _task_id(text: str | None) -> bytes:
    if text is None:
        return secrets.token_bytes(32)
    try:
        chosen = bytes.fromhex(text)
    except ValueError:
        chosen = b""
    if len(chosen) != 32:  # noqa: PLR2004 - a hash
        raise UsageError("--task-id must have 64 hexadecimal digits")
    return chosen


def _write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise TaskExistsError(f"{path} is there already") from None
    except OSError as error:
        raise TaskFolderError(f"{path}: cannot be written: {error.strerror}") from None
