"""Server-sent events of one submission: live, resumable, and freed when the client goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from validator.errors import FieldError, InvalidParameterError
from validator.web.body import one_header
from validator.web.redact import public_event
from validator.web.replies import json_bytes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from validator.store.ports import Event
    from validator.web.watch import Watcher

HEADER = "Last-Event-ID"
HEARTBEAT_S = 15.0
MAX_STREAM_S = 3600.0  # then the client comes back with Last-Event-ID
MAX_DIGITS = 9


def last_event_id(request: Request) -> int:
    """Return the number of the last event that the client has seen; 0 without one."""
    value = one_header(request, HEADER)
    if value is None or value == "":
        return 0
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        message = "must be the whole number of an event's id"
        raise InvalidParameterError(f"{HEADER} {message}.", (FieldError(HEADER, message),))
    return int(value)


def frame(event: Event) -> bytes:
    """Return one event on the wire. JSON has no raw line break, so one data line is enough."""
    data = json_bytes(public_event(event.kind, event.data))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.kind.encode(), data)


class Stream(Response):
    """Sends chunks as they come until they end or the client is gone; takes one of the places."""

    media_type = "text/event-stream"

    def __init__(self, watcher: Watcher) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._watcher = watcher

    def chunks(self) -> AsyncIterator[bytes]:
        """What to send."""
        raise NotImplementedError

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send until the end or until the client is gone, whichever comes first."""
        with self._watcher.slot():  # refused before the first byte, so that it can be a problem
            sender = asyncio.create_task(self._send_all(send))
            leaver = asyncio.create_task(until_gone(receive))
            try:
                await asyncio.wait((sender, leaver), return_when=asyncio.FIRST_COMPLETED)
            finally:
                await end(leaver)
                failure = await end(sender)
            if failure is not None and not isinstance(failure, OSError):
                raise failure

    async def _send_all(self, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        async for chunk in self.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class EventStream(Stream):
    """Sends a submission's stored events, then each new one, until `end`."""

    def __init__(
        self, watcher: Watcher, owner: str, submission_id: str, first: Sequence[Event], after: int
    ) -> None:
        super().__init__(watcher)
        self._owner = owner
        self._submission_id = submission_id
        self._first = first
        self._after = after

    async def chunks(self) -> AsyncIterator[bytes]:
        """Events as frames, and a comment when there was nothing for a while."""
        stop_at = self._watcher.monotonic() + MAX_STREAM_S
        events, after = self._first, self._after
        yield b"retry: 1000\n\n"
        while True:
            if events:
                yield b"".join(frame(event) for event in events)
                after = events[-1].seq
                if events[-1].kind == "end":
                    return
            if self._watcher.closed or self._watcher.monotonic() > stop_at:
                return
            events = await self._watcher.next_events(
                self._owner, self._submission_id, after, HEARTBEAT_S
            )
            if not events:
                yield b": still here\n\n"


async def until_gone(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def end(task: asyncio.Task[Any]) -> BaseException | None:
    """Cancel a task, wait for it, return what it failed with."""
    task.cancel()
    await asyncio.wait((task,))
    return None if task.cancelled() else task.exception()
