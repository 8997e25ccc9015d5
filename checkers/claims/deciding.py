"""Is a printed value right for a recomputed one, and if not, what kind of mistake is it.

Nothing here ever says what the right value is: the number could be copied into the next answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from checkers.claims.numbers import Ranking, Value, same_moment
from checkers.claims.printed import FLOAT_SLACK, Printed, agrees, is_near, read_printed, unit_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.claims.query import Query

COUNTS: Final = frozenset({"count", "distinct", "missing"})
FRACTIONS: Final = frozenset({"share", "growth"})
P_VALUES: Final = frozenset({"ttest_p", "chi2_p", "anova_p", "mannwhitney_p"})
WITHIN_ONE: Final = P_VALUES | {"share", "correlation", "r2"}

USUAL_BOUND: Final = Fraction(1, 20)
"""`p < x` says something up to 0.05, `p > x` from there on."""

Limits = tuple[float, float]
"""A task's own tolerance: absolute, relative."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`right`, or wrong and `why`: a clause that follows the claim's name in a sentence."""

    right: bool
    why: str = ""


RIGHT: Final = Decision(right=True)


def decide(
    query: Query, value: Value, said: object, unit: str | None, limits: Limits | None
) -> Decision:
    """Compare what a claim says with what was recomputed."""
    if value is None:
        return Decision(right=False, why="has no value in the dataset")
    if isinstance(value, dict):
        return _decide_groups(query, value, said, unit, limits)
    if isinstance(value, Ranking):
        return _decide_ranking(query, value, said)
    if isinstance(value, str):
        same = isinstance(said, str) and same_moment(said.strip(), value)
        return RIGHT if same else Decision(right=False, why="is not that date, in ISO 8601")
    try:
        printed = read_printed(_text(said))
    except ValueError as error:
        return Decision(right=False, why=str(error))
    return decide_number(query, value, printed, unit, limits)


def _text(said: object) -> str:
    if isinstance(said, bool) or not isinstance(said, (str, int, float)):
        raise ValueError('must be one number as text, such as "12.34"')  # noqa: TRY004
    return said if isinstance(said, str) else repr(said)


def decide_number(
    query: Query, value: float, printed: Printed, unit: str | None, limits: Limits | None
) -> Decision:
    """Compare a printed number with the recomputed one."""
    if not math.isfinite(value):
        return Decision(right=False, why="has no finite value in the dataset")
    fault = _unit_fault(query, printed, unit) or _form_fault(query, printed)
    if fault:
        return Decision(right=False, why=fault)
    exact = isinstance(value, int)
    target = in_its_unit(query, Fraction(value), printed, unit)
    if printed.bound is not None:
        scale = in_its_unit(query, Fraction(1), printed, unit)
        return _decide_bound(printed, target, USUAL_BOUND * scale)
    if limits is not None:
        right = is_near(target, printed, *limits)
    else:
        fault = _too_coarse(query, target, printed)
        if fault:
            return Decision(right=False, why=fault)
        right = agrees(printed, target, exact=exact)
    return RIGHT if right else Decision(right=False, why=_slip(query, target, printed, exact=exact))


def vague(query: Query, value: Value, said: object, unit: str | None) -> str:
    """Why a right number answers no question: it says nothing, unless it is exact.

    A zero that only rounds to one, and a single digit of tens or more (`4e1`), are guessed too
    easily; one digit behind the point (`.02`, as papers print p-values) is a rounding like others.
    Empty where it says enough, is a bound, or is no number at all.
    """
    if isinstance(value, dict):
        each = said if isinstance(said, dict) else {}
        found = (vague(query, value[name], each.get(name), unit) for name in sorted(value))
        return next(filter(None, found), "")
    if not isinstance(value, (int, float)):
        return ""
    printed = read_printed(_text(said))
    target = in_its_unit(query, Fraction(value), printed, unit)
    noise = 0 if query.metric in P_VALUES else FLOAT_SLACK
    exact = abs(printed.value - target) <= max(noise, abs(target) * FLOAT_SLACK)
    least = printed.step * (10 if printed.step > 1 else 1)
    if printed.bound is not None or exact or abs(printed.value) >= least:
        return ""
    return "is printed too coarsely for an answer: give more digits, or the exact value"


def in_its_unit(query: Query, value: Fraction, printed: Printed, unit: str | None) -> Fraction:
    """The recomputed value in the unit of the printed one: a percent sign is a factor of 100."""
    asked = unit_name(query.unit) == "%"
    said = printed.is_percent or unit_name(unit) == "%"
    natural = query.metric not in FRACTIONS  # a column may hold percents, a share never does
    percent = (said and not asked) if natural else (said or asked)
    return value * 100 if percent else value


def _unit_fault(query: Query, printed: Printed, unit: str | None) -> str:
    asked, beside, named = unit_name(query.unit), printed.unit, unit_name(unit)
    if beside is not None and named is not None and beside != named:
        return "has one unit beside its number and another in its field unit"
    said = beside or named
    if asked is not None and said is not None and said != asked:
        return "is in another unit than the one asked for"
    return ""


def _form_fault(query: Query, printed: Printed) -> str:
    if printed.bound is not None and query.metric not in P_VALUES:
        return "gives a bound; only p-values may be given as < or >"
    if query.metric in COUNTS and printed.step > 1:
        return "is rounded; a count is printed whole"
    return ""


def _too_coarse(query: Query, target: Fraction, printed: Printed) -> str:
    in_percent = abs(target) > 1
    if (
        query.metric in WITHIN_ONE
        and not printed.decimals
        and not printed.is_percent
        and (not in_percent and target.denominator != 1)
    ):
        return "is printed without decimals, which says nothing about a number from -1 to 1"
    fixed = printed.decimals and not printed.scientific
    if target != 0 and printed.step > abs(target) and not fixed:
        return "is printed too coarsely to say anything"
    return ""


def _decide_bound(printed: Printed, target: Fraction, usual_bound: Fraction) -> Decision:
    below = printed.bound == "<"
    usual = 0 < printed.value <= usual_bound if below else printed.value >= usual_bound
    if not usual:
        return Decision(right=False, why="gives a bound that says too little about a p-value")
    right = target < printed.value if below else target > printed.value
    return RIGHT if right else Decision(right=False, why="gives a bound that does not hold")


def _slip(query: Query, target: Fraction, printed: Printed, *, exact: bool) -> str:
    """The first common slip that explains the printed number."""

    def would_be(changed: Fraction) -> bool:
        return agrees(replace(printed, value=changed), target, exact=exact)

    step = printed.step
    if query.metric in COUNTS and abs(target - printed.value) == 1:
        return "is a count off by one"
    if printed.value and would_be(-printed.value):
        return "has the wrong sign"
    if any(
        _scaled_agrees(printed, target, Fraction(100) ** power, exact=exact) for power in (1, -1)
    ):
        return _percent_words(query, printed)
    if would_be(printed.value - step) or would_be(printed.value + step):
        return "is off in the last digit printed"
    powers = (power for power in range(-9, 10) if power)
    if any(_scaled_agrees(printed, target, Fraction(10) ** power, exact=exact) for power in powers):
        return "has the right digits at a wrong power of ten"
    return ""


def _scaled_agrees(printed: Printed, target: Fraction, factor: Fraction, *, exact: bool) -> bool:
    """Would the same digits, multiplied by the factor, be right. A printed 0 has no digits."""
    scaled = replace(printed, value=printed.value * factor, step=printed.step * factor)
    return printed.value != 0 and agrees(scaled, target, exact=exact)


def _percent_words(query: Query, printed: Printed) -> str:
    if query.metric in FRACTIONS and not printed.is_percent:
        return "mixes up percent and fraction: write 12.3% or 0.123, as the unit asked for has it"
    return "is off by a factor of 100: percent and fraction are mixed up"


def _decide_ranking(query: Query, ranking: Ranking, said: object) -> Decision:
    """Names in their order; groups that are level may stand in either order."""
    k = query.k or 1
    names = _names(said, k)
    if names is None:
        return Decision(right=False, why="must name groups: a text for one, a list for several")
    if len(names) != min(k, len(ranking.labels)) or len(set(names)) != len(names):
        return Decision(
            right=False, why=f"must name {min(k, len(ranking.labels))} different groups"
        )
    values = dict(zip(ranking.labels, ranking.values, strict=True))
    if not set(names) <= set(values):
        return Decision(right=False, why="names a group that the rows asked about do not have")
    for name, value in zip(names, ranking.values, strict=False):
        if not math.isclose(values[name], value, rel_tol=1e-12):
            outside = value not in [values[other] for other in names]
            return Decision(
                right=False,
                why="leaves out a group that belongs there" if outside else "has a wrong order",
            )
    return RIGHT


def _names(said: object, k: int) -> list[str] | None:
    if k == 1 and isinstance(said, (str, int)) and not isinstance(said, bool):
        return [str(said)]
    if isinstance(said, list) and all(isinstance(name, str) for name in said):
        return said
    return None


def _decide_groups(
    query: Query,
    values: Mapping[str, Value],
    said: object,
    unit: str | None,
    limits: Limits | None,
) -> Decision:
    if not isinstance(said, dict):
        return Decision(right=False, why="must be an object with one value for each group")
    missing, extra = sorted(set(values) - set(said)), sorted(set(said) - set(values))
    if missing:
        return Decision(right=False, why=f"has no value for {len(missing)} of the groups")
    if extra:
        return Decision(right=False, why=f"has values for {len(extra)} groups that are not there")
    for name in sorted(values):
        value = values[name]
        if value is None:
            return Decision(right=False, why=f"asks for a group without a value: {name[:60]!r}")
        one = decide(query, value, said[name], unit, limits)
        if not one.right:
            return Decision(
                right=False, why=f"is wrong for group {name[:60]!r}: it {one.why}".rstrip()
            )
    return RIGHT
