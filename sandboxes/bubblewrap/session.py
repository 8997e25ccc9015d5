"""A clean room of the embedded backend: every job gets a cage of its own, fresh from bwrap."""

from __future__ import annotations

import contextlib
import itertools
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, Self

from sandboxes.bubblewrap.cage import Layout, Orders
from sandboxes.bubblewrap.cgroups import MEMORY, TASKS
from sandboxes.bubblewrap.harvest import Harvest, Leaf
from sandboxes.bubblewrap.warden import Reply, Warden
from sandboxes.bubblewrap.workshop import link_tree, remove_tree, write_tree
from sandboxes.messages import OPERATOR_LIMITS, check_job
from sandboxes.protocol import (
    PROGRAM_DIR,
    TAKEN_BYTES,
    WORK_DIR,
    Job,
    Outcome,
    SandboxError,
    Status,
    Tree,
)
from sandboxes.wire import check_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from sandboxes.bubblewrap.cage import Mode
    from sandboxes.bubblewrap.cgroups import Places
    from sandboxes.bubblewrap.live import LiveCage
    from sandboxes.bubblewrap.ready import ReadyCages
    from sandboxes.languages.host import Provision

MIB: Final = 1024 * 1024
SPARE_TASKS: Final = 64


class Yard(Protocol):
    """What a session needs of the backend that opened it."""

    @property
    def places(self) -> Places | None:
        """Where control groups of jobs are made."""

    @property
    def mode(self) -> Mode:
        """How cages get their rights."""

    @property
    def ready(self) -> ReadyCages:
        """Cages made ahead."""

    def make_cage(self, layout: Layout, *, collects: bool) -> LiveCage:
        """Make a cage that waits for its job. Raises SandboxError and OSError."""

    def forget(self, session: BubblewrapSession) -> None:
        """Let go of a session that has been closed."""


