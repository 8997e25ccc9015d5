"""The language of claims: which number of a table is meant. Strict, without expressions."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from checkers.option_parts import OptionModel

if TYPE_CHECKING:
    from collections.abc import Mapping

Metric = Literal[
    "count",
    "distinct",
    "missing",
    "sum",
    "mean",
    "median",
    "quantile",
    "min",
    "max",
    "std",
    "var",
    "correlation",
    "slope",
    "intercept",
    "r2",
    "ttest_t",
    "ttest_p",
    "chi2",
    "chi2_p",
    "anova_f",
    "anova_p",
    "mannwhitney_u",
    "mannwhitney_p",
    "share",
    "top_k",
    "rank",
    "growth",
]
SimpleMetric = Literal["count", "distinct", "missing", "sum", "mean", "median", "min", "max"]
"""What groups can be compared by: statistics of one column without a convention."""

QuantileMethod = Literal[
    "linear",
    "lower",
    "higher",
    "nearest",
    "midpoint",
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
]
"""The nine of Hyndman and Fan (1996) and the four cruder ones, under numpy's names."""

QUANTILE_METHODS: Final[tuple[str, ...]] = QuantileMethod.__args__  # type: ignore[attr-defined]

Name = Annotated[str, Field(max_length=256)]
Scalar = Annotated[str, Field(max_length=1000)] | int | float | bool
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "missing", "known"]
MAX_LIST = 1000

MEANINGS: Final[Mapping[str, Mapping[str, tuple[Any, ...]]]] = MappingProxyType(
    {
        "quantile": {"method": QUANTILE_METHODS},
        "std": {"ddof": (0, 1)},
        "var": {"ddof": (0, 1)},
        "correlation": {"method": ("pearson", "spearman", "kendall")},
        "ttest_t": {"paired": (False, True), "equal_var": (False, True)},
        "ttest_p": {
            "paired": (False, True),
            "equal_var": (False, True),
            "sides": ("two", "less", "greater"),
        },
        "chi2": {"yates": (False, True)},
        "chi2_p": {"yates": (False, True)},
        "mannwhitney_p": {
            "method": ("asymptotic", "exact"),
            "continuity": (False, True),
            "sides": ("two", "less", "greater"),
        },
        "share": {"of": ("all", "known")},
        "rank": {"ties": ("min", "max", "average", "dense")},
    }
)
"""Conventions with more than one meaning, by metric: compulsory wherever they change the value."""

_PAIR: Final = ("x", "y")
# What each metric needs, and what it may have besides; where, group_by, bucket, group, unit aside.
_FIELDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = MappingProxyType(
    {
        "count": ((), ("column",)),
        **dict.fromkeys(
            ("distinct", "missing", "sum", "mean", "median", "min", "max"), (("column",), ())
        ),
        "quantile": (("column", "q"), ("method",)),
        "std": (("column",), ("ddof",)),
        "var": (("column",), ("ddof",)),
        "correlation": (_PAIR, ("method",)),
        **dict.fromkeys(("slope", "intercept", "r2"), (_PAIR, ())),
        "ttest_t": ((), ("paired", "equal_var", "column", "by", "groups", "x", "y")),
        "ttest_p": ((), ("paired", "equal_var", "sides", "column", "by", "groups", "x", "y")),
        "chi2": (_PAIR, ("yates",)),
        "chi2_p": (_PAIR, ("yates",)),
        "anova_f": (("column", "by"), ("groups",)),
        "anova_p": (("column", "by"), ("groups",)),
        "mannwhitney_u": (("column", "by", "groups"), ()),
        "mannwhitney_p": (("column", "by", "groups"), ("method", "continuity", "sides")),
        "share": (("column", "value"), ("of",)),
        "top_k": (("by", "statistic", "k"), ("column", "order")),
        "rank": (("by", "statistic", "value"), ("column", "order", "ties")),
        "growth": (("bucket", "from_", "to", "of"), ("column",)),
    }
)
_EVERYWHERE: Final = frozenset({"where", "group_by", "bucket", "group", "metric", "unit"})
_UNGROUPED: Final = frozenset({"growth", "top_k", "rank"})


def _condition(value: Any) -> Any:  # noqa: ANN401
    """`[column, op]` or `[column, op, value]`; `=` is a way to write `==`."""
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise ValueError("must be [column, operator, value]")
    column, operator, *rest = value
    operator = "==" if operator == "=" else operator
    return {"column": column, "operator": operator, "value": rest[0] if rest else None}


