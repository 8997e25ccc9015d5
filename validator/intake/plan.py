"""Which checks judge an answer, and what each counts for (contract, sections 1 and 3)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from checkers.options import (
    DEFAULT_PASS_AT,
    CompileOptions,
    ReasoningOptions,
    SyntaxOptions,
)
from validator.domain.submission import Plan, PlannedCheck
from validator.domain.verdict import RULES
from validator.evidence.withheld import shown_check
from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.options import CheckOptions

REQUIRED_BY_DEFAULT = frozenset({"syntax", "compile", "tests", "math", "schema", "table"})
SUFFICIENT_BY_DEFAULT = frozenset({"tests", "math", "claims", "audit", "performance"})
SUFFICIENT_FOR_TYPE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "structured_data": frozenset({"schema", "table"}),
        "code_syntax": frozenset({"syntax", "compile"}),
    }
)
"""Only a sufficient check can lead to accept; all others are necessary conditions."""

_OPINION_PASS_AT = 70


def plan_for(task_type: str, checks: Sequence[CheckOptions] | None, *, has_code: bool) -> Plan:
    """Return the task's own plan, or the default of its type."""
    if checks is None:
        plan_id, chosen = f"default/{task_type}", default_checks(task_type, has_code=has_code)
    else:
        plan_id, chosen = "task", tuple(checks)
    planned = tuple(_planned(task_type, options) for options in chosen)
    return Plan(plan_id=plan_id, digest=_digest(planned), checks=planned)


def default_checks(task_type: str, *, has_code: bool) -> tuple[CheckOptions, ...]:
    """Return what can be judged without knowing the right answer.

    `math` and `tests` need an expected result and `schema` a schema, which only a task can bring,
    so most of these plans hold no sufficient check: they reject what is plainly bad and escalate
    the rest. For `structured_data` nothing can be said without a schema, not even the format.
    """
    match task_type:
        case "code_syntax":
            return (SyntaxOptions(),)
        case "code":
            return (SyntaxOptions(), CompileOptions())
        case "algorithm_optimization" if has_code:
            return (SyntaxOptions(), CompileOptions())
        case "structured_data":
            return ()
        case _:
            return (ReasoningOptions(),)


def _planned(task_type: str, options: CheckOptions) -> PlannedCheck:
    name = options.check
    sufficient = SUFFICIENT_BY_DEFAULT | SUFFICIENT_FOR_TYPE.get(task_type, frozenset())
    return PlannedCheck(
        check=name,
        options=options,
        weight=options.weight,
        required=name in REQUIRED_BY_DEFAULT if options.required is None else options.required,
        sufficient=name in sufficient if options.sufficient is None else options.sufficient,
        pass_at=(
            DEFAULT_PASS_AT.get(name, _OPINION_PASS_AT)
            if options.pass_at is None
            else options.pass_at
        ),
    )


def _digest(planned: Sequence[PlannedCheck]) -> str:
    """Return the digest of what may be seen of the checks.

    Every verdict shows it without a salt: a hidden number that it covered could be found by trying
    numbers (threat model, row 11). What is hidden is covered by the evidence's commitments.
    """
    checks = [
        shown_check(
            item.options.model_dump(mode="json", by_alias=True)
            | {
                "weight": item.weight,
                "required": item.required,
                "sufficient": item.sufficient,
                "pass_at": item.pass_at,
            }
        )
        for item in planned
    ]
    return sha256_digest(canonical_json({"rules": RULES, "checks": checks}))
