"""`tos-validator verdicts`: what was decided, and the evidence of it."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from validator.cli.evidence_inputs import (
    EXIT_REFUSED,
    KeyOption,
    expected_digest,
    expected_task,
    given_bundle,
    trusted_key,
)
from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SandboxOption,
    read_settings,
)
from validator.cli.output import EXIT_OK, EXIT_OPEN, print_error, print_json, show, stdout
from validator.cli.plain_files import shown
from validator.domain.submission import LOCAL_OWNER
from validator.errors import EvidenceRefusedError, UnreadableFileError, UsageError

if TYPE_CHECKING:
    from validator.audit.ed25519 import PublicKey
    from validator.evidence.bundle import SealedBundle
    from validator.evidence.verification import Holding
    from validator.pipeline.replay import Replayed
    from validator.settings import Settings

app = typer.Typer(help="Show verdicts, and verify or replay their evidence.", rich_markup_mode=None)

BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's file.")]
VerdictArgument = Annotated[str, typer.Argument(metavar="VERDICT", help="Its id, ver_...")]
TaskOption = Annotated[
    str | None,
    typer.Option("--task", metavar="DIGEST", help="The task that you expect, sha256:..."),
]
TaskFileOption = Annotated[
    Path | None,
    typer.Option("--task-file", metavar="FILE", help="That task, or a submission with it."),
]


@app.command(name="list")
def list_verdicts(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 50,
    chain: Annotated[
        bool,
        typer.Option("--chain", help="Those on answers of the chain: for the operator alone."),
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest verdicts of this service, and which of them have evidence.

    Example: tos-validator verdicts list --limit 10
    """
    from validator.cli.verdict_lists import listed, listed_of_chain, print_table

    settings = read_settings(config, data_dir).settings
    found = listed_of_chain(settings, limit) if chain else listed(settings, LOCAL_OWNER, limit)
    if as_json:
        print_json({"items": found})
    else:
        print_table(found)


