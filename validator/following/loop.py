"""The loop of `watch`: read the chain when something wakes it, then let each stage do its part."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from validator.errors import ValidatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from validator.domain.clock import Clock
    from validator.following.follower import Follower, Phase

PAUSE_S: Final = 0.5
"""How long it may take until a stop, or a stage that has become ready, is seen."""

log = structlog.get_logger(__name__)


class Wakeups(Protocol):
    """What tells that the chain may have something new. It is never believed, it only wakes."""

    def wait(self, seconds: float) -> bool:
        """Return True as soon as something was heard, False after the time."""


class Stage(Protocol):
    """A part of the work that follows each reading of the chain."""

    @property
    def name(self) -> str:
        """For the log."""

    def step(self) -> None:
        """Do a bounded piece of work. What it raises stops no other stage."""


class Loop:
    """Reads at every wake-up, and every `sync_s` seconds without any."""

    def __init__(
        self,
        follower: Follower,
        stages: Sequence[Stage],
        wakeups: Wakeups,
        clock: Clock,
        sync_s: float,
    ) -> None:
        self._follower = follower
        self._stages = stages
        self._wakeups = wakeups
        self._clock = clock
        self._sync_s = sync_s
        self._ready = threading.Event()
        self._said: tuple[Phase, str | None] | None = None
        self._followed = False

    @property
    def followed(self) -> bool:
        """Whether the follower's last step ended by itself: else its standing is an older one."""
        return self._followed

    def ready(self) -> None:
        """A stage has something to go on with; may be called from any thread."""
        self._ready.set()

    def run(self, stopping: Callable[[], bool]) -> None:
        """Work until told to stop; a piece of work that was begun is ended."""
        while not stopping():
            if not self.turn():
                self._rest(stopping)

    def turn(self) -> bool:
        """Read once and run every stage; True when there is more to read at once."""
        self._ready.clear()
        more = self._guarded("follower", self._follower.step)
        self._followed = more is not None
        self._tell()
        for stage in self._stages:
            self._guarded(stage.name, stage.step)
        return bool(more)

    def _guarded(self, name: str, work: Callable[[], bool | None]) -> bool | None:
        try:
            return work()
        except ValidatorError as error:
            log.warning("a stage was put off", stage=name, code=error.code, detail=error.detail)
        except Exception:
            log.exception("a stage failed by a fault of ours", stage=name)
        return None

    def _tell(self) -> None:
        """Say in the log what has changed about following."""
        standing = self._follower.standing
        said = (standing.phase, standing.sentence)
        if said != self._said:
            self._said = said
            phase = standing.phase.value
            speak = log.warning if standing.sentence else log.info
            speak("following", phase=phase, why=standing.sentence, height=standing.height)

    def _rest(self, stopping: Callable[[], bool]) -> None:
        until = self._clock.monotonic() + self._sync_s
        while not stopping() and not self._ready.is_set():
            left = until - self._clock.monotonic()
            if left <= 0 or self._wakeups.wait(min(PAUSE_S, left)):
                return