class Condition(OptionModel):
    """One test of a row. A missing value passes none but `missing`."""

    column: Name
    operator: Operator
    value: Scalar | Annotated[tuple[Scalar, ...], Field(strict=False)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:  # noqa: ANN401
        return value if isinstance(value, dict) else _condition(value)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        listed = isinstance(self.value, tuple)
        if self.operator in ("missing", "known"):
            if self.value is not None:
                raise ValueError(f"{self.operator} takes no value")
        elif self.operator in ("in", "not in"):
            if not listed:
                raise ValueError(f"{self.operator} takes a list of values")
        elif listed or self.value is None:
            raise ValueError(f"{self.operator} takes one value")
        if isinstance(self.value, tuple) and len(self.value) > MAX_LIST:
            raise ValueError(f"a list holds at most {MAX_LIST} values")
        return self


class Bucket(OptionModel):
    """Groups of time. Labels are 2024-03-01, 2024-W09 (ISO 8601), 2024-03, 2024-Q1 and 2024.

    `timezone` (an IANA name) must be there where the times have zones, and only there.
    """

    column: Name
    by: Literal["day", "week", "month", "quarter", "year"]
    timezone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")] | None = None


def _one_or_more(value: Any) -> Any:  # noqa: ANN401
    return value if value is None or isinstance(value, list) else [value]


class Query(OptionModel):
    """Which number is meant. Fields that its metric does not use are refused."""

    where: tuple[Condition, ...] = Field(default=(), strict=False, max_length=20)
    group_by: tuple[Name, ...] = Field(default=(), strict=False, max_length=4)
    bucket: Bucket | None = None
    group: Annotated[
        Annotated[tuple[Scalar, ...], Field(strict=False, max_length=5)] | None,
        BeforeValidator(_one_or_more),
    ] = None
    metric: Metric
    unit: Annotated[str, Field(max_length=32)] | None = None
    column: Name | None = None
    x: Name | None = None
    y: Name | None = None
    by: Name | None = None
    value: Scalar | None = None
    groups: Annotated[tuple[Scalar, ...], Field(strict=False, max_length=MAX_LIST)] | None = None
    q: float | None = Field(default=None, ge=0, le=1)
    method: str | None = Field(default=None, max_length=32)
    ddof: Literal[0, 1] | None = None
    equal_var: bool | None = None
    paired: bool | None = None
    sides: Literal["two", "less", "greater"] | None = None
    yates: bool | None = None
    continuity: bool | None = None
    of: str | None = Field(default=None, max_length=16)
    statistic: SimpleMetric | None = None
    k: int | None = Field(default=None, ge=1, le=100)
    order: Literal["largest", "smallest"] = "largest"
    ties: Literal["min", "max", "average", "dense"] | None = None
    from_: str | None = Field(default=None, alias="from", max_length=16)
    to: str | None = Field(default=None, max_length=16)

    @property
    def given(self) -> frozenset[str]:
        """Names of the fields that were written and are not null."""
        return frozenset(name for name in self.model_fields_set if getattr(self, name) is not None)

    @property
    def keys(self) -> int:
        """How many values name one of its groups."""
        return len(self.group_by) + (self.bucket is not None)

    @property
    def statistic_column(self) -> str | None:
        """The column whose values are summarised, if there is one."""
        return self.column or self.y

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        needed, allowed = _FIELDS[self.metric]
        absent = [name for name in needed if name not in self.given]
        if absent:
            raise ValueError(f"{self.metric} needs {_public(absent[0])}")
        foreign = sorted(self.given - _EVERYWHERE - {*needed, *allowed})
        if foreign:
            raise ValueError(f"{self.metric} has no {_public(foreign[0])}")
        return self

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        meanings = MEANINGS.get(self.metric, {})
        for name in ("method", "of"):
            value = getattr(self, name)
            if value is not None and name in meanings and value not in meanings[name]:
                raise ValueError(f"{name} must be one of {', '.join(meanings[name])}")
        if self.metric.startswith("ttest"):
            self._two_samples()
        if self.metric.startswith("mannwhitney") and len(self.groups or ()) != 2:  # noqa: PLR2004
            raise ValueError("groups must name two groups")
        compared = self.of if self.metric == "growth" else self.statistic
        if compared not in (None, "count") and self.metric in _UNGROUPED and self.column is None:
            raise ValueError(f"{compared} needs column")
        if self.metric == "growth" and self.of not in SimpleMetric.__args__:  # type: ignore[attr-defined]
            raise ValueError(f"of must be one of {', '.join(SimpleMetric.__args__)}")  # type: ignore[attr-defined]
        return self

    def _two_samples(self) -> None:
        paired = self.given & {"x", "y"}
        if paired and paired != {"x", "y"}:
            raise ValueError("a test of two columns needs x and y")
        if paired and self.given & {"column", "by", "groups"}:
            raise ValueError("give x and y, or column, by and groups")
        if not paired and not self.given >= {"column", "by", "groups"}:
            raise ValueError(f"{self.metric} needs column, by and groups, or x and y")
        if not paired and len(self.groups or ()) != 2:  # noqa: PLR2004
            raise ValueError("groups must name two groups")

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        if self.metric in _UNGROUPED and (self.group_by or self.group is not None):
            raise ValueError(f"{self.metric} has no group_by and no group")
        if self.metric != "growth" and self.group is not None and len(self.group) != self.keys:
            raise ValueError("group must name one value for each of group_by, and one for bucket")
        return self

    def open_conventions(self) -> tuple[str, ...]:
        """Names of the conventions that it leaves open, in the order of `MEANINGS`."""
        return tuple(
            name
            for name in MEANINGS.get(self.metric, {})
            if getattr(self, name) is None and not self._is_moot(name)
        )

    def _is_moot(self, name: str) -> bool:
        """True where another field has settled what this one could mean."""
        if self.metric.startswith("ttest"):
            if name == "paired":
                return self.x is None  # two groups of one column are never pairs
            return name == "equal_var" and self.paired is True
        return name == "continuity" and self.method == "exact"

    def but(self, **changes: Any) -> Query:  # noqa: ANN401
        """Return the same query with some fields changed."""
        return Query.model_validate({**self.plain(), **changes})

    def plain(self) -> dict[str, Any]:
        """As JSON, in one spelling: two queries mean the same iff these are equal."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True, by_alias=True)


def _public(name: str) -> str:
    return name.rstrip("_")


def read_query(value: Any) -> Query:  # noqa: ANN401
    """Read a query; raises ValueError with one sentence that names the field."""
    try:
        return Query.model_validate(value)
    except ValidationError as error:
        raise ValueError(sentence(error)) from None


def sentence(error: ValidationError) -> str:
    """Return the first complaint of pydantic in one sentence, its field first."""
    first = error.errors(include_url=False, include_input=False)[0]
    names = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]]
    place = "".join(names).lstrip(".")[:200]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "is not known"
    return f"{place}: {message}" if place else message
