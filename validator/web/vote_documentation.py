"""What OpenAPI says of the routes of vote rounds."""

from __future__ import annotations

from typing import Any, Final

from validator.web import vote_schemas
from validator.web.documentation import CURSOR, LAST, LIMIT, REFERENCES, parameter, problems

EVENT_KINDS: Final = ("state", "result")

_KEY_OR_ADDRESS = {"type": "string", "minLength": 1, "maxLength": 320}
_VOTER = parameter(
    "query", "voter", _KEY_OR_ADDRESS, "The voter's address, or its public key of 64 hex digits."
) | {"required": True}
_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[1-5]$"},
        "event": {"type": "string", "enum": list(EVENT_KINDS)},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}


def _body(model: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": REFERENCES.format(model=model)}}
    return {"requestBody": {"required": True, "content": {"application/json": reference}}}


OPEN: dict[str, Any] = {
    "status_code": 201,
    "operation_id": "open_round",
    "summary": "Open a round of votes on one answer: the eligible are frozen now, drawn later",
    "responses": {
        201: {
            "model": vote_schemas.RoundReply,
            "description": "The round is open; a later block seeds its draw.",
            "headers": {
                "Location": {"schema": {"type": "string"}, "description": "Where to read it."}
            },
        },
        **problems(403, 409, 413, 415, 422, 503),
    },
    "openapi_extra": _body("RoundDocument"),
}
READ: dict[str, Any] = {
    "operation_id": "read_round",
    "summary": "One round as it stands",
    "responses": {200: {"model": vote_schemas.RoundReply}, **problems(403, 404, 422, 503)},
}
DRAW: dict[str, Any] = {
    "operation_id": "read_draw",
    "summary": "All that a round's draw was made of, so that anyone can make it again",
    "responses": {200: {"model": vote_schemas.DrawReply}, **problems(403, 404, 422, 503)},
}
COMMIT: dict[str, Any] = {
    "status_code": 201,
    "operation_id": "commit_vote",
    "summary": "Commit to a vote: its hash, signed by the voter's chain key",
    "responses": {
        201: {"model": vote_schemas.ReceiptReply, "description": "Stored durably."},
        **problems(403, 404, 409, 413, 415, 422, 503),
    },
    "openapi_extra": _body("CommitDocument"),
}
REVEAL: dict[str, Any] = {
    "status_code": 201,
    "operation_id": "reveal_vote",
    "summary": "Reveal what was committed; it stays hidden until the window is over",
    "responses": {
        201: {"model": vote_schemas.ReceiptReply, "description": "Stored durably."},
        **problems(403, 404, 409, 413, 415, 422, 503),
    },
    "openapi_extra": _body("RevealDocument"),
}
RESULT: dict[str, Any] = {
    "operation_id": "read_result",
    "summary": "What a closed round decided, with every ballot",
    "responses": {200: {"model": vote_schemas.ResultReply}, **problems(403, 404, 409, 422, 503)},
}
ASSIGNMENTS: dict[str, Any] = {
    "operation_id": "list_assignments",
    "summary": "The running rounds in which a voter has a seat, newest first",
    "responses": {200: {"model": vote_schemas.AssignmentsReply}, **problems(403, 422, 503)},
    "openapi_extra": {"parameters": [_VOTER, CURSOR, LIMIT]},
}
EVENTS: dict[str, Any] = {
    "operation_id": "follow_round",
    "summary": "Server-sent events `state` and `result` of a round",
    "responses": {
        200: {
            "description": "One event for each phase; the stream ends after `result`.",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
        204: {"description": "Every event was seen and the round is closed."},
        **problems(403, 404, 422, 503),
    },
    "openapi_extra": {"parameters": [LAST]},
}
