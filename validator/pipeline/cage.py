"""A sandbox that is opened when the first check needs it, and not before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sandboxes.protocol import SandboxUnavailableError
from validator.domain.verdict import SandboxRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandboxes.protocol import Description, Grip, Sandbox, Session, Toolchain
    from validator.settings import SandboxSettings

NO_SANDBOX = SandboxRecord(backend="none", image=None, weak=())
"""Recorded where no check came to need a cage, or none could be had."""


def open_cage(settings: SandboxSettings) -> Sandbox:
    """Open the backend that the operator chose. Raises SandboxUnavailableError."""
    from sandboxes.factory import open_sandbox

    return open_sandbox(
        settings.backend, image=settings.image, daemon=settings.daemon, engine=settings.address
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


class RunSandbox:
    """The sandbox as one run of a plan sees it; remembers whether it came to be used."""

    def __init__(self, provider: Callable[[], Sandbox]) -> None:
        self._provider = provider
        self._used: Sandbox | None = None

    @property
    def name(self) -> str:
        """The backend's name."""
        return self._sandbox().name

    def open(self, language: str) -> Session:
        """Make a clean room with this language's toolchain."""
        return self._sandbox().open(language)

    def toolchain(self, language: str) -> Toolchain:
        """Name and version as the cage itself reports them."""
        return self._sandbox().toolchain(language)

    def describe(self) -> Description:
        """What verdicts record."""
        return self._sandbox().describe()

    def declared(self) -> Mapping[str, Grip]:
        """How firmly each property is held."""
        return self._sandbox().declared()

    def close(self) -> None:
        """Nothing: the backend outlives the run."""

    def record(self) -> SandboxRecord:
        """Return what the verdict says of the cage, after the run."""
        if self._used is None:
            return NO_SANDBOX
        found = self._used.describe()
        return SandboxRecord(backend=found.backend, image=found.image, weak=found.weak)

    def _sandbox(self) -> Sandbox:
        self._used = self._provider()
        return self._used
