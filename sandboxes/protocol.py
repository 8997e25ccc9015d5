"""What a sandbox is: frozen values and two protocols, standard library only.

A `Sandbox` (backend) opens a `Session`; a session is one clean room for the programs of one party
(one answer, or one program of a task). It is never shared between two submitters. Inside a session
`/program` is a read-only tree that `put` or `build` made, and every `run` gets a fresh, empty,
writable working directory of its own. Nothing that a job writes survives its run except what
`collect` names, which comes back as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

PROGRAM_DIR = "/program"
"""Where a job finds the session's program, read-only."""

WORK_DIR = "/box"
"""The fresh working directory of each job; also its HOME and TMPDIR."""

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "HOME": WORK_DIR,
        "TMPDIR": WORK_DIR,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # Two validators must see the same order of sets, the same files in a tree, and sums of
        # floats in one order; and a library must not start as many threads as a machine has cores.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
)
"""What every job finds in its environment, besides the backend's PATH."""


class SandboxError(Exception):
    """The cage failed, not the program in it: our fault, never the miner's."""


class SandboxUnavailableError(SandboxError):
    """The backend cannot be had on this machine (now)."""


class ToolchainMissingError(SandboxError):
    """The backend has no toolchain for this language."""

    def __init__(self, language: str, hint: str = "") -> None:
        self.language = language
        self.hint = hint
        super().__init__(
            f"no toolchain for {language} in this sandbox" + (f": {hint}" if hint else "")
        )


class Status(StrEnum):
    """How a job ended. Everything but `OK` and `INTERNAL_ERROR` is the program's own doing."""

    OK = "ok"
    RUNTIME_ERROR = "runtime_error"  # exit code other than 0, or a signal of its own
    COMPILE_ERROR = "compile_error"
    COMPILE_LIMIT = "compile_limit"
    CPU_LIMIT = "cpu_limit"
    WALL_LIMIT = "wall_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    PROCESS_LIMIT = "process_limit"
    DISK_LIMIT = "disk_limit"
    FILE_LIMIT = "file_limit"
    INTERNAL_ERROR = "internal_error"  # our fault; never becomes a score

    @property
    def is_limit(self) -> bool:
        """True for the statuses that name a limit the program ran into."""
        return self.value.endswith("_limit")


class Grip(StrEnum):
    """How firmly a backend holds a property. Declared by the backend, proven by the self-check."""

    HELD = "held"
    WEAK = "weak"
    NOT_HELD = "not held"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use; the defaults are those of the contract, section 2.

    cpu_s counts the whole process tree; memory_mb and disk_mb are mebibytes; output_kb is
    kibibytes for each of stdout and stderr; files counts what the job may create in its
    working directory.
    """

    cpu_s: float = 5.0
    wall_s: float = 10.0
    memory_mb: int = 256
    processes: int = 64
    output_kb: int = 1024
    disk_mb: int = 64
    files: int = 1024

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:  # also refuses NaN
                raise ValueError(f"limits.{name}: must be greater than 0")


BUILD_LIMITS = Limits(cpu_s=30, wall_s=60, memory_mb=1024, output_kb=256, disk_mb=256, files=4096)
"""Limits of a compile step: compilers are heavier than what they make."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a job used. `None` where the backend cannot measure it."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory_mb: float | None = None
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One program to run.

    argv[0] is a name on the cage's fixed PATH (`python3`, `cc`, `node`, `bash`, ...) or a path
    under `/program`. `files` are laid into the working directory before the start (relative
    POSIX paths without `..`). `collect` names regular files of the working directory to hand back
    after every process of the job is dead; a missing, special, linked or oversized one is left out.
    `core` is the number of the one processor core to run on (`sandboxes.cores` chooses it, never a
    task); None: any.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = field(default_factory=Limits)
    collect: tuple[str, ...] = ()
    core: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one job.

    `truncated` names the streams that were cut (`stdout`, `stderr`); a cut stream always goes with
    status `OUTPUT_LIMIT` (or `INTERNAL_ERROR`), never with `OK`. `exit_code` is set when the
    program exited, `signal` (a name such as `SIGSEGV`) when a signal ended it; both are `None`
    when the cage ended it. `marginal` says that time or memory came within a tenth of its limit.
    `detail` is a sentence for the operator, free of the program's bytes.
    """

    status: Status
    exit_code: int | None = None
    signal: str | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    artifacts: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    marginal: bool = False
    detail: str = ""

    @property
    def ok(self) -> bool:
        """True when the program exited with 0 inside every limit."""
        return self.status is Status.OK


@dataclass(frozen=True, slots=True)
class Description:
    """What a verdict records about the cage: backend, image digest, properties not fully held.

    `image` is that of every language, if there is such a one; `images` has each language's.
    """

    backend: str
    image: str | None
    weak: tuple[str, ...]
    images: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def image_of(self, language: str) -> str | None:
        """Digest of the image that a session of this language is made of."""
        return self.images.get(language, self.image)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Compiler or interpreter of a language as found in the cage."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Tree:
    """Plain files by relative POSIX path, and which of them are programs."""

    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


TAKEN_BYTES = 32 * 1024 * 1024
"""The most that `Session.take` hands out."""


class Session(Protocol):
    """A clean room for one party's programs. Safe to call from several threads at once."""

    @property
    def image(self) -> str | None:
        """Digest of the image that it is made of; None where the cage has no images."""

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        """Make `/program` hold exactly these files (relative POSIX paths)."""

    def take(self) -> Tree | None:
        """Return what `/program` holds; None when that is more than TAKEN_BYTES."""

    def build(self, job: Job) -> Outcome:
        """Run a job in a writable copy of `/program`; if it ends `OK`, the tree becomes `/program`.

        Limits hit here come back under their own names; callers say `COMPILE_*`.
        """

    def run(self, job: Job) -> Outcome:
        """Run a job in a fresh working directory."""

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        """Run a job that talks: each line of its stdout goes to `reply`, whose answer is its stdin.

        `job.stdin` is sent first. The lines count toward the output limit; `Outcome.stdout` is
        empty. The wall clock runs on while `reply` works. An exception of `reply` ends the job and
        is raised from here.
        """

    def close(self) -> None:
        """Kill and delete everything of this session. Idempotent; also called by `with`."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...


class Sandbox(Protocol):
    """A backend: makes sessions, and says what it holds."""

    @property
    def name(self) -> str:
        """`bubblewrap`, `docker`, ... as settings and verdicts spell it."""

    def open(self, language: str) -> Session:
        """Make a clean room with this language's toolchain.

        Raises ToolchainMissingError, or SandboxUnavailableError when the cage cannot be had.
        """

    def toolchain(self, language: str) -> Toolchain:
        """Name and version as the cage itself reports them (cached). Raises as `open` does."""

    def describe(self) -> Description:
        """What verdicts record."""

    def declared(self) -> Mapping[str, Grip]:
        """For every property of `sandboxes.selfcheck.PROPERTIES`, how firmly it is held here."""

    def close(self) -> None:
        """End every session of this backend and let go of its resources."""