@app.command(name="show")
def show_one(
    verdict: VerdictArgument,
    sarif: Annotated[
        bool, typer.Option("--sarif", help="Its findings alone, as a SARIF 2.1.0 log.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one verdict of this service, as its operator may see it.

    It is read from the database, also what no reader of the service may see yet: a verdict on an
    answer of the chain before it is final there, its reasons before the task is closed.

    Example: tos-validator verdicts show ver_0197f1e0...
    """
    from validator.cli.verdict_lists import document_of, print_document
    from validator.wire.sarif import sarif_bytes

    found = document_of(read_settings(config, data_dir).settings, verdict)
    if sarif:
        sys.stdout.buffer.write(sarif_bytes(found) + b"\n")
        sys.stdout.buffer.flush()
    elif as_json:
        print_json(found)
    else:
        print_document(found)


@app.command(name="explain")
def explain_one(
    verdict: VerdictArgument,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why an audit got its points, finding by finding.

    It names the known weaknesses of the task: keep it from miners until the task is closed.

    Example: tos-validator verdicts explain ver_0197f1e0...
    """
    from validator.cli.verdict_explain import explained

    found = explained(read_settings(config, data_dir).settings, verdict)
    if as_json:
        print_json({"items": [dataclasses.asdict(item) for item in found]})
    else:
        for item in found:
            for line in item.explained:
                stdout().print(show(line))


@app.command()
def export(
    verdict: VerdictArgument,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A new file; default: stdout.")
    ] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="With all that a replay needs, hidden inputs too.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: ARG001 - the bundle is JSON with and without it
) -> None:
    """Write the evidence of a verdict as a bundle.

    Example: tos-validator verdicts export ver_0197f1e0... --output evidence.json
    """
    from validator.evidence.shelf import EvidenceShelf

    if sealed and output is None:
        raise UsageError("--sealed needs --output: hidden inputs are not printed")
    shelf = EvidenceShelf(read_settings(config, data_dir).settings.data_dir)
    content = shelf.sealed(verdict) if sealed else shelf.any_public(verdict)
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        _write(output, content, 0o600 if sealed else 0o644)


@app.command()
def verify(
    bundle: BundleArgument,
    key: KeyOption = None,
    task: TaskOption = None,
    task_file: TaskFileOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a bundle offline, with the public key alone, and print what it is about.

    It must be said which task is expected: evidence of another one proves nothing to you.

    Example: tos-validator verdicts verify evidence.json --key operator.pem --task sha256:...

    Exit code: 0 it holds and is about that task, 1 it does not, 2 what was given cannot be used.
    """
    from validator.evidence.verification import need_task

    wanted, document = expected_digest(task), expected_task(task_file)
    trusted = trusted_key(key, None if key else read_settings(config, data_dir).settings.data_dir)
    try:
        holding, salt = _hold(bundle, trusted, as_json=as_json)
        need_task(holding.statement, wanted, document, salt)
    except EvidenceRefusedError as error:
        print_error(error, as_json=as_json)
        raise typer.Exit(EXIT_REFUSED) from None
    if not as_json:
        sys.stdout.write("the evidence holds\n")


@app.command()
def replay(  # noqa: PLR0913, PLR0917 - one argument for each option
    bundle: BundleArgument,
    key: KeyOption = None,
    task: TaskOption = None,
    task_file: TaskFileOption = None,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a sealed bundle, run its checks again on this machine, and compare the results.

    Nothing is pulled: programs run in images that `sandbox images verify` has found good here.

    Example: tos-validator verdicts replay sealed.json --key operator.pem

    Exit code: 0 the same result, 1 another one or evidence that does not hold, 2 what was given
    cannot be used, 3 nothing is shown: a check could not be run here, or by the verdict's tools.
    """
    from validator.cli.evidence_view import replayed_to_json, show_replayed
    from validator.evidence.verification import need_task, verify_sealed

    wanted, document = expected_digest(task), expected_task(task_file)
    settings = read_settings(config, data_dir, sandbox).settings
    trusted = trusted_key(key, settings.data_dir)
    whole = _need_sealed(bundle)
    try:
        holding = verify_sealed(whole, trusted)
        if wanted is not None or document is not None:
            need_task(holding.statement, wanted, document, whole.salt)
        replayed = _run_again(whole, holding, settings)
    except EvidenceRefusedError as error:
        print_error(error, as_json=as_json)
        raise typer.Exit(EXIT_REFUSED) from None
    if as_json:
        print_json(replayed_to_json(replayed))
    else:
        show_replayed(replayed)
    raise typer.Exit(_exit_code(replayed))


def _exit_code(replayed: Replayed) -> int:
    if replayed.doubt is not None:
        return EXIT_OPEN
    return EXIT_OK if replayed.same else EXIT_REFUSED


def _hold(path: Path, key: PublicKey, *, as_json: bool) -> tuple[Holding, bytes | None]:
    """Verify a bundle of either kind, print what it proves, and return its salt with that."""
    from validator.cli.evidence_view import holding_to_json, show_holding
    from validator.evidence.bundle import SealedBundle
    from validator.evidence.verification import verify_public, verify_sealed

    found = given_bundle(path)
    salt = None
    if isinstance(found, SealedBundle):
        holding, salt = verify_sealed(found, key), found.salt
    else:
        holding = verify_public(found, key)
    if as_json:
        print_json(holding_to_json(holding) | {"sealed": isinstance(found, SealedBundle)})
    else:
        show_holding(holding)
    return holding, salt


def _need_sealed(path: Path) -> SealedBundle:
    from validator.evidence.bundle import SealedBundle

    found = given_bundle(path)
    if not isinstance(found, SealedBundle):
        raise UsageError("a replay needs the sealed bundle; this is the public one")
    return found


def _run_again(bundle: SealedBundle, holding: Holding, settings: Settings) -> Replayed:
    """Run the checks in a cage that opens listed images only."""
    from validator.domain.clock import RandomIds, SystemClock
    from validator.pipeline import Pipeline, SharedSandbox, open_cage
    from validator.pipeline.replay import need_images, recorded_limits, reopened, replay
    from validator.pipeline.verified_images import ListedCage, read_verified

    predicate = holding.statement.predicate
    images = need_images(predicate, read_verified(settings.data_dir).values())
    limits = recorded_limits(predicate, settings.limits)
    intake = reopened(bundle, holding.statement, limits)
    clock = SystemClock()
    cage = SharedSandbox(lambda: ListedCage(open_cage(settings.sandbox), images))
    try:
        pipeline = Pipeline(cage, limits, clock, RandomIds(clock), settings.sandbox.jobs)
        return replay(intake, predicate, pipeline)
    finally:
        cage.close()


def _write(path: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(path, flags, mode), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(content)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"{shown(path)} cannot be written: {reason}") from None
