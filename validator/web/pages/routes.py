"""`/`, `/submissions/{id}`, `/verdicts/{id}`, `/errors/{code}` and the two static files."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from validator import errors
from validator.domain.submission import SubmissionRow
from validator.errors import NotFoundError, ValidatorError
from validator.web import parameters
from validator.web.desk import Desk, desk_and_owner
from validator.web.pages import views
from validator.web.pages.excerpts import Code, code_of
from validator.web.pages.render import environment, render

PAGE = 25
STATIC = Path(__file__).parent.parent / "static"
STATIC_TYPES = {"site.css": "text/css", "live.js": "text/javascript", "mark.svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)
environment().filters |= {"moment": views.moment, "duration": views.duration}


@router.get("/")
async def front(request: Request) -> Response:
    """Newest submissions and what became of them."""
    desk, owner = desk_and_owner(request)
    found = parameters.query(request, ("cursor",))
    cursor = parameters.page_cursor(found.get("cursor"))
    lines, older = await desk.run(_lines, desk, owner, cursor)
    return page(
        "front.html",
        lines=lines,
        older=older,
        first=cursor is None,
        waiting=any(not line.is_final for line in lines),
        curl=views.curl_example(str(request.base_url).rstrip("/")),
    )


@router.get("/submissions/{submission_id}")
async def submission(request: Request, submission_id: str) -> Response:
    """One submission with its newest verdict."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.submission_id(submission_id)
    row, document = await desk.run(desk.services.store.submission_and_verdict, owner, wanted)
    return await desk.run(_submission_page, desk, owner, row, document)


@router.get("/verdicts/{verdict_id}")
async def verdict(request: Request, verdict_id: str) -> Response:
    """One verdict and the submission that it judges."""
    desk, owner = desk_and_owner(request)
    parameters.query(request, ())
    wanted = parameters.verdict_id(verdict_id)
    row, document = await desk.run(_verdict_and_row, desk, owner, wanted)
    return await desk.run(_submission_page, desk, owner, row, document)


@router.get("/errors/{code}")
async def error_page(code: str) -> Response:
    """What a problem's `type` points to."""
    known = _error_codes()
    if code not in known:
        raise NotFoundError("There is no such error code.")
    return page("error.html", error=known[code], doc=(known[code].__doc__ or "").strip())


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """A file of ours; the page's link carries its digest, so it may be kept."""
    if name not in STATIC_TYPES:
        raise NotFoundError("There is no such file.")
    headers = {"cache-control": "public, max-age=86400"}
    return Response(_static_bytes(name), headers=headers, media_type=STATIC_TYPES[name])


def page(template: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
    """Return a rendered page."""
    content = render(template, static=static_link, **values)
    return Response(content, status, media_type="text/html")


def problem_page(problem: dict[str, Any]) -> Response:
    """Return a refusal for a person."""
    return page("problem.html", problem["status"], problem=problem)


def static_link(name: str) -> str:
    """Return a static file's path with its digest."""
    return f"/static/{name}?{hashlib.sha256(_static_bytes(name)).hexdigest()[:12]}"


@lru_cache(maxsize=8)
def _static_bytes(name: str) -> bytes:
    return (STATIC / name).read_bytes()


@lru_cache(maxsize=1)
def _error_codes() -> dict[str, type[ValidatorError]]:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    return {kind.code: kind for kind in kinds if issubclass(kind, ValidatorError)}


def _lines(desk: Desk, owner: str, cursor: str | None) -> tuple[list[views.Listed], str | None]:
    store = desk.services.store
    found = store.submissions(owner, cursor, PAGE)
    documents = store.verdicts(owner, [row.verdict_id for row in found.items if row.verdict_id])
    lines = [views.listed(row, documents.get(row.verdict_id or "")) for row in found.items]
    return lines, found.next


def _verdict_and_row(
    desk: Desk, owner: str, verdict_id: str
) -> tuple[SubmissionRow, dict[str, Any]]:
    store = desk.services.store
    document = store.verdict(owner, verdict_id)
    return store.submission(owner, document["submission_id"]), document


def _code(desk: Desk, owner: str, row: SubmissionRow, document: dict[str, Any]) -> Code:
    """Return what findings cite; the body is read only where there are some."""
    if not any(check.get("findings") for check in document["checks"]):
        return Code()
    services = desk.services
    return code_of(services.store.body(owner, row.submission_id), services.settings.limits)


def _submission_page(
    desk: Desk, owner: str, row: SubmissionRow, document: dict[str, Any] | None
) -> Response:
    verdict = None
    if document is not None:
        verdict = views.verdict_view(document, _code(desk, owner, row, document))
    return page(
        "submission.html",
        row=row,
        state=views.STATE_WORDS[row.state],
        verdict=verdict,
        live=not row.state.is_final,
    )
