"""Rubrics: what judges of each task type are asked, in versioned files, or a task brings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, Final

from checkers.strict_json import loads
from validator.domain.reviews import BEST_SCORE, Criterion, Rubric
from validator.experts.cleaning import clean
from validator.wire.canonical import canonical_json, sha256_digest

NAMES: Final = (
    "general",
    "code",
    "security_audit",
    "data_analysis",
    "algorithm_innovation",
    "mathematics",
    "logic_reasoning",
    "creative",
)
OWN: Final = "own"
"""The id of a rubric that a task brought."""

MAX_CRITERIA: Final = 12
MAX_ANCHORS: Final = 11
MAX_WEIGHT: Final = 1000
MAX_TEXT: Final = 2000

_OF_TYPE: Final[Mapping[str, str]] = {
    "code_syntax": "code",
    "code": "code",
    "math": "mathematics",
    "structured_data": "data_analysis",
    "data": "data_analysis",
    "algorithm": "algorithm_innovation",
    "algorithm_optimization": "algorithm_innovation",
    "logic": "logic_reasoning",
    "reasoning": "logic_reasoning",
    "proof": "mathematics",
    "writing": "creative",
}
_PLAIN: Final = re.compile(r"[^a-z0-9]+")


class RubricError(ValueError):
    """A task's own rubric cannot be used. One sentence that names the field and the mend."""


def rubric_for(
    task_type: str, subtype: str | None = None, own: Mapping[str, Any] | None = None
) -> Rubric:
    """Return a task's own rubric, else its subtype's, else its type's, else the general one.

    An own rubric is `{"criteria": [{"question", "weight", "anchors": [[score, text]]}],
    "guidance"}`; its criteria get our ids. Raises RubricError where that does not hold.
    """
    if own is not None:
        return _own(own)
    for wanted in (subtype, task_type):
        name = _PLAIN.sub("_", (wanted or "").lower()).strip("_")
        name = _OF_TYPE.get(name, name)
        if name in NAMES:
            return _shipped(name)
    return _shipped("general")


def described(rubric: Rubric) -> dict[str, Any]:
    """Return all that a judge is told of a rubric, as JSON: what its digest covers."""
    return {
        "id": rubric.id,
        "version": rubric.version,
        "guidance": rubric.guidance,
        "criteria": [
            {
                "id": criterion.id,
                "question": criterion.question,
                "weight": criterion.weight,
                "anchors": [[score, text] for score, text in criterion.anchors],
            }
            for criterion in rubric.criteria
        ],
    }


@cache
def _shipped(name: str) -> Rubric:
    data = (resources.files(__package__) / "rubrics" / f"{name}.json").read_bytes()
    raw = loads(data)
    criteria = tuple(
        Criterion(
            one["id"],
            one["question"],
            one["weight"],
            tuple((score, text) for score, text in one["anchors"]),
        )
        for one in raw["criteria"]
    )
    return _digested(Rubric(raw["id"], raw["version"], criteria, raw["guidance"], ""))


def _own(raw: Mapping[str, Any]) -> Rubric:
    _refuse_unknown("rubric", raw, {"criteria", "guidance"})
    given = raw.get("criteria")
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_CRITERIA:
        raise RubricError(f"rubric.criteria: give a list of 1 to {MAX_CRITERIA} criteria")
    criteria = tuple(_criterion(place, one) for place, one in enumerate(given))
    guidance = _text("rubric.guidance", raw.get("guidance", ""), least=0)
    return _digested(Rubric(OWN, 1, criteria, guidance, "", trusted=False))


def _criterion(place: int, raw: Any) -> Criterion:  # noqa: ANN401 - any JSON value
    where = f"rubric.criteria[{place}]"
    if not isinstance(raw, Mapping):
        raise RubricError(f"{where}: give an object with question and weight")
    _refuse_unknown(where, raw, {"question", "weight", "anchors"})
    anchors = raw.get("anchors", [])
    if not isinstance(anchors, list) or len(anchors) > MAX_ANCHORS:
        raise RubricError(f"{where}.anchors: give a list of at most {MAX_ANCHORS} [score, text]")
    return Criterion(
        id=f"c{place + 1}",
        question=_text(f"{where}.question", raw.get("question"), least=1),
        weight=_number(f"{where}.weight", raw.get("weight", 1), 1, MAX_WEIGHT),
        anchors=tuple(_anchor(f"{where}.anchors[{at}]", one) for at, one in enumerate(anchors)),
    )


def _anchor(where: str, raw: Any) -> tuple[int, str]:  # noqa: ANN401 - any JSON value
    if not isinstance(raw, list) or len(raw) != 2:  # noqa: PLR2004 - a pair
        raise RubricError(f"{where}: give a pair of a score and a text")
    return _number(f"{where}[0]", raw[0], 0, BEST_SCORE), _text(f"{where}[1]", raw[1], least=1)


def _number(where: str, raw: Any, low: int, high: int) -> int:  # noqa: ANN401 - any JSON value
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise RubricError(f"{where}: give a whole number from {low} to {high}")
    return raw


def _text(where: str, raw: Any, *, least: int) -> str:  # noqa: ANN401 - any JSON value
    if not isinstance(raw, str) or len(raw) > MAX_TEXT:
        raise RubricError(f"{where}: give a text of at most {MAX_TEXT} characters")
    text = clean(raw).text.strip()
    if len(text) < least:
        raise RubricError(f"{where}: give a text that can be read; this one is empty")
    return text


def _refuse_unknown(where: str, raw: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(str(key) for key in set(raw) - known)
    if unknown:
        named = ascii(unknown[0][:64])
        raise RubricError(f"{where}: leave out {named}; known are {', '.join(sorted(known))}")


def _digested(rubric: Rubric) -> Rubric:
    told = {**described(rubric), "trusted": rubric.trusted}
    return replace(rubric, digest=sha256_digest(canonical_json(told)))
