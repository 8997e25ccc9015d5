"""`/v1/verdicts`: immutable documents, and the evidence of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from checkers.sarif.writing import MEDIA_TYPE
from validator.evidence.shown import with_evidence
from validator.web import documentation, parameters
from validator.web.desk import desk_and_owner
from validator.web.redact import public_verdict
from validator.web.replies import json_response
from validator.wire.sarif import sarif_bytes

if TYPE_CHECKING:
    from typing import Any

    from validator.web.desk import Desk

router = APIRouter(prefix="/v1/verdicts", tags=["verdicts"])


@router.get("/{verdict_id}", **documentation.VERDICT)
async def read(request: Request, verdict_id: str) -> Response:
    """One verdict: what was judged is the same for ever, its evidence is named once it is out."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.verdict_id(verdict_id)
    return json_response(await desk.run(_document, desk, owner, wanted))


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


@router.get("/{verdict_id}/sarif", **documentation.SARIF)
async def sarif(request: Request, verdict_id: str) -> Response:
    """The findings of one verdict as a SARIF 2.1.0 log: the same bytes for ever."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.verdict_id(verdict_id)
    content = await desk.run(_sarif, desk, owner, wanted)
    name = f'attachment; filename="{wanted}.sarif"'
    return Response(content, media_type=MEDIA_TYPE, headers={"content-disposition": name})


def _sarif(desk: Desk, owner: str, verdict_id: str) -> bytes:
    return sarif_bytes(public_verdict(desk.services.store.verdict(owner, verdict_id)))


def _document(desk: Desk, owner: str, verdict_id: str) -> dict[str, Any]:
    document = desk.services.store.verdict(owner, verdict_id)
    return public_verdict(with_evidence(document, desk.services.evidence))
