"""JSON Schemas of judges' replies: what providers are told. `parsing` enforces them, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.domain.reviews import BEST_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.reviews import Rubric

MAX_QUOTES: Final = 5
MAX_QUOTE: Final = 2000
MAX_RATIONALE: Final = 4000
MAX_COMMITMENT: Final = 16_000
MAX_CLAIMS: Final = 3
MAX_OPTIONS: Final = 4000


def commit_schema() -> dict[str, Any]:
    """Return the schema of a commitment."""
    return _object({"commitment": _text(MAX_COMMITMENT), "cannot_judge": {"type": "boolean"}})


def grade_schema(rubric: Rubric, labels: Sequence[str]) -> dict[str, Any]:
    """Return the schema of a verdict: each criterion once, and no total."""
    ids = [criterion.id for criterion in rubric.criteria]
    return _object(
        {
            "criteria": {
                "type": "array",
                "items": _scored(ids, labels),
                "minItems": len(ids),
                "maxItems": len(ids),
            },
            "manipulation_attempt": {"type": "boolean"},
            "cannot_judge": {"type": "boolean"},
            "rationale": _text(MAX_RATIONALE),
        }
    )


def turn_schema(
    issues: Sequence[str], labels: Sequence[str], checks: Sequence[str]
) -> dict[str, Any]:
    """Return the schema of one turn of a debate. A claim's options are JSON as text."""
    claim = _object(
        {
            "criterion": {"type": "string", "enum": list(issues)},
            "check": {"type": "string", "enum": list(checks)},
            "options": _text(MAX_OPTIONS),
        }
    )
    return _object(
        {
            "criteria": {
                "type": "array",
                "items": _scored(issues, labels),
                "maxItems": len(issues),
            },
            "claims": {"type": "array", "items": claim, "maxItems": MAX_CLAIMS},
            "rationale": _text(MAX_RATIONALE),
        }
    )


def _scored(ids: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    quote = _object(
        {
            "piece": {"type": "string", "enum": list(labels)},
            "start": {"type": "integer", "minimum": 0},
            "end": {"type": "integer", "minimum": 0},
            "text": _text(MAX_QUOTE),
        }
    )
    return _object(
        {
            "id": {"type": "string", "enum": list(ids)},
            "score": {"type": "integer", "minimum": 0, "maximum": BEST_SCORE},
            "quotes": {"type": "array", "items": quote, "maxItems": MAX_QUOTES},
        }
    )


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
