"""Our containers on one engine: started, attached to, and deleted off the caller's path."""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sandboxes.docker.attachment import Attachment
from sandboxes.docker.engine import (
    LABEL_HOUSE,
    LABEL_OWNER,
    Engine,
    labels_of,
    owner_is_gone,
    owner_mark,
)
from sandboxes.protocol import SandboxError, SandboxUnavailableError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

DISPOSERS = 2
MAX_AGE_S = 3600.0  # longer than any session may live, and than any container stands ready
UNKNOWN_S = 60.0
"""So old, a container that nobody knows is none that is just being created."""
STALE_S = 1800.0
"""So old, a container that stands ready is replaced before others take it for an orphan."""
LAST_LOOK_S = 10.0
"""So long a closing house looks again for what the engine has not deleted yet."""
LOOK_S = 0.1

_forsaken: set[str] = set()
"""Houses that closed while their engine was away. A process has one engine: the next one tidies."""

A_co = TypeVar("A_co", bound=Attachment, covariant=True)


@dataclass(frozen=True, slots=True)
class Running(Generic[A_co]):
    """A started container of an image and the way to its pid 1."""

    identity: str
    image: str
    attachment: A_co
    born: float

    def sound(self) -> bool:
        """True while its stream stands, nothing waits in it, and it is not stale."""
        return time.monotonic() - self.born < STALE_S and self.attachment.stands()


class Containers:
    """Starts containers that carry our mark, and sees to their end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.owner = owner_mark()
        self._lock = threading.Lock()
        self._closed = False
        self._disposers = ThreadPoolExecutor(DISPOSERS, thread_name_prefix="sandbox-disposer")
        self._house = secrets.token_hex(16)
        self._known: set[str] = set()
        self._left: set[str] = set()  # what the engine could not delete when it was told to
        self._failed = False  # the engine was gone for a moment: not all that we know is so
        reap_orphans(engine, time.time())
        self._tidy_forsaken()

    def start(
        self, specification: Mapping[str, Any], attach: Callable[[socket.socket], A_co]
    ) -> Running[A_co]:
        """Create, attach to and start a container. Raises SandboxUnavailableError."""
        with self._lock:
            if self._closed:
                raise SandboxUnavailableError("the sandbox is closed")
        identity = self._create(specification)
        try:
            attachment = attach(self.engine.attach(identity))
            self.engine.start(identity)
        except SandboxError:
            self.remove_now(identity)
            raise
        self._retry()
        return Running(identity, str(specification["Image"]), attachment, time.monotonic())

    def _create(self, specification: Mapping[str, Any]) -> str:
        labels = {**specification["Labels"], LABEL_HOUSE: self._house}
        try:
            identity = self.engine.create({**specification, "Labels": labels})
        except SandboxUnavailableError:
            self._failed = True  # it may have been created, and only the answer was lost
            raise
        with self._lock:
            self._known.add(identity)
        return identity

    def later(self, work: Callable[[], object]) -> None:
        """Do something off the caller's path; at once when closing."""
        with self._lock:
            if not self._closed:
                self._disposers.submit(work)
                return
        work()

    def remove_now(self, identity: str) -> bool:
        """Kill and delete; what the engine cannot do now, it is asked for again later.

        Returns whether the engine has it no more.
        """
        try:
            gone = self.engine.remove(identity)
        except SandboxUnavailableError:
            with self._lock:
                self._left.add(identity)
                self._failed = True  # an engine that dies forgets what it was just deleting
            return False
        with self._lock:
            self._known.discard(identity)
        return gone

    def _retry(self) -> None:
        """The engine works again: have it delete what it could not, and what we never knew of."""
        with self._lock:
            left, self._left = self._left, set()
            failed, self._failed = self._failed, False
        for identity in left:
            self.later(partial(self.remove_now, identity))
        if failed:
            self.later(partial(self._sweep, time.time() - UNKNOWN_S))

    def _sweep(self, before: float) -> None:
        """Delete containers of this house that were created before then and have no user."""
        try:
            unknown = self._unknown()
        except SandboxUnavailableError:
            self._failed = True
            return
        for entry in unknown:
            if float(entry.get("Created", 0)) <= before:
                self.remove_now(str(entry["Id"]))
            else:
                self._failed = True  # perhaps being created: look again after the next start

    def _unknown(self) -> list[Mapping[str, Any]]:
        """List what is this house's and nobody here knows. Raises SandboxUnavailableError."""
        found = self.engine.ours(f"{LABEL_HOUSE}={self._house}")
        with self._lock:
            known = self._known - self._left
        return [entry for entry in found if str(entry["Id"]) not in known]

    def _tidy_forsaken(self) -> None:
        """Delete what earlier houses of this process could not, since the engine was away."""
        for house in tuple(_forsaken):
            for entry in self.engine.ours(f"{LABEL_HOUSE}={house}"):
                self.engine.remove(str(entry["Id"]))
            _forsaken.discard(house)

    def close(self) -> None:
        """Wait until everything is deleted that was given up. Nothing is started any more."""
        with self._lock:
            self._closed = True
        self._disposers.shutdown(wait=True)
        if not self._emptied():
            _forsaken.add(self._house)

    def _emptied(self) -> bool:
        """Delete until the engine shows nothing more of this house; False when it goes on.

        Always, and more than once: what an engine had promised to delete when it died it leaves
        lying, and what it says it is deleting already it may fail to delete.
        """
        end = time.monotonic() + LAST_LOOK_S
        gone: set[str] = set()  # an engine that was killed may go on listing what it has not
        try:
            while left := {str(entry["Id"]) for entry in self._unknown()} - gone:
                gone |= {identity for identity in left if self.remove_now(identity)}
                if time.monotonic() > end:
                    return False
                if left - gone:
                    time.sleep(LOOK_S)
        except SandboxUnavailableError:
            return False
        return True


def reap_orphans(engine: Engine, now: float, max_age_s: float = MAX_AGE_S) -> list[str]:
    """Delete containers of ours whose owner is gone; return their ids."""
    gone = []
    for entry in engine.ours():
        mark = labels_of(entry).get(LABEL_OWNER, "")
        created = float(entry.get("Created", 0))
        if owner_is_gone(mark, now, created, max_age_s, shared=engine.shared):
            engine.remove(str(entry["Id"]))
            gone.append(str(entry["Id"]))
    return gone
