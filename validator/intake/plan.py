"""Which checks judge an answer, and what each counts for (contract, sections 1 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from checkers.options import (
    DEFAULT_PASS_AT,
    CompileOptions,
    MediaOptions,
    ReasoningOptions,
    StaticOptions,
    SyntaxOptions,
    TextOptions,
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


DIFFICULTY_FACTOR: Mapping[str, float] = MappingProxyType(
    {"beginner": 1.0, "intermediate": 1.2, "advanced": 1.5, "expert": 2.0}
)
"""How much more a harder task's default plan asks for. The chain's own multipliers (protocol,
section 8, "gas multipliers"); a task without difficulty counts as beginner's."""

MIN_ARGUMENT = 20
"""Words of argument that a beginner's task asks for."""

MAX_MEDIA = 16
"""Files of an answer that a default plan looks at as images or PDF."""

_MEDIA_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")


@dataclass(frozen=True, slots=True)
class Shape:
    """What kinds of parts an answer has; the names are those of its files, in order."""

    has_content: bool
    files: tuple[str, ...]

    @property
    def media(self) -> tuple[str, ...]:
        """Files that are named as images or PDF, at most `MAX_MEDIA`."""
        found = (name for name in self.files if name.lower().endswith(_MEDIA_SUFFIXES))
        return tuple(found)[:MAX_MEDIA]

    @property
    def has_code(self) -> bool:
        """True when a file is anything but an image or PDF."""
        return any(not name.lower().endswith(_MEDIA_SUFFIXES) for name in self.files)


def plan_for(
    task_type: str,
    checks: Sequence[CheckOptions] | None,
    shape: Shape,
    difficulty: str | None = None,
) -> Plan:
    """Return the task's own plan, or the default of its type."""
    if checks is None:
        plan_id, chosen = f"default/{task_type}", default_checks(task_type, shape, difficulty)
    else:
        plan_id, chosen = "task", tuple(checks)
    planned = tuple(_planned(task_type, options) for options in chosen)
    return Plan(plan_id=plan_id, digest=_digest(planned), checks=planned)


def default_checks(
    task_type: str, shape: Shape, difficulty: str | None = None
) -> tuple[CheckOptions, ...]:
    """Return what can be judged without knowing the right answer.

    `math` and `tests` need an expected result, `schema`, `claims`, `audit` and `performance` what
    only a task can bring, so most of these plans hold no sufficient check: they reject what is
    plainly bad and escalate the rest. For `structured_data` nothing can be said without a schema,
    not even the format. `static` weighs so little that it never rejects alone.
    """
    words = round(MIN_ARGUMENT * DIFFICULTY_FACTOR.get(difficulty or "", 1.0))
    argument = ReasoningOptions(min_words=words)
    pictures = tuple(MediaOptions(target=f"files/{name}") for name in shape.media)
    code = (SyntaxOptions(weight=2), CompileOptions(weight=2), StaticOptions())
    text = (TextOptions(),) if shape.has_content else ()
    plans: Mapping[str, tuple[CheckOptions, ...]] = {
        "code_syntax": (SyntaxOptions(),),
        "code": code,
        "algorithm_optimization": code if shape.has_code else (argument,),
        "structured_data": (),
        "data_analysis": (*pictures, argument),
        "general": (*text, *pictures, argument),
    }
    return plans.get(task_type, (argument,))


def _planned(task_type: str, options: CheckOptions) -> PlannedCheck:
    name = options.check
    sufficient = SUFFICIENT_BY_DEFAULT | SUFFICIENT_FOR_TYPE.get(task_type, frozenset())
    return PlannedCheck(
        check=name,
        options=options,
        weight=options.weight,
        required=name in REQUIRED_BY_DEFAULT if options.required is None else options.required,
        sufficient=name in sufficient if options.sufficient is None else options.sufficient,
        pass_at=DEFAULT_PASS_AT[name] if options.pass_at is None else options.pass_at,
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
