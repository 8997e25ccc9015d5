"""What OpenAPI says of each route; kept apart so that the routes read as what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checkers.sarif.writing import MEDIA_TYPE as SARIF_TYPE
from validator.experts.reading import HumanDocument, ReviewDocument
from validator.intake import SubmissionDocument
from validator.rounds.reading import CommitDocument, RevealDocument, RoundDocument
from validator.web import schemas
from validator.web.examples import EXAMPLES
from validator.web.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

REFERENCES = "#/components/schemas/{model}"
_BODY = "SubmissionDocument"

CHAIN_KINDS = frozenset(
    {
        "task_published",
        "answer_submitted",
        "validation_completed",
        "reward_distributed",
        "deadline_near",
        "chain_reorder",
    }
)
"""Events of the chain that everybody may see; trouble with endpoints is the operator's alone."""

_PROBLEMS = {
    403: "Not from this machine, from another site, or not drawn for this.",
    404: "No such thing, or it is not yours.",
    409: "Not now: something else comes first, was first, or is still going on.",
    413: "More bytes than the operator's limit.",
    415: "Content-Type is not application/json.",
    422: "Invalid document, parameter or Idempotency-Key; the fields are named.",
    429: "So much was asked for within a day that nothing more is taken.",
    503: "The store does not answer, or every place is taken.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says of its refusals."""
    reference = {"$ref": REFERENCES.format(model="Problem")}
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
        for status in statuses
    }


