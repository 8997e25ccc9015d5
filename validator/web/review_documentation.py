"""What OpenAPI says of the routes of reviews."""

from __future__ import annotations

from typing import Any, Final

from validator.web import review_schemas
from validator.web.documentation import CURSOR, LAST, LIMIT, REFERENCES, problems

EVENT_KINDS: Final = ("state", "progress", "end")

_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"type": "string", "enum": list(EVENT_KINDS)},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}


def _body(model: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": REFERENCES.format(model=model)}}
    return {"requestBody": {"required": True, "content": {"application/json": reference}}}


ASK: dict[str, Any] = {
    "status_code": 202,
    "operation_id": "ask_for_review",
    "summary": "Ask experts for a review; the same submission and tier again is the same review",
    "responses": {
        202: {
            "model": review_schemas.ReviewReply,
            "description": "Stored durably. Without judges it has ended already, as abstained.",
            "headers": {
                "Location": {"schema": {"type": "string"}, "description": "Where to read it."}
            },
        },
        **problems(403, 404, 413, 415, 422, 429, 503),
    },
    "openapi_extra": _body("ReviewDocument"),
}
LIST: dict[str, Any] = {
    "operation_id": "list_reviews",
    "summary": "Reviews, newest first",
    "responses": {200: {"model": review_schemas.ReviewsReply}, **problems(403, 422, 503)},
    "openapi_extra": {"parameters": [CURSOR, LIMIT]},
}
READ: dict[str, Any] = {
    "operation_id": "read_review",
    "summary": "One review as it stands",
    "responses": {200: {"model": review_schemas.ReviewReply}, **problems(403, 404, 422, 503)},
}
EVENTS: dict[str, Any] = {
    "operation_id": "follow_review",
    "summary": "Server-sent events `state`, `progress` (for the operator) and `end`",
    "responses": {
        200: {
            "description": "Events with rising ids; the stream ends after `end`.",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
        204: {"description": "Every event was seen and no judge is at work any more."},
        **problems(403, 404, 422, 503),
    },
    "openapi_extra": {"parameters": [LAST]},
}
RECORD: dict[str, Any] = {
    "operation_id": "read_review_record",
    "summary": "For the operator: the audit record of a review, byte for byte",
    "responses": {
        200: {
            "description": "Canonical JSON, as an attachment.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        **problems(403, 404, 422, 503),
    },
}
PAGE: dict[str, Any] = {
    "operation_id": "read_review_page",
    "summary": "For the operator: criteria, marked quotes, debate turns and cost of a review",
    "responses": {200: {"model": review_schemas.ReviewPageReply}, **problems(403, 404, 422, 503)},
}
HUMAN: dict[str, Any] = {
    "operation_id": "decide_review",
    "summary": "For the operator: take a review, give it back, or decide it with a reason",
    "responses": {
        200: {"model": review_schemas.ReviewReply},
        **problems(403, 404, 409, 413, 415, 422, 503),
    },
    "openapi_extra": _body("HumanDocument"),
}
