"""Server-sent events of a vote round: one for each phase, numbered, and the decision at the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from validator.domain.voting import Phase
from validator.rounds.documents import round_to_json
from validator.web.replies import json_bytes
from validator.web.sse import HEARTBEAT_S, MAX_STREAM_S, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from validator.domain.voting import Round
    from validator.web.desk import Desk

LOOK_S: Final = 0.5
_NUMBERS: Final = {phase: number for number, phase in enumerate(Phase, start=1)}
LAST_EVENT: Final = len(_NUMBERS) + 1
"""Of the result."""


class RoundStream(Stream):
    """The phase that a round is in, each one that it comes to, and its result."""

    def __init__(self, desk: Desk, owner: str, first: Round, after: int) -> None:
        super().__init__(desk.watcher)
        self._desk = desk
        self._owner = owner
        self._first = first
        self._after = after

    async def chunks(self) -> AsyncIterator[bytes]:
        """Events as frames, and a comment when there was nothing for a while."""
        monotonic, clock = self._watcher.monotonic, self._desk.services.clock
        stop_at, quiet_since = monotonic() + MAX_STREAM_S, monotonic()
        found, after = self._first, self._after
        yield b"retry: 1000\n\n"
        while True:
            now = clock.now()
            number = reached(found, now)
            if number > after:
                after, quiet_since = number, monotonic()
                yield frame(found, now)
            elif monotonic() - quiet_since > HEARTBEAT_S:
                quiet_since = monotonic()
                yield b": still here\n\n"
            if after >= LAST_EVENT or self._watcher.closed or monotonic() > stop_at:
                return
            await asyncio.sleep(LOOK_S)
            found = await self._desk.run(
                self._desk.services.rounds.read, self._owner, found.round_id
            )


def reached(round_: Round, now: datetime) -> int:
    """Return the number of the newest event of a round."""
    return LAST_EVENT if round_.result is not None else _NUMBERS[round_.phase(now)]


def frame(round_: Round, now: datetime) -> bytes:
    """Return the newest event on the wire: the round as anyone may read it."""
    kind = b"state" if round_.result is None else b"result"
    data = json_bytes(round_to_json(round_, now))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (reached(round_, now), kind, data)
