"""`tos-validator sandbox`: one program in the cage, and the proof of what the cage holds."""

from __future__ import annotations

import contextlib
import sys
from contextlib import nullcontext
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from validator.cli import images
from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SandboxOption,
    read_settings,
)
from validator.cli.output import print_json
from validator.cli.plain_files import open_plain, shown
from validator.errors import SandboxMissingError, TooLargeError, UnreadableFileError, UsageError

if TYPE_CHECKING:
    from sandboxes.protocol import Limits, Outcome, Sandbox
    from sandboxes.selfcheck import Report
    from validator.settings import Settings

EXIT_PROGRAM = 1
EXIT_INTERNAL = 3
MAX_FILE = 64 * 1024 * 1024

app = typer.Typer(
    help="Run one program in the cage, prove what the cage holds, or make its images.",
    rich_markup_mode=None,
)
app.add_typer(images.app, name="images")


@app.command()
def run(  # noqa: PLR0913, PLR0917 - one argument for each option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The source file.")],
    language: Annotated[str, typer.Option("--language", help="Its language, such as python.")],
    stdin: Annotated[
        Path | None, typer.Option("--stdin", metavar="FILE", help="What the program reads.")
    ] = None,
    limits: Annotated[
        str | None, typer.Option("--limits", metavar="JSON", help='Such as {"cpu_s": 2}.')
    ] = None,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: ARG001 - the output is JSON with and without it
) -> None:
    """Run one program in the cage and print what happened, as JSON.

    Example: tos-validator sandbox run --language python hello.py

    Exit code: 0 ok, 1 the program or a limit, 2 usage, 3 an internal error.
    """
    settings = read_settings(config, data_dir, sandbox).settings
    chosen = read_limits(limits)
    name = _source_name(language)
    source, given = _read(file), _read(stdin) if stdin else b""
    cage = open_or_refuse(settings)
    try:
        outcome = _run(cage, language, {name: source}, given, chosen)
    finally:
        cage.close()
    print_json(outcome_to_json(outcome))
    raise typer.Exit(exit_code(outcome))


@app.command()
def selftest(
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove, property by property, that the cage holds what it declares.

    Example: tos-validator sandbox selftest --sandbox bubblewrap

    Exit code: 0 when every declaration is proven, 1 when one is not, 2 when there is no cage.
    """
    from validator.cli.selftest_view import run_selftest

    settings = read_settings(config, data_dir, sandbox).settings
    cage = open_or_refuse(settings)
    try:
        report = run_selftest(cage, as_json=as_json)
        keep_proof(settings, cage, report)
    finally:
        cage.close()
    raise typer.Exit(0 if report.ok else EXIT_PROGRAM)


def keep_proof(settings: Settings, cage: Sandbox, report: Report) -> None:
    """Let `doctor` show what was seen, where there is a data directory to keep it in."""
    from validator.domain.clock import SystemClock
    from validator.pipeline.attack import judged
    from validator.pipeline.proofs import BY_HAND, FOLDER, Record, write

    now = SystemClock().now()
    proof = judged(cage, report.lines, settings.network)
    record = Record(BY_HAND, now.isoformat(timespec="seconds"), "full", (proof,))
    if settings.data_dir.is_dir():
        with contextlib.suppress(OSError):  # the command's own output has said it
            write(settings.data_dir / FOLDER, record, now)


def open_or_refuse(settings: Settings) -> Sandbox:
    """Return the cage. Raises SandboxMissingError with the backend's own sentence."""
    from sandboxes.protocol import SandboxError
    from validator.pipeline import open_cage

    try:
        return open_cage(settings.sandbox)
    except SandboxError as error:
        raise SandboxMissingError(str(error)) from None


def read_limits(text: str | None) -> Limits:
    """Return the limits of one run. Raises UsageError with the field to mend."""
    from pydantic import ValidationError

    from checkers.option_parts import LimitOptions
    from checkers.strict_json import StrictJsonError, loads
    from sandboxes.messages import OPERATOR_LIMITS, over_limits
    from validator.wire.sentences import summary, translate

    if text is None:
        return LimitOptions().to_limits()
    raw = None
    try:
        raw = loads(text)
        limits = LimitOptions.model_validate(raw).to_limits()
    except StrictJsonError as error:
        raise UsageError(f"--limits {error}") from None
    except ValidationError as error:
        faults = translate(error, raw)
        raise UsageError(f"--limits {summary(faults)}", faults) from None
    over = over_limits(limits, OPERATOR_LIMITS)
    if over is not None:
        raise UsageError(f"--limits {over.removeprefix('limits.')}")
    return limits


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return the contract's form; bytes that are not UTF-8 become the replacement character."""
    usage = outcome.usage
    return {
        "status": outcome.status.value,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "stdout": outcome.stdout.decode("utf-8", "replace"),
        "stderr": outcome.stderr.decode("utf-8", "replace"),
        "truncated": list(outcome.truncated),
        "usage": {
            "cpu_s": usage.cpu_s,
            "wall_s": usage.wall_s,
            "memory_mb": usage.memory_mb,
            "processes": usage.processes,
        },
        "marginal": outcome.marginal,
        "detail": outcome.detail,
    }


def exit_code(outcome: Outcome) -> int:
    """As the contract gives it: whose fault it was."""
    if outcome.ok:
        return 0
    return EXIT_INTERNAL if outcome.status.value == "internal_error" else EXIT_PROGRAM


def _run(
    cage: Sandbox, language: str, files: dict[str, bytes], stdin: bytes, limits: Limits
) -> Outcome:
    from sandboxes.languages import build, run_argv
    from sandboxes.protocol import Job, Outcome, SandboxError, Status, ToolchainMissingError

    (entry,) = files
    try:
        with cage.open(language) as session:
            built = build(session, language, files, entry)
            if not built.ok:
                return built
            argv = run_argv(language, entry, memory_mb=limits.memory_mb)
            return session.run(Job(argv, stdin=stdin, limits=limits))
    except ToolchainMissingError as error:
        raise SandboxMissingError(str(error)) from None
    except SandboxError as error:
        return Outcome(Status.INTERNAL_ERROR, detail=str(error))


def _source_name(language: str) -> str:
    from sandboxes.languages import LANGUAGES, compiles_only

    known = LANGUAGES.get(language)
    if known is None:
        raise UsageError(f"--language {language}: is not known; choose {', '.join(LANGUAGES)}")
    only = compiles_only(language)
    if only is not None:
        raise UsageError(f"--language {language}: {only}")
    return known.main


def _read(path: Path) -> bytes:
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else open_plain(path) as file:
            content: bytes = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"{shown(path)}: the file cannot be read: {reason}") from None
    if len(content) > MAX_FILE:
        raise TooLargeError(f"{shown(path)}: the file has more than {MAX_FILE} bytes")
    return content
