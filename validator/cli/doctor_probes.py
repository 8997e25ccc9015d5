"""The examinations of `doctor`. None of them changes anything on the machine."""

from __future__ import annotations

import contextlib
import os
import platform
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sandboxes.protocol import Grip, SandboxError, ToolchainMissingError
from validator.errors import ValidatorError
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandboxes.protocol import Sandbox
    from validator.settings import Settings

State = Literal["ok", "weak", "absent", "missing"]


OLD_BLOCK_S: Final = 120.0
"""A chain makes a block about every 3 s; a newest one older than this was not followed."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One finding. `missing` is needed and not there; `absent` and `weak` can be lived with."""

    name: str
    state: State
    detail: str
    mend: str = ""


def examine(settings: Settings) -> list[Probe]:
    """Look at everything the engine needs, in the order in which one would mend it."""
    from validator.cli.chain_probes import chain_probes
    from validator.cli.nodes import nodes_of
    from validator.domain.clock import SystemClock

    return [
        _python(),
        *_data_dir(settings.data_dir),
        *_cage(settings),
        *_proofs(settings),
        _database(settings),
        _broker(settings),
        *_signer(settings),
        *chain_probes(settings, nodes_of, SystemClock()),
        *_follower(settings),
    ]


def _python() -> Probe:
    return Probe("python", "ok", f"{platform.python_version()} ({platform.system()})")


def _data_dir(path: Path) -> Iterator[Probe]:
    shown = plain(str(path.absolute()))
    parent = next(
        folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists()
    )
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        yield Probe("data dir", "missing", f"{shown} cannot be written", "Set --data-dir.")
        return
    if not path.exists():
        yield Probe("data dir", "ok", f"{shown} will be made")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Probe(
            "data dir",
            "weak",
            f"{shown} may be written by others ({mode:o})",
            "Run chmod go-w on it.",
        )
        return
    yield Probe("data dir", "ok", shown)


def _cage(settings: Settings) -> Iterator[Probe]:
    from validator.pipeline import open_cage

    try:
        cage = open_cage(settings.sandbox)
    except SandboxError as error:
        yield Probe(
            "sandbox",
            "missing",
            plain(str(error)),
            "Start a Docker engine, or allow unprivileged user namespaces.",
        )
        return
    try:
        yield _backend(cage, settings)
        yield from _images(cage)
        yield from _properties(cage)
        yield from _toolchains(cage)
    except SandboxError as error:
        yield Probe("sandbox", "missing", plain(str(error)))
    finally:
        cage.close()


def _backend(cage: Sandbox, settings: Settings) -> Probe:
    found = cage.describe()
    return Probe("sandbox", "ok", f"{found.backend}, {_why(found.backend, settings)}")


def _images(cage: Sandbox) -> Iterator[Probe]:
    """One line for each image, with the languages that it holds."""
    found = cage.describe().images
    for image in dict.fromkeys(found.values()):
        languages = [language for language in found if found[language] == image]
        yield Probe(f"image {', '.join(languages)}", "ok", image)


def _why(backend: str, settings: Settings) -> str:
    chosen = settings.sandbox
    if chosen.daemon is not None:
        return "as the daemon at sandbox.daemon has it"
    if chosen.backend != "auto":
        return f"as sandbox.backend says ({chosen.backend})"
    if backend == "docker":
        return "auto: a Docker engine answers and has images of ours"
    from sandboxes.factory import open_sandbox

    try:
        open_sandbox("docker", images=chosen.images, engine=chosen.address).close()
    except SandboxError as error:
        return f"auto: {plain(str(error))}"
    return "auto: no Docker engine answered in time"


def _properties(cage: Sandbox) -> Iterator[Probe]:
    weak = {name: grip for name, grip in cage.declared().items() if grip is not Grip.HELD}
    if not weak:
        yield Probe("sandbox properties", "ok", "all held")
    for name, grip in weak.items():
        yield Probe(f"property {name}", "weak", str(grip.value))


def _toolchains(cage: Sandbox) -> Iterator[Probe]:
    from sandboxes.images.groups import ANALYZERS, GROUPS
    from sandboxes.languages import LANGUAGES

    named = [("language", name) for name in LANGUAGES]
    named += [("analyzer", name) for name in GROUPS[ANALYZERS].tools]
    for kind, name in named:
        try:
            tool = cage.toolchain(name)
        except ToolchainMissingError as error:
            yield Probe(f"{kind} {name}", "absent", plain(error.hint or str(error)))
        else:
            yield Probe(f"{kind} {name}", "ok", f"{tool.name} {tool.version}")


