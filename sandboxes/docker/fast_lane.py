"""The `docker-fast` backend: a room per session, with namespaces and a control group of its own.

Rooms are made in standing containers, as unprivileged as those of the strong lane and without any
mount of the host's, by their keeper (sandboxes/supervisor/lane, ADR 10). A lane serves one session
at a time, and is thrown away when anything about its room is not as it should be.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from sandboxes.docker.attachment import LaneAttachment
from sandboxes.docker.backend import ContainerSandbox
from sandboxes.docker.engine import Engine, lane_container
from sandboxes.docker.session import START_S, ContainerSession
from sandboxes.images.groups import DEFAULT_PREFIX
from sandboxes.messages import OPERATOR_LIMITS
from sandboxes.protocol import Limits, SandboxError, SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandboxes.docker.containers import Running

ROOMS = 1000
"""After so many a lane is replaced: whatever a kernel may leak goes with it."""
KEPT = 8
PATIENCE_S = 0.2  # a new lane takes longer to start
RENEW_S = 10.0


class Lane:
    """One standing container with a room that nobody has used, or one session at a time."""

    def __init__(self, image: str, running: Running[LaneAttachment]) -> None:
        self.image = image
        self.running = running
        self.rooms = 0
        self._session: ContainerSession | None = None
        self._last: ContainerSession | None = None

    def furnish(self, make_session: Callable[[Lane], ContainerSession]) -> None:
        """Wait for a room and bring its supervisor to rest. Raises SandboxError."""
        self.running.attachment.await_room(time.monotonic() + START_S)
        session = make_session(self)
        self._last = session
        session.begin()
        self._session = session
        self.rooms += 1

    def vacate(self) -> None:
        """End the room; whatever it has said or still says is forgotten."""
        self.running.attachment.leave_room(time.monotonic() + RENEW_S)

    def let(self) -> ContainerSession | None:
        """Give the room away; None when something has happened to it meanwhile."""
        session, self._session = self._session, None
        return session if self.running.sound() else None

    def release(self) -> None:
        """Give the stream's descriptor back once nobody waits on it."""
        if self._last is not None:
            self._last.release()
        self.running.attachment.close()


class Lanes:
    """Idle lanes of all images."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Condition()
        self._idle: list[Lane] = []
        self._coming: Counter[str] = Counter()  # by image: lanes between two sessions
        self._closed = False

    def take(self, image: str) -> Lane | None:
        """Return the lane of this image that was used last, if one is idle or will be at once."""
        with self._lock:
            self._lock.wait_for(
                lambda: self._closed or not self._coming[image] or self._idle_of(image), PATIENCE_S
            )
            lane = self._idle_of(image)
            if lane is not None:
                self._idle.remove(lane)
            return lane

    def _idle_of(self, image: str) -> Lane | None:
        return next((lane for lane in reversed(self._idle) if lane.image == image), None)

    def expect(self, image: str) -> None:
        """Count on a lane of this image that will soon be ready again, until it has `arrived`."""
        with self._lock:
            self._coming[image] += 1

    def arrived(self, image: str) -> None:
        """A lane that was expected is there, or will not come."""
        with self._lock:
            self._coming[image] -= 1
            self._lock.notify_all()

    def keep(self, lane: Lane) -> list[Lane]:
        """Put a renewed lane back; return those that are now too many, the oldest first."""
        with self._lock:
            if self._closed:
                return [lane]
            self._idle.append(lane)
            surplus = self._idle[: max(0, len(self._idle) - self._kept)]
            del self._idle[: len(surplus)]
            return surplus

    def close(self) -> list[Lane]:
        """Keep nothing any more; return what was kept."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
            idle, self._idle = self._idle, []
            return idle


class FastLaneSandbox(ContainerSandbox):
    """Opens rooms in standing containers."""

    name = "docker-fast"

    def __init__(
        self,
        prefix: str = DEFAULT_PREFIX,
        *,
        image: str | None = None,
        engine: Engine | None = None,
        cap: Limits = OPERATOR_LIMITS,
        kept: int = KEPT,
    ) -> None:
        """Start a first lane: a host that refuses rooms is known at once."""
        super().__init__(prefix, image, engine, cap)
        self._lanes = Lanes(kept)
        try:
            self._lanes.keep(self._start(next(iter(self.images.values()))))
        except SandboxError:
            self.close()
            raise

    def _start(self, image: str) -> Lane:
        containers = self._containers
        wanted = lane_container(image, self._cap, containers.owner, apparmor=self._facts.apparmor)
        running = containers.start(wanted, LaneAttachment)
        lane = Lane(image, running)
        try:
            lane.furnish(self._session)
        except SandboxError as error:
            self._remove(lane)
            raise SandboxUnavailableError(f"no fast lane can be had here: {error}") from error
        return lane

    def _room(self, image: str) -> ContainerSession:
        while (lane := self._lanes.take(image)) is not None:
            session = lane.let()
            if session is not None:
                return session
            self._containers.later(partial(self._remove, lane))
        session = self._start(image).let()
        if session is None:
            raise SandboxUnavailableError("a new lane of the sandbox ended at once")
        return session

    def _session(self, lane: Lane) -> ContainerSession:
        def end(session: ContainerSession, at_rest: bool) -> None:
            self._forget(session)
            again = at_rest and lane.rooms < ROOMS
            if again:
                self._lanes.expect(lane.image)
            self._containers.later(partial(self._renew if again else self._remove, lane))

        return ContainerSession(lane.running, self._cap, self._deadlines, end)

    def _renew(self, lane: Lane) -> None:
        """Make the lane ready for the next session, off the path of the last one."""
        try:
            lane.vacate()
            lane.furnish(self._session)
        except SandboxError:
            surplus = [lane]
        else:
            surplus = self._lanes.keep(lane)
        finally:
            self._lanes.arrived(lane.image)
        for old in surplus:
            self._remove(old)

    def _remove(self, lane: Lane) -> None:
        self._containers.remove_now(lane.running.identity)
        lane.release()

    def _let_go(self) -> None:
        for lane in self._lanes.close():
            self._remove(lane)