def parameter(place: str, name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    """Return an optional parameter in the query or the header."""
    return {"in": place, "name": name, "required": False, "schema": schema, "description": text}


_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where to read it."}}
_WAIT = parameter(
    "query",
    "wait",
    {"type": "number", "minimum": 0, "maximum": 60},
    "Seconds to wait for the first verdict.",
)
_KEY = parameter(
    "header",
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "A repeat with the same key and body gets the first reply again.",
)
CURSOR = parameter(
    "query",
    "cursor",
    {"type": "string", "minLength": 1, "maxLength": 512, "pattern": "^[A-Za-z0-9_.~=-]+$"},
    "The `next` of the page before.",
)
LIMIT = parameter(
    "query", "limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "Page size."
)
LAST = parameter(
    "header",
    "Last-Event-ID",
    {"type": "string", "pattern": "^[0-9]{1,9}$"},
    "Continue after this event.",
)

_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"type": "string", "enum": ["state", "check", "verdict", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}

SUBMIT: dict[str, Any] = {
    "status_code": 202,
    "operation_id": "submit",
    "summary": "Take in a task and one answer to it",
    "responses": {
        200: {
            "model": schemas.SubmissionReply,
            "description": "The first verdict, when `wait` was given.",
            "headers": _LOCATION,
        },
        202: {
            "model": schemas.SubmissionReply,
            "description": "Stored durably; it will be judged.",
            "headers": {
                **_LOCATION,
                "Idempotency-Replayed": {"schema": {"type": "string", "enum": ["true"]}},
            },
        },
        **problems(403, 409, 413, 415, 422, 503),
    },
    "openapi_extra": {
        "parameters": [_WAIT, _KEY],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": REFERENCES.format(model=_BODY)},
                    "examples": {name: {"value": dict(body)} for name, body in EXAMPLES.items()},
                }
            },
        },
    },
}
LIST: dict[str, Any] = {
    "operation_id": "list_submissions",
    "summary": "Submissions, newest first",
    "responses": {200: {"model": schemas.PageReply}, **problems(403, 422, 503)},
    "openapi_extra": {"parameters": [CURSOR, LIMIT]},
}
READ: dict[str, Any] = {
    "operation_id": "read_submission",
    "summary": "One submission with its newest verdict",
    "responses": {200: {"model": schemas.SubmissionReply}, **problems(403, 404, 422, 503)},
}
EVENTS: dict[str, Any] = {
    "operation_id": "follow_submission",
    "summary": "Server-sent events `state`, `check`, `verdict`, `end`",
    "responses": {
        200: {
            "description": "Events with rising ids; the stream ends after `end`.",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
        204: {"description": "Every event was seen and the submission is final."},
        **problems(403, 404, 422, 503),
    },
    "openapi_extra": {"parameters": [LAST]},
}
_CHAIN_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"type": "string", "enum": sorted(CHAIN_KINDS)},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
CHAIN_STREAM: dict[str, Any] = {
    "operation_id": "follow_chain",
    "summary": "Server-sent events of the chain that is followed",
    "responses": {
        200: {
            "description": "Events with rising ids, what the chain shows and nothing of ours.",
            "content": {"text/event-stream": {"schema": _CHAIN_EVENT}},
        },
        **problems(403, 404, 422, 503),
    },
    "openapi_extra": {"parameters": [LAST]},
}
CHAIN_STATUS: dict[str, Any] = {
    "operation_id": "chain_status",
    "summary": "The chain that is followed: heights, tasks and answers by standing",
    "responses": {200: {"model": schemas.ChainStatusReply}, **problems(403, 404, 422, 503)},
}
VERDICT: dict[str, Any] = {
    "operation_id": "read_verdict",
    "summary": "One verdict",
    "responses": {200: {"model": schemas.VerdictReply}, **problems(403, 404, 422, 503)},
}
EVIDENCE: dict[str, Any] = {
    "operation_id": "read_evidence",
    "summary": "The evidence of one verdict, to be verified offline",
    "responses": {
        200: {"model": schemas.EvidenceReply, "description": "A public bundle, as an attachment."},
        **problems(403, 404, 422, 503),
    },
}
SARIF: dict[str, Any] = {
    "operation_id": "read_sarif",
    "summary": "The findings of one verdict as a SARIF 2.1.0 log",
    "responses": {
        200: {
            "description": "A SARIF log with one run for each check, as an attachment.",
            "content": {
                SARIF_TYPE: {
                    "schema": {
                        "type": "object",
                        "required": ["version", "runs"],
                        "properties": {
                            "$schema": {"type": "string"},
                            "version": {"const": "2.1.0"},
                            "runs": {"type": "array", "items": {"type": "object"}},
                        },
                    }
                }
            },
        },
        **problems(403, 404, 422, 503),
    },
}
HEALTH: dict[str, Any] = {
    "operation_id": "health",
    "summary": "The process answers",
    "responses": {200: {"model": schemas.HealthReply}, **problems(403)},
}
READY: dict[str, Any] = {
    "operation_id": "ready",
    "summary": "Work is accepted, taken and finished",
    "responses": {
        200: {"model": schemas.ReadyReply},
        503: {"model": schemas.ReadyReply, "description": "Not ready; the reasons have codes."},
        **problems(403),
    },
}


_MODELS: dict[str, type[BaseModel]] = {
    _BODY: SubmissionDocument,
    "Problem": schemas.Problem,
    "RoundDocument": RoundDocument,
    "CommitDocument": CommitDocument,
    "ReviewDocument": ReviewDocument,
    "HumanDocument": HumanDocument,
    "RevealDocument": RevealDocument,
}


def _spell_patterns(part: object) -> None:
    """Spell the anchors of Python's patterns as JSON Schema's dialect (ECMA-262) has them."""
    if isinstance(part, dict):
        pattern = part.get("pattern")
        if isinstance(pattern, str):
            part["pattern"] = pattern.replace(r"\A", "^").replace(r"\z", "$")
        for value in part.values():
            _spell_patterns(value)
    elif isinstance(part, list):
        for value in part:
            _spell_patterns(value)


def install(app: FastAPI) -> None:
    """Add the schemas that no route declares by type: the request body and the problem."""
    framework = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = framework()
            schemas_ = document.setdefault("components", {}).setdefault("schemas", {})
            for name, model in _MODELS.items():
                template = REFERENCES
                body = model.model_json_schema(by_alias=True, ref_template=template)
                schemas_ |= body.pop("$defs", {})
                schemas_[name] = body
            _spell_patterns(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
