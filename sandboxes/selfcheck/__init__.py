"""Attacks a backend through the public protocol and compares what it says with what it holds.

A property declared `held` must be seen held. One declared `weak` may be seen either way. One
declared `not held` must really fail, or the declaration is too modest and is reported as such.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sandboxes.protocol import Grip, Sandbox, SandboxError, ToolchainMissingError
from sandboxes.selfcheck import endings, resources, walls
from sandboxes.selfcheck.registry import PROOFS, AttackError, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["PROPERTIES", "QUICK", "Line", "Report", "run_selfcheck"]

_ROOMS = (walls, resources, endings)  # importing them fills PROOFS

PROPERTIES: Mapping[str, str] = MappingProxyType(
    {name: sentence for name, (sentence, _) in PROOFS.items()}
)
"""What a cage must hold, by id, each as a sentence."""

QUICK = (
    "memory", "memory-split", "processes", "network-tcp", "network-loopback", "no-host-paths",
    "kernel-doors", "clean-files",
)  # fmt: skip
"""What is proven before the first job: a few seconds, where the full set takes most of a minute."""


@dataclass(frozen=True, slots=True)
class Line:
    """One property: what the backend says, what was seen (`None`: could not be tried)."""

    name: str
    sentence: str
    declared: Grip
    seen: bool | None
    detail: str
    seconds: float

    @property
    def ok(self) -> bool:
        """True when the declaration is not contradicted."""
        if self.declared is Grip.WEAK:
            return True
        if self.seen is None:
            return False
        return self.seen is (self.declared is Grip.HELD)


@dataclass(frozen=True, slots=True)
class Report:
    """Every property of one backend."""

    backend: str
    lines: tuple[Line, ...]

    @property
    def ok(self) -> bool:
        """True when every declaration is borne out."""
        return all(line.ok for line in self.lines)

    @property
    def failed(self) -> tuple[Line, ...]:
        """The lines that contradict their declaration."""
        return tuple(line for line in self.lines if not line.ok)


def run_selfcheck(
    sandbox: Sandbox,
    names: Iterable[str] | None = None,
    on_line: Callable[[Line], None] | None = None,
) -> Report:
    """Run all attacks, or those named, one after another; leave nothing behind."""
    declared = sandbox.declared()
    lines = []
    with _range(sandbox) as at:
        for name in names if names is not None else PROPERTIES:
            line = _try(at, name, declared.get(name, Grip.NOT_HELD))
            lines.append(line)
            if on_line is not None:
                on_line(line)
    return Report(sandbox.name, tuple(lines))


def _try(at: Range, name: str, declared: Grip) -> Line:
    sentence, attack = PROOFS[name]
    began = time.monotonic()
    seen: bool | None = None
    try:
        proof = attack(at)
        seen, detail = proof.held, proof.detail
    except ToolchainMissingError as error:
        # Without the toolchain there is nothing to attack with, and nothing to be attacked.
        seen, detail = declared is Grip.HELD, f"not tried: {error}"
    except (AttackError, SandboxError) as error:
        detail = str(error)
    return Line(name, sentence, declared, seen, detail, round(time.monotonic() - began, 3))


@contextlib.contextmanager
def _range(sandbox: Sandbox) -> Iterator[Range]:
    """Put up what the attacks reach for: a secret file, listeners on loopback and by name."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="tos-validator-selfcheck-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        secret = secrets.token_hex(16)
        (folder / "secret").write_text(secret)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = secrets.token_hex(8)
        unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(f"\0{abstract}")
        unix.listen()
        yield Range(
            sandbox,
            secret_path=str(folder / "secret"),
            secret=secret,
            port=tcp.getsockname()[1],
            abstract=abstract,
            facts={"address": _address()},
        )


def _address() -> str:
    """An address of this host other than loopback, where it has one."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing
        return str(probe.getsockname()[0])
    return "127.0.0.1"
