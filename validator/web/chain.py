"""`/v1/chain`: the chain that is followed. Its own facts, and nothing of our verdicts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from validator.errors import NotFoundError
from validator.store.values import instant
from validator.web import documentation, parameters
from validator.web.desk import Desk, desk_and_owner
from validator.web.replies import json_bytes, json_response
from validator.web.sse import HEARTBEAT_S, MAX_STREAM_S, Stream, last_event_id
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from validator.store.chain_values import ChainEvent

STABLE_DEPTH: Final = 8
"""Heights below the newest one (protocol note, 6.5)."""
LOOK_S: Final = 1.0
"""Blocks come about every 3 s."""

router = APIRouter(prefix="/v1/chain", tags=["chain"])


@router.get("/status", **documentation.CHAIN_STATUS)
async def status(request: Request) -> Response:
    """Where following stands."""
    desk, _ = desk_and_owner(request)
    parameters.query(request, ())
    return json_response(await desk.run(_status, desk))


@router.get("/events", **documentation.CHAIN_STREAM)
async def events(request: Request) -> Response:
    """Follow what the chain shows, from the first event or from where the client was."""
    desk, _ = desk_and_owner(request)
    parameters.query(request, ())
    after = last_event_id(request)
    await desk.run(_genesis, desk)
    return ChainStream(desk, after)


class ChainStream(Stream):
    """Every event that everybody may see, from a number on, without an end of its own."""

    def __init__(self, desk: Desk, after: int) -> None:
        super().__init__(desk.watcher)
        self._desk = desk
        self._after = after

    async def chunks(self) -> AsyncIterator[bytes]:
        """Events as frames, and a comment when there was nothing for a while."""
        monotonic = self._watcher.monotonic
        stop_at, quiet_since = monotonic() + MAX_STREAM_S, monotonic()
        yield b"retry: 1000\n\n"
        while not self._watcher.closed and monotonic() < stop_at:
            found = await self._desk.run(self._desk.services.chain.chain_events, self._after)
            frames = b"".join(frame(one) for one in found if one.kind in documentation.CHAIN_KINDS)
            if found:
                self._after = found[-1].seq
            if frames or monotonic() - quiet_since > HEARTBEAT_S:
                quiet_since = monotonic()
                yield frames or b": still here\n\n"
            if not found:
                await asyncio.sleep(LOOK_S)


def frame(event: ChainEvent) -> bytes:
    """Return one event on the wire."""
    about = {"task_id": event.task_id, "answer_id": event.answer_id}
    data = json_bytes(about | event.data | {"at": rfc3339(instant(event.at))})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.kind.encode(), data)


def _genesis(desk: Desk) -> str:
    found = desk.services.chain.genesis()
    if found is None:
        raise NotFoundError("No chain is followed here; see setting chain.nodes and `watch`.")
    return found


def _status(desk: Desk) -> dict[str, Any]:
    services = desk.services
    genesis, tip = _genesis(desk), services.chain.tip()
    now_ms = int(services.clock.now().timestamp() * 1000)
    return {
        "network": services.settings.network,
        "genesis": genesis,
        "height": None if tip is None else tip.height,
        "topoheight": None if tip is None else tip.topoheight,
        "stable_height": None if tip is None else max(0, tip.height - STABLE_DEPTH),
        "lag_s": None if tip is None else max(0, now_ms - tip.timestamp_ms) / 1000,
        **services.chain.counts(),
    }