def _proofs(settings: Settings) -> Iterator[Probe]:
    """What the workers of this machine, and the operator by hand, last saw of their cages."""
    from validator.domain.clock import SystemClock
    from validator.pipeline.proofs import FOLDER, read_all

    records = read_all(settings.data_dir / FOLDER, SystemClock().now())
    if not records:
        detail = "no worker of this machine runs, and none was proven by hand"
        yield Probe("self-test", "absent", detail, "Run tos-validator sandbox selftest.")
    for record in records:
        for proof in record.proofs:
            image = f", image {proof.image}" if proof.image else ""
            held = proof.tried - len(proof.failures)
            detail = plain(
                f"{record.kind} set at {record.at}, {proof.backend}{image}: {held} of"
                f" {proof.tried} as declared in {proof.seconds:.1f} s"
            )
            if proof.reason is None:
                yield Probe("self-test", "ok", detail)
            else:
                mend = "Its worker takes no jobs. Run tos-validator sandbox selftest."
                yield Probe("self-test", "missing", f"{detail}; {plain(proof.reason)}", mend)


def _database(settings: Settings) -> Probe:
    """Ask a database that is there; make none where none is, and change no schema."""
    from sqlalchemy import text

    from validator.store.database import Database
    from validator.store.dialects import FILE_NAME

    url = settings.database.url
    if url is None and not (settings.data_dir / FILE_NAME).exists():
        return Probe("database", "ok", "SQLite, made at the first start")
    try:
        database = Database(url.get_secret_value() if url else None, settings.data_dir, 1)
    except ValidatorError as error:
        return Probe("database", "missing", plain(error.detail), error.hint)
    try:
        database.read(lambda connection: connection.execute(text("SELECT 1")).all())
    except ValidatorError as error:
        return Probe("database", "missing", plain(error.detail), error.hint)
    finally:
        database.close()
    return Probe("database", "ok", f"{database.dialect.name} answers")


def _broker(settings: Settings) -> Probe:
    from validator.services import ping_broker

    if settings.broker.url is not None:
        try:
            ping_broker(settings.broker)
        except ValidatorError as error:
            return Probe("broker", "missing", plain(error.detail), error.hint)
        return Probe("broker", "ok", "the broker at broker.url answers")
    from validator.cli.broker import find_server

    try:
        server = find_server()
    except ValidatorError as error:
        return Probe("broker", "missing", plain(error.detail), error.hint)
    return Probe("broker", "ok", f"`up` starts its own ({plain(str(server))})")


def _signer(settings: Settings) -> Iterator[Probe]:
    """Nothing where no key is named: then this machine signs nothing for a chain."""
    if settings.signer.key_file is None:
        return
    from validator.signing.client import SOCKET, SignerClient
    from validator.signing.words import reason_in_words

    try:
        with SignerClient(settings.data_dir / SOCKET, timeout_s=5) as client:
            found = client.status()
    except ValidatorError as error:
        yield Probe("signer", "missing", plain(error.detail), error.hint)
        return
    reasons = ", ".join(found["reasons"])
    if found["phase"] == "open":
        yield Probe("signer", "ok", f"key {found['fingerprint']}, signing is open")
    else:
        mends = (reason_in_words(reason).mend for reason in found["reasons"])
        mend = "; ".join(mend for mend in mends if mend)
        yield Probe("signer", "weak", f"signing is {found['phase']}: {reasons}", mend)


def _follower(settings: Settings) -> Iterator[Probe]:
    """How far the journal has come; nothing where no node is named."""
    if not settings.chain.nodes:
        return
    from validator.domain.clock import SystemClock
    from validator.store.chain import ChainStore
    from validator.store.database import Database
    from validator.store.dialects import FILE_NAME

    clock = SystemClock()
    url = settings.database.url
    mend = "Run tos-validator watch."
    if url is None and not (settings.data_dir / FILE_NAME).exists():
        yield Probe("follower", "absent", "no block was read yet", mend)
        return
    try:
        with contextlib.closing(
            Database(url.get_secret_value() if url else None, settings.data_dir, 1)
        ) as database:
            tip = ChainStore(database, clock).tip()
    except ValidatorError:
        tip = None  # no journal yet; the line of the database says what is wrong with it
    if tip is None:
        yield Probe("follower", "absent", "no block was read yet", mend)
        return
    age_s = clock.now().timestamp() - tip.timestamp_ms / 1000
    detail = f"read up to height {tip.height}, a block of {max(0.0, age_s):.0f} s ago"
    late = age_s > OLD_BLOCK_S
    yield Probe("follower", "weak" if late else "ok", detail, mend if late else "")
