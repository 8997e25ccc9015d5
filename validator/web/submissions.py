"""`/v1/submissions`: take one in, read one, list them, follow one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from validator.domain.submission import Origin, State, SubmissionRow
from validator.errors import StoreUnavailableError, TooBusyError
from validator.evidence.shown import with_evidence
from validator.web import documentation, parameters
from validator.web.body import read_json_bytes
from validator.web.desk import Desk, desk_and_owner
from validator.web.idempotency import idempotency_key
from validator.web.replies import (
    REPLAYED,
    AcceptedResponse,
    json_response,
    listed_document,
    location,
    submission_document,
)
from validator.web.sse import EventStream, end, last_event_id, until_gone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from validator.store.ports import Accepted, Event

CHECKED_HERE = 16 * 1024  # bytes; checking them takes less than a thread switch may
ACCEPT_TIMEOUT_S = 30.0

PATH = "/v1/submissions"

router = APIRouter(prefix=PATH, tags=["submissions"])


@router.post("", **documentation.SUBMIT)
async def submit(request: Request) -> Response:
    """Take in a task and one answer to it; durable when this returns."""
    desk, owner = desk_and_owner(request)
    settings = desk.services.settings
    found = parameters.query(request, ("wait",))
    wait_s = parameters.wait_seconds(found.get("wait"), settings.server.max_wait_s)
    key = idempotency_key(request)
    body = await read_json_bytes(request, settings.limits.submission_bytes)
    accepted = await _accept(desk, body, owner, key)
    if wait_s:
        return await _first_verdict(request, desk, owner, accepted, wait_s)
    return _accepted(accepted)


@router.get("", **documentation.LIST)
async def listing(request: Request) -> Response:
    """Newest first, by pages."""
    desk, owner = desk_and_owner(request)
    found = parameters.query(request, ("cursor", "limit"))
    limit = parameters.page_limit(found.get("limit"))
    cursor = parameters.page_cursor(found.get("cursor"))
    page = await desk.run(desk.services.store.submissions, owner, cursor, limit)
    items = [listed_document(row) for row in page.items]
    return json_response({"items": items, "next": page.next})


@router.get("/{submission_id}", **documentation.READ)
async def read(request: Request, submission_id: str) -> Response:
    """One submission with its newest verdict."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.submission_id(submission_id)
    return json_response(await desk.run(_document, desk, owner, wanted))


@router.get("/{submission_id}/events", **documentation.EVENTS)
async def events(request: Request, submission_id: str) -> Response:
    """Follow a submission until its end."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.submission_id(submission_id)
    after = last_event_id(request)
    row, stored = await desk.run(_row_and_events, desk, owner, wanted, after)
    if not stored and row.state.is_final:
        # All was seen; 204 tells an EventSource not to come back.
        return Response(status_code=204)
    return EventStream(desk.watcher, owner, wanted, stored, after)


async def _accept(desk: Desk, body: bytes, owner: str, key: str | None) -> Accepted:
    """Check a small body here and a large one in a thread; the store's own thread commits it."""
    call = partial(desk.services.submissions.submit_soon, body, owner, Origin.API, key)
    pending = call() if len(body) <= CHECKED_HERE else await desk.run(call)
    landing = desk.landings.here()
    accepted = landing.expect(pending)
    timer = landing.loop.call_later(ACCEPT_TIMEOUT_S, _refuse_late, accepted)
    try:
        return await accepted
    finally:
        timer.cancel()


def _refuse_late(accepted: asyncio.Future[Accepted]) -> None:
    if not accepted.done():
        accepted.set_exception(
            StoreUnavailableError(
                f"The database did not confirm the submission within {ACCEPT_TIMEOUT_S:g} seconds."
            )
        )


def _document(desk: Desk, owner: str, submission_id: str) -> dict[str, Any]:
    row, verdict = desk.services.store.submission_and_verdict(owner, submission_id)
    shown = None if verdict is None else with_evidence(verdict, desk.services.evidence)
    return submission_document(row, shown)


def _row_and_events(
    desk: Desk, owner: str, submission_id: str, after: int
) -> tuple[SubmissionRow, Sequence[Event]]:
    row = desk.services.store.submission(owner, submission_id)
    return row, desk.services.store.events(owner, submission_id, after)


def _accepted(accepted: Accepted) -> Response:
    return AcceptedResponse(accepted.row, replayed=not accepted.created)


def _headers(accepted: Accepted) -> dict[str, str]:
    headers = {"location": location(accepted.row)}
    return headers if accepted.created else {**headers, REPLAYED: "true"}


async def _first_verdict(
    request: Request, desk: Desk, owner: str, accepted: Accepted, wait_s: float
) -> Response:
    """Answer 200 at the first verdict; 202 when the time is over or every place is taken."""
    document = None
    try:
        with desk.watcher.slot():
            document = await _document_when_done(request, desk, owner, accepted.row, wait_s)
    except TooBusyError:
        pass
    if document is None:
        return _accepted(accepted)
    status = 200 if document["verdict"] is not None else 202
    return json_response(document, status, _headers(accepted))


async def _document_when_done(
    request: Request, desk: Desk, owner: str, row: SubmissionRow, wait_s: float
) -> dict[str, Any] | None:
    """The submission with its verdict, or as it was set aside; None after the time."""
    end_s = desk.services.clock.monotonic() + wait_s
    while await _told_or_gone(
        request, desk, row.submission_id, end_s - desk.services.clock.monotonic()
    ):
        document = await desk.run(_document, desk, owner, row.submission_id)
        if document["verdict"] is not None or State(document["state"]).is_final:
            return document
    return None


async def _told_or_gone(request: Request, desk: Desk, submission_id: str, wait_s: float) -> bool:
    """Wait for the verdict; a client that hangs up gives its place back at once."""
    waiter = asyncio.create_task(desk.watcher.until_told(submission_id, wait_s))
    leaver = asyncio.create_task(until_gone(request.receive))
    try:
        await asyncio.wait((waiter, leaver), return_when=asyncio.FIRST_COMPLETED)
        return waiter.done() and waiter.result()
    finally:
        await end(leaver)
        await end(waiter)
