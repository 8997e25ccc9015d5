"""RFC 9457 problem details: the one way in which HTTP refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from validator import errors
from validator.errors import FieldError, ValidatorError
from validator.wire.problem import problem_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import FastAPI
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"
MAX_INSTANCE = 200
RETRY_AFTER_S = {409: "1", 429: "3600", 503: "2"}

_STATUS_ERRORS: dict[int, type[ValidatorError]] = {
    404: errors.NotFoundError,
    405: errors.MethodNotAllowedError,
    413: errors.TooLargeError,
    415: errors.UnsupportedMediaTypeError,
}


def problem(error: ValidatorError, instance: str) -> dict[str, Any]:
    """Return the document, with the path that was asked for."""
    return {**problem_to_json(error), "instance": instance}


def problem_response(
    error: ValidatorError, instance: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer to a refused request."""
    # Lone surrogates may stand in a quoted field name: they have no UTF-8 and become "?".
    content = json.dumps(problem(error, instance), ensure_ascii=False).encode("utf-8", "replace")
    all_headers = dict(headers or {})
    if error.status in RETRY_AFTER_S:
        all_headers.setdefault("Retry-After", RETRY_AFTER_S[error.status])
    return Response(content, error.status, all_headers, media_type=MEDIA_TYPE)


def instance_of(scope: Scope) -> str:
    """Return the path as it was asked for, still percent-encoded, cut."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    path = raw.split(b"?", 1)[0][:MAX_INSTANCE].decode("ascii", "replace")
    return path.replace("\ufffd", "?")


def install(app: FastAPI, page: Callable[[dict[str, Any]], Response]) -> None:
    """Render every refusal, ours and the framework's, as a problem; for a browser as a page."""
    app.state.problem_page = page
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    # The handlers are coroutines: a plain function would be sent to a thread each time.
    app.add_exception_handler(ValidatorError, _refusal)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _bad_parameters)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _framework)  # type: ignore[arg-type]


async def _refusal(request: Request, error: ValidatorError) -> Response:
    return _respond(request, error)


def _respond(
    request: Request, error: ValidatorError, headers: Mapping[str, str] | None = None
) -> Response:
    instance = instance_of(request.scope)
    if not instance.startswith("/v1") and "text/html" in request.headers.get("accept", ""):
        page: Response = request.app.state.problem_page(problem(error, instance))
        return page
    return problem_response(error, instance, headers)


async def _bad_parameters(request: Request, error: RequestValidationError) -> Response:
    found = tuple(
        FieldError(".".join(str(part) for part in item["loc"][1:]), str(item["msg"]))
        for item in error.errors()
    )
    names = ", ".join(sorted({e.field for e in found}))
    refusal = errors.InvalidParameterError(f"Out of range: {names}.", found)
    return _respond(request, refusal)


async def _framework(request: Request, error: HTTPException) -> Response:
    kind = _STATUS_ERRORS.get(error.status_code, errors.InvalidParameterError)
    detail = {
        404: "There is nothing at this path.",
        405: f"{request.method[:20]} is not offered here.",
    }.get(error.status_code, str(error.detail))
    return _respond(request, kind(detail), error.headers)
