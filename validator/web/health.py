"""Whether the process is alive, and whether it can do its work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from validator.errors import ValidatorError
from validator.pipeline.proofs import FOLDER, refused_here
from validator.store.liveness import stalls
from validator.web import documentation
from validator.web.desk import Desk, desk_and_owner
from validator.web.replies import json_response

if TYPE_CHECKING:
    from typing import Any

DATABASE = "database_unavailable"
BROKER = "broker_unavailable"
CAGE = "cage_not_proven"
PROBE_TIMEOUT_S = 5.0

_SENTENCES = {
    DATABASE: "The database does not answer; nothing can be accepted.",
    BROKER: "The broker does not answer; submissions are accepted and wait in the outbox.",
    CAGE: "Workers here take no jobs: their self-test failed. Run `tos-validator doctor`.",
    "outbox_not_moving": "Entries stay in the outbox: no relay runs, or it cannot publish.",
    "work_not_taken": "Work waits and no worker takes it: none runs, or none consumes.",
    "work_not_finishing": "Work is held and nothing finishes: look at the workers' log.",
}

log = structlog.get_logger("web")
router = APIRouter(tags=["health"])


@router.get("/healthz", **documentation.HEALTH)
async def healthz() -> Response:
    """The process answers."""
    return json_response({"status": "ok"})


@router.get("/readyz", **documentation.READY)
async def readyz(request: Request) -> Response:
    """Work is accepted, taken and finished; otherwise 503 with the reasons."""
    desk, _ = desk_and_owner(request)
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            reasons = await desk.run(_reasons, desk)
    except TimeoutError:
        reasons = (DATABASE,)
    body: dict[str, Any] = {
        "status": "not_ready" if reasons else "ready",
        "reasons": [{"code": code, "message": _SENTENCES.get(code, code)} for code in reasons],
    }
    return json_response(body, 503 if reasons else 200)


def _reasons(desk: Desk) -> tuple[str, ...]:
    services = desk.services
    try:
        services.store.ping()
        found = stalls(services.probes.backlog(), services.settings.worker)
    except ValidatorError as error:
        log.warning("database probe failed", code=error.code)
        return (DATABASE,)
    if refused_here(services.settings.data_dir / FOLDER, services.clock.now()):
        found = (CAGE, *found)
    try:
        services.probes.ping_broker()
    except ValidatorError as error:
        log.warning("broker probe failed", code=error.code)
        return (BROKER, *found)
    return found