class BubblewrapSession:
    """One party's room. The host alone writes its folder; jobs see it read-only."""

    image: str | None = None  # its toolchains are the machine's own

    def __init__(
        self,
        sandbox: Yard,
        folder: Path,
        provision: Provision,
        language: str | None = None,
    ) -> None:
        """`language` names the provision where cages of it may be made ahead."""
        self._sandbox = sandbox
        self._folder = folder
        self._provision = provision
        self._language = language
        self._serial = itertools.count()
        self._lock = threading.Lock()
        self._wardens: set[Warden] = set()
        self._closed = False
        self._leaves: Mapping[str, Leaf] = {}
        self._program = self._lay(self._leaves)

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        """Make `/program` hold exactly these files."""
        check_tree(tuple(files))
        self._become({name: Leaf(content, name in executable) for name, content in files.items()})

    def take(self) -> Tree | None:
        """Return what `/program` holds; None when that is too much."""
        leaves = self._leaves
        files = {name: leaf.content for name, leaf in leaves.items()}
        tree = Tree(files, frozenset(name for name, leaf in leaves.items() if leaf.executable))
        return tree if tree.size <= TAKEN_BYTES else None

    def run(self, job: Job) -> Outcome:
        """Run a job in a fresh working directory."""
        return self._work(job, _collecting(job))

    def build(self, job: Job) -> Outcome:
        """Run a job in a writable copy of `/program`; if it ends `OK`, the tree becomes it."""
        outcome, leaves = self.make(job)
        if outcome.ok:
            self._become(leaves)
        return outcome

    def make(self, job: Job) -> tuple[Outcome, Mapping[str, Leaf]]:
        """Run a job in a writable copy of `/program`; return the tree that it left."""
        limits = job.limits
        harvest = Harvest(PROGRAM_DIR, limits.disk_mb * MIB, count=limits.files)
        outcome = self._work(job, harvest, build=True)
        outcome = replace(outcome, artifacts={})
        if outcome.ok and not (harvest.complete and not harvest.broken):
            detail = harvest.broken or "the tree that the build left could not be taken out"
            outcome = replace(outcome, status=Status.FILE_LIMIT, detail=detail)
        return outcome, harvest.leaves()

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        """Run a job that talks: each line of its stdout goes to `reply`."""
        return self._work(job, _collecting(job), reply=reply)

    def close(self) -> None:
        """Kill and delete everything of this session."""
        with self._lock:
            self._closed = True
            wardens = list(self._wardens)
        for warden in wardens:
            warden.stop(None)
        remove_tree(self._folder)
        self._sandbox.forget(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- one job --------------------------------------------------------------------------------

    def _work(
        self, job: Job, harvest: Harvest | None, *, reply: Reply | None = None, build: bool = False
    ) -> Outcome:
        check_job(job, OPERATOR_LIMITS)
        inputs = self._lay(_leaves(job.files)) if job.files else None
        warden = None
        try:
            with self._standing(job, inputs, harvest, build=build) as cage:
                warden = Warden(job, cage, self._orders(job, build=build), harvest, reply)
                self._enter(warden)
                outcome = warden.run()
        except (SandboxError, OSError, ValueError) as error:
            outcome = Outcome(Status.INTERNAL_ERROR, detail=str(error))
        finally:
            self._leave(warden)
            if inputs is not None:
                remove_tree(inputs)
        if warden is not None and warden.reply_error is not None:
            raise warden.reply_error
        if self._closed:
            return Outcome(Status.INTERNAL_ERROR, detail="the session was closed under the job")
        return outcome

    @contextlib.contextmanager
    def _standing(
        self, job: Job, inputs: Path | None, harvest: Harvest | None, *, build: bool
    ) -> Iterator[LiveCage]:
        """Take a cage that was made ahead, or make one; end it afterwards."""
        with self._sandbox.ready.job(self._language, take=not build) as ready:
            if ready is not None:
                link_tree(self._program, ready.program)
                if inputs is not None:
                    link_tree(inputs, ready.inputs)
                yield ready.cage
                return
            layout = Layout(
                self._program, job.limits.disk_mb, inputs, build=build, provision=self._provision
            )
            cage = self._sandbox.make_cage(layout, collects=harvest is not None)
            with contextlib.closing(cage):
                yield cage

    def _orders(self, job: Job, *, build: bool) -> bytes:
        places = self._sandbox.places
        folders = places.folders if places else {}
        return Orders(
            limits=job.limits,
            argv=job.argv,
            input_count=_nodes(job.files),
            build=build,
            # Only a backstop between two looks where no control group counts the tree.
            data_mb=-1 if MEMORY in folders else 2 * job.limits.memory_mb + 256,
            spare_tasks=SPARE_TASKS if TASKS in folders else 0,
        ).encode(self._sandbox.mode)

    def _leave(self, warden: Warden | None) -> None:
        if warden is not None:
            with self._lock:
                self._wardens.discard(warden)

    def _enter(self, warden: Warden) -> None:
        with self._lock:
            if self._closed:
                raise SandboxError("this session has been closed")
            self._wardens.add(warden)

    # -- the host's folders ---------------------------------------------------------------------

    def _become(self, leaves: Mapping[str, Leaf]) -> None:
        # A run that has begun keeps the old tree; all go with the session.
        self._program, self._leaves = self._lay(leaves), leaves

    def _lay(self, leaves: Mapping[str, Leaf]) -> Path:
        root = self._folder / f"tree-{next(self._serial)}"
        write_tree(root, leaves)
        return root


def _collecting(job: Job) -> Harvest | None:
    """What hands back the files that a job names, if it names any."""
    if not job.collect:
        return None
    return Harvest(WORK_DIR, job.limits.disk_mb * MIB, names=tuple(job.collect))


def _leaves(files: Mapping[str, bytes]) -> dict[str, Leaf]:
    return {name: Leaf(content, executable=False) for name, content in files.items()}


def _nodes(files: Mapping[str, bytes]) -> int:
    """How many inodes a tree takes."""
    folders = {name[:at] for name in files for at, letter in enumerate(name) if letter == "/"}
    return len(files) + len(folders)
