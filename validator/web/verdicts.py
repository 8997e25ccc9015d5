"""`/v1/verdicts`: immutable documents, and the evidence of them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from validator.web import documentation, parameters
from validator.web.desk import desk_and_owner
from validator.web.redact import public_verdict
from validator.web.replies import json_response

router = APIRouter(prefix="/v1/verdicts", tags=["verdicts"])


@router.get("/{verdict_id}", **documentation.VERDICT)
async def read(request: Request, verdict_id: str) -> Response:
    """One verdict, the same for ever."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.verdict_id(verdict_id)
    document = await desk.run(desk.services.store.verdict, owner, wanted)
    return json_response(public_verdict(document))


@router.get("/{verdict_id}/evidence", **documentation.EVIDENCE)
async def evidence(request: Request, verdict_id: str) -> Response:
    """The public bundle of one verdict, once it is out: bytes that never change."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.verdict_id(verdict_id)
    await desk.run(desk.services.store.verdict, owner, wanted)  # another owner's is not found
    content = await desk.run(desk.services.evidence.public, wanted)
    name = f'attachment; filename="{wanted}.evidence.json"'
    return Response(content, media_type="application/json", headers={"content-disposition": name})
