"""An error as RFC 9457 problem details, the same over HTTP and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.wire.plain import plain

if TYPE_CHECKING:
    from validator.errors import ValidatorError

MAX_TEXT = 500
MAX_ERRORS = 50


def problem_to_json(error: ValidatorError) -> dict[str, Any]:
    """Return the document, without `instance`. Texts may quote hostile bytes: each is cut."""
    return {
        "type": f"/errors/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": plain(error.detail, MAX_TEXT),
        "code": error.code,
        "errors": [
            {"field": plain(item.field, MAX_TEXT), "message": plain(item.message, MAX_TEXT)}
            for item in error.errors[:MAX_ERRORS]
        ],
        "hint": error.hint,
    }
