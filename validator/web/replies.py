"""Ready JSON bytes of rows and verdicts: no response model on the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from validator.domain.submission import State
from validator.web.redact import public_verdict
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from validator.domain.submission import SubmissionRow

REPLAYED = "Idempotency-Replayed"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def json_bytes(value: Any) -> bytes:  # noqa: ANN401
    """Return compact UTF-8 JSON; a lone surrogate, which UTF-8 cannot hold, becomes `?`."""
    return _encode(value).encode("utf-8", "replace")


def json_response(
    value: Any,  # noqa: ANN401
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return `value` as a JSON answer."""
    return Response(json_bytes(value), status, headers, media_type="application/json")


def location(row: SubmissionRow) -> str:
    """Return where the submission can be read."""
    return f"/v1/submissions/{row.submission_id}"


def accepted_bytes(row: SubmissionRow) -> bytes:
    """Return the reply of acceptance: only what never changes, so a repeat gives equal bytes."""
    at = rfc3339(row.created_at)
    # Ids and times are made by us and need no escapes; this is the hot path.
    return (
        f'{{"submission_id":"{row.submission_id}","state":"{State.QUEUED.value}","reason":null,'
        f'"attempts":0,"created_at":"{at}","updated_at":"{at}","verdict":null}}'
    ).encode()


class AcceptedResponse(Response):
    """The answer 202, its headers written down ready: the framework would encode each anew."""

    def __init__(self, row: SubmissionRow, *, replayed: bool) -> None:
        self.status_code = 202
        self.background = None
        self.body = accepted_bytes(row)
        self.raw_headers = [
            (b"location", location(row).encode()),
            (b"content-length", b"%d" % len(self.body)),
            (b"content-type", b"application/json"),
        ]
        if replayed:
            self.raw_headers.append((REPLAYED.lower().encode(), b"true"))


def submission_document(row: SubmissionRow, verdict: dict[str, Any] | None) -> dict[str, Any]:
    """Return a submission as contract section 5 shows it, with its labels."""
    return {
        "submission_id": row.submission_id,
        "state": row.state.value,
        "reason": row.reason,
        "attempts": row.attempts,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "task_type": row.task_type,
        "task_id": row.task_label,
        "answer_id": row.answer_label,
        "verdict": None if verdict is None else public_verdict(verdict),
    }


def listed_document(row: SubmissionRow) -> dict[str, Any]:
    """Return a submission as a list shows it: the verdict by its id."""
    document = submission_document(row, None)
    del document["verdict"]
    return {**document, "verdict_id": row.verdict_id}
