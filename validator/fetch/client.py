"""The caller's side of the fetcher: bytes with the right digest, or one of few errors."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from validator.errors import (
    ContentNotFoundError,
    ContentTooLargeError,
    ContentTooSlowError,
    ContentUnreachableError,
    DigestMismatchError,
    FetchError,
    TargetRefusedError,
)
from validator.fetch.frames import Failure, FetchFailedError, FrameError, Frames, Kind
from validator.fetch.policy import Policy
from validator.wire.digest import Digest

if TYPE_CHECKING:
    from validator.settings import FetchSettings

REFUSED: Final = "content lies at a target that this validator does not fetch from"
"""For every refused target, so that nobody learns from it what stands where."""

START_S: Final = 30.0
GRACE_S: Final = 2.0
"""How much later than the child's own deadline the parent stops it."""

ENDING_S: Final = 0.5
"""How long a process whose connection broke may take until it is seen to have ended."""

FETCHES: Final = 64
"""After so many a child is replaced: its limit on CPU time counts its whole life."""

ROOT: Final = Path(__file__).resolve().parents[2]
_ENVIRONMENT: Final = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
_SENTENCES: Final = {
    Failure.UNREACHABLE: "the content's server cannot be reached",
    Failure.CERTIFICATE: "the content's server shows no certificate that holds for its name",
    Failure.BROKEN: "the content's server does not answer in proper HTTP",
}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Of one fetch: bytes of content, and seconds from the request to the last byte."""

    max_bytes: int
    seconds: float


class Fetcher:
    """Fetches in child processes, several at once. Threads may share it. Starts at first use."""

    def __init__(self, settings: FetchSettings) -> None:
        self.limits = FetchLimits(settings.max_bytes, settings.seconds)
        self._policy = policy_of(settings)
        self._slots = threading.BoundedSemaphore(settings.processes)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def fetch(
        self, uri: str, digest: Digest | None = None, limits: FetchLimits | None = None
    ) -> bytes:
        """Return the bytes at a URI, which have the digest.

        Without a digest the bytes prove nothing: only for documents that a commitment is checked
        against. `limits` may be less than the settings', never more (ValueError). Raises FetchError
        and its kinds, after at most the limit of seconds and the wait for a free process.
        """
        limits = limits or self.limits
        if limits.max_bytes > self.limits.max_bytes or limits.seconds > self.limits.seconds:
            raise ValueError("a fetch may not have more than the settings allow")
        with self._slots:
            content = self._fetched(uri, limits)
        if digest is not None and not digest.holds_for(content):
            found = Digest.of(content, digest.algorithm)
            raise DigestMismatchError(f"the content has digest {found}, named was {digest}")
        return content

    def __call__(self, uri: str, digest: Digest | None, max_bytes: int) -> bytes:
        """Fetch with a limit of bytes, or with the settings' where that is less."""
        limits = FetchLimits(min(max_bytes, self.limits.max_bytes), self.limits.seconds)
        return self.fetch(uri, digest, limits)

    def close(self) -> None:
        """End every child that is idle now, and each other one after its fetch."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _fetched(self, uri: str, limits: FetchLimits) -> bytes:
        child = self._take()
        clean = False
        try:
            content = child.fetch(uri, limits)
            clean = True
        except FetchFailedError as failed:
            clean = True
            raise _error(failed, limits) from None
        except TimeoutError:
            raise _error(FetchFailedError(Failure.TOO_SLOW), limits) from None
        except FrameError as error:
            raise FetchError(f"the fetcher's process {child.ending()}: {error}") from None
        finally:
            self._give_back(child, clean=clean)
        return content

    def _take(self) -> _Child:
        with self._lock:
            if self._closed:
                raise FetchError("the fetcher is closed")
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                child.end()
        return _Child(self._policy)

    def _give_back(self, child: _Child, *, clean: bool) -> None:
        with self._lock:
            if clean and child.fetches < FETCHES and not self._closed:
                self._idle.append(child)
                return
        child.end()


def policy_of(settings: FetchSettings) -> Policy:
    """Return what the child is told of the settings."""
    return Policy(
        schemes=settings.schemes,
        ports=settings.ports,
        redirects=settings.redirects,
        gateway=settings.ipfs_gateway,
        gateway_on_loopback=settings.ipfs_gateway_on_loopback,
        loopback=settings.loopback,
        file_root=str(settings.file_root) if settings.file_root else None,
        authorities=str(settings.authorities.absolute()) if settings.authorities else None,
    )


class _Child:
    """One process and the connection to it."""

    def __init__(self, policy: Policy) -> None:
        ours, theirs = socket.socketpair()
        self.fetches = 0
        self._socket = ours
        self._frames = Frames(ours)
        with theirs:
            # -P: a stray file in the working directory must not shadow a module.
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-s", "-m", "validator.fetch"),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        try:
            until = time.monotonic() + START_S
            self._frames.send(Kind.POLICY, policy.to_json(), until)
            kind, _ = self._frames.receive(until)
        except (FrameError, TimeoutError):
            self.end()
            raise FetchError("the fetcher's process did not start") from None
        if kind is not Kind.READY:
            self.end()
            raise FetchError("the fetcher's process did not start")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while its process runs."""
        return self._process.poll() is None

    def fetch(self, uri: str, limits: FetchLimits) -> bytes:
        """Return the content. Raises FetchFailedError, TimeoutError, FrameError."""
        self.fetches += 1
        request = {"uri": uri, "max_bytes": limits.max_bytes, "seconds": limits.seconds}
        until = time.monotonic() + limits.seconds + GRACE_S
        self._frames.send(Kind.REQUEST, json.dumps(request).encode(), until)
        content = bytearray()
        while True:
            kind, data = self._frames.receive(until)
            match kind:
                case Kind.DATA if len(content) + len(data) <= limits.max_bytes:
                    content += data
                case Kind.END:
                    return bytes(content)
                case Kind.FAILED:
                    raise _failure(data)
                case _:
                    raise FrameError("it sends what was not asked for")

    def ending(self) -> str:
        """Say how the process ended, or that it did not."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(ENDING_S)
            return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return "broke off"

    def end(self) -> None:
        """Kill and bury it. There is nothing that it could lose."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _failure(data: bytes) -> FetchFailedError:
    """Read a failure. Raises FrameError for what is not from the closed list."""
    try:
        said = json.loads(data)
        return FetchFailedError(Failure(said["failure"]), int(said["status"]))
    except (ValueError, TypeError, LookupError, RecursionError):
        raise FrameError("it names no failure that there is") from None


def _error(failed: FetchFailedError, limits: FetchLimits) -> FetchError:
    match failed.failure:
        case Failure.REFUSED:
            return TargetRefusedError(REFUSED)
        case Failure.TOO_LARGE:
            return ContentTooLargeError(f"the content has more than {limits.max_bytes} bytes")
        case Failure.TOO_SLOW:
            return ContentTooSlowError(f"the content did not come within {limits.seconds:g} s")
        case Failure.NOT_FOUND:
            return ContentNotFoundError("there is no content at the URI")
        case Failure.STATUS:
            return ContentUnreachableError(
                f"the content's server answers with HTTP status {failed.status}"
            )
    return ContentUnreachableError(_SENTENCES[failed.failure])
