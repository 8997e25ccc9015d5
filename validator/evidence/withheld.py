"""Which part of a task may be seen by anybody who is shown its evidence.

Hidden cases, hidden questions and gold answers leave it. What a check of tomorrow may hold is not
guessed: of a check that is not listed here only its name and weight stay.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

# Labels, money and times do not change what was asked (contract, "Ids and digests").
NOT_THE_TASK: Final = frozenset({"id", "reward", "published_at", "deadline"})

_ALWAYS: Final = frozenset({"check", "weight", "required", "sufficient", "pass_at"})
_SHOWN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "syntax": frozenset({"language"}),
        "compile": frozenset({"language", "flags", "entry"}),
        "tests": frozenset({"language", "limits", "entry", "comparator", "cases", "calls"}),
        "math": frozenset({"kind", "tolerance", "digits", "unit", "ordered"}),
        "schema": frozenset({"schema", "target"}),
        "table": frozenset({"target", "dialect", "fields", "primary_key", "min_rows", "max_rows"}),
        "claims": frozenset(
            {
                "dataset",
                "columns",
                "dialect",
                "questions",
                "elsewhere",
                "allow_extra",
                "tolerance",
            }
        ),
        "static": frozenset({"tools", "max_severity", "language"}),
        "audit": frozenset({"target", "taxonomy", "paid"}),
        "performance": frozenset({"sizes", "min_speedup", "measure"}),
        "reasoning": frozenset({"min_words"}),
        "text": frozenset(
            {
                "target",
                "min_words",
                "max_words",
                "natural_language",
                "required_sections",
                "format",
            }
        ),
        "media": frozenset({"target", "types", "min_width", "min_height"}),
        "originality": frozenset({"threshold"}),
    }
)


def whole_digest(task: Mapping[str, Any]) -> str:
    """Return the task's digest as the contract has it, `sha256:<hex>`."""
    return sha256_digest(canonical_json(_meant(task)))


def shown_digest(task: Mapping[str, Any]) -> str:
    """Return the digest of what may be seen; the same as `whole_digest` where nothing is hidden."""
    return sha256_digest(canonical_json(shown_task(task)))


def shown_task(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task without labels, money, times, hidden parts and gold answers.

    Takes the `task` of a submission that passed intake.
    """
    kept = _meant(task)
    if "checks" in kept:
        kept["checks"] = [shown_check(check) for check in kept["checks"]]
    return kept


def _meant(task: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in task.items()
        if name not in NOT_THE_TASK and value is not None
    }


def shown_check(check: Mapping[str, Any]) -> dict[str, Any]:
    """Return one check of a task without hidden cases, hidden questions and gold answers."""
    names = _ALWAYS | _SHOWN.get(str(check.get("check")), frozenset())
    kept = {name: value for name, value in check.items() if name in names}
    for name in ("cases", "calls", "questions"):
        if isinstance(kept.get(name), list):
            kept[name] = [item for item in kept[name] if not item.get("hidden")]
    comparator = kept.get("comparator")
    if isinstance(comparator, dict) and "program" in comparator:
        del kept["comparator"]
    return kept
