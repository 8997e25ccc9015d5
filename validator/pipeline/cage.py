"""A sandbox that is opened when the first check needs it, and not before."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import structlog

from sandboxes.build_cache import BuildCache, CachedSession
from sandboxes.images.groups import group_of
from sandboxes.protocol import SandboxUnavailableError
from validator.domain.verdict import SandboxRecord
from validator.pipeline.lanes import FAST_BACKEND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandboxes.protocol import Description, Grip, Sandbox, Session, Toolchain
    from validator.settings import SandboxSettings

FAST_AGAIN_S = 60.0  # a fast lane that could not be had is asked for again after this time
T = TypeVar("T")

log = structlog.get_logger(__name__)

NO_SANDBOX = SandboxRecord(backend="none", image=None, weak=())
"""Recorded where no check came to need a cage, or none could be had."""


def open_cage(settings: SandboxSettings) -> Sandbox:
    """Open the backend that the operator chose. Raises SandboxUnavailableError."""
    from sandboxes.factory import open_sandbox

    return open_sandbox(
        settings.backend, images=settings.images, daemon=settings.daemon, engine=settings.address
    )


def open_fast(settings: SandboxSettings) -> Sandbox:
    """Open the fast lane beside the backend that the operator chose.

    Raises SandboxUnavailableError, also where it does not exist: without Docker, or in a release
    that does not bring it.
    """
    from sandboxes.factory import open_sandbox

    if settings.fast == "off" or settings.backend not in ("auto", "docker", "docker+runsc"):
        raise SandboxUnavailableError("there is no fast lane beside this backend")
    return open_sandbox(
        FAST_BACKEND, images=settings.images, daemon=settings.daemon, engine=settings.address
    )


class SharedSandbox:
    """Opens one backend at the first call and gives the same one to everybody in this process.

    A failure is not remembered: the next submission asks again, since an engine may come back.
    While `doubt` has a reason, nobody gets it.
    """

    def __init__(
        self,
        open_backend: Callable[[], Sandbox],
        doubt: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._open_backend = open_backend
        self.doubt = doubt
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._closed = False

    def __call__(self) -> Sandbox:
        """Return the backend. Raises SandboxUnavailableError."""
        reason = self.doubt()
        if reason is not None:
            raise SandboxUnavailableError(reason)
        with self._lock:
            if self._closed:  # what was cut must not run on in a new cage
                raise SandboxUnavailableError("this process has closed its sandbox")
            if self._sandbox is None:
                self._sandbox = self._open_backend()
            return self._sandbox

    def close(self) -> None:
        """End the backend, with every program in it, for good."""
        with self._lock:
            self._closed = True
            sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()


class FastLane(SharedSandbox):
    """The fast lane of this process. A failure is remembered for a while: there is another way."""

    def __init__(
        self,
        open_backend: Callable[[], Sandbox],
        doubt: Callable[[], str | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(open_backend, doubt)
        self._monotonic = monotonic
        self._not_before = 0.0
        self._why = ""

    def __call__(self) -> Sandbox:
        """Return the backend. Raises SandboxUnavailableError."""
        if self._monotonic() < self._not_before:
            raise SandboxUnavailableError(self._why)
        try:
            return super().__call__()
        except SandboxUnavailableError as error:
            self.shun(str(error))
            raise

    def shun(self, why: str) -> None:
        """Use it no more for a while, unless it is only in doubt: that may end any moment."""
        if self.doubt() is not None:
            return
        if why != self._why:
            log.info("fast_lane_unavailable", reason=why[:200])
        self._not_before, self._why = self._monotonic() + FAST_AGAIN_S, why


@dataclass(frozen=True, slots=True)
class Known:
    """What this process has built before, and whose builds a run may find there."""

    builds: BuildCache
    owner: str


class RunSandbox:
    """The sandbox as one run of a plan sees it; remembers whether it came to be used.

    With a fast lane that is tried first. Once it cannot be had the rest of the run is the strong
    backend's, and there is no way back; a strong one that is lost is lost.
    """

    def __init__(
        self,
        provider: Callable[[], Sandbox],
        fast: Callable[[], Sandbox] | None = None,
        known: Known | None = None,
    ) -> None:
        self._known = known
        self._provider = provider
        self._fast = fast
        self._used: Sandbox | None = None
        self._used_fast: Sandbox | None = None
        self._images: dict[str, str] = {}  # by group, in the order in which they came to be used

    @property
    def name(self) -> str:
        """The backend's name."""
        return self._in_lane(lambda cage: cage.name)

    def open(self, language: str) -> Session:
        """Make a clean room with this language's toolchain."""
        session = self._in_lane(lambda cage: cage.open(language))
        if session.image is not None:
            self._images.setdefault(group_of(language) or language, session.image)
        if self._known is None:
            return session
        return CachedSession(session, self._known.builds, self._known.owner)

    def toolchain(self, language: str) -> Toolchain:
        """Name and version as the cage itself reports them."""
        return self._in_lane(lambda cage: cage.toolchain(language))

    def describe(self) -> Description:
        """What verdicts record."""
        return self._in_lane(lambda cage: cage.describe())

    def declared(self) -> Mapping[str, Grip]:
        """How firmly each property is held."""
        return self._in_lane(lambda cage: cage.declared())

    def close(self) -> None:
        """Nothing: the backend outlives the run."""

    def adopt(self, other: RunSandbox) -> None:
        """Count what another run of ours used as used by this one, which got its results."""
        self._used = self._used or other._used
        self._used_fast = self._used_fast or other._used_fast
        for group, image in other._images.items():
            self._images.setdefault(group, image)

    def record(self) -> SandboxRecord:
        """Return what the verdict says of the cage, after the run: the weakest that was used."""
        used = self._used_fast or self._used
        if used is None:
            return NO_SANDBOX
        found = used.describe()
        return SandboxRecord(
            backend=found.backend,
            image=next(iter(self._images.values()), found.image),
            weak=found.weak,
            images=dict(self._images) if len(self._images) > 1 else {},
        )

    def _in_lane(self, action: Callable[[Sandbox], T]) -> T:
        fast = self._fast
        if fast is not None:
            try:
                cage = fast()
                done = action(cage)
            except SandboxUnavailableError as error:
                self._fast = None
                if isinstance(fast, FastLane):
                    fast.shun(str(error))
            else:
                self._used_fast = cage
                return done
        self._used = self._provider()
        return action(self._used)
