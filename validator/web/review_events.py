"""Server-sent events of a review: `state`, `progress` for the operator, and `end`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from validator.web.replies import json_bytes
from validator.web.sse import HEARTBEAT_S, MAX_STREAM_S, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from validator.domain.review_queue import ReviewEvent
    from validator.experts.service import Caller
    from validator.web.desk import Desk

LOOK_S: Final = 0.5
"""Between two looks for new events; judges take seconds for each."""


class ReviewStream(Stream):
    """Sends stored events, then each new one, until the end."""

    def __init__(
        self, desk: Desk, caller: Caller, review_id: str, first: Sequence[ReviewEvent], after: int
    ) -> None:
        super().__init__(desk.watcher)
        self._desk = desk
        self._caller = caller
        self._review_id = review_id
        self._first = first
        self._after = after

    async def chunks(self) -> AsyncIterator[bytes]:
        """Events as frames, and a comment when there was nothing for a while."""
        monotonic = self._watcher.monotonic
        stop_at, quiet_since = monotonic() + MAX_STREAM_S, monotonic()
        events, after = self._first, self._after
        yield b"retry: 1000\n\n"
        while True:
            if events:
                yield b"".join(frame(event) for event in events)
                after, quiet_since = events[-1].seq, monotonic()
                if events[-1].kind == "end":
                    return
            elif monotonic() - quiet_since > HEARTBEAT_S:
                quiet_since = monotonic()
                yield b": still here\n\n"
            if self._watcher.closed or monotonic() > stop_at:
                return
            await asyncio.sleep(LOOK_S)
            events = await self._desk.run(
                self._desk.services.reviews.events, self._caller, self._review_id, after
            )


def frame(event: ReviewEvent) -> bytes:
    """Return one event on the wire. JSON has no raw line break, so one data line is enough."""
    data = json_bytes(dict(event.data))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.kind.encode(), data)
