"""The constraints of Frictionless Table Schema as polars expressions over a typed table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from polars.exceptions import ComputeError

from checkers.tables.casting import DTYPES, cast
from checkers.tables.form import Declared, Form, TableError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_FAULTS: Final = 20
_FEW: Final = 5
_AS_TEXT: Final = frozenset({"date", "datetime", "time"})


class RuleError(ValueError):
    """A rule of the task cannot be applied; the message names it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint: `broken` is true in each row that breaks it, `found` what stands there."""

    name: str
    column: str | None
    expected: str
    broken: pl.Expr
    found: pl.Expr


def rules_of(fields: Sequence[Mapping[str, Any]], primary_key: Sequence[str]) -> list[Rule]:
    """Compile all constraints, in the order of the columns; raises `RuleError`.

    `fields` are `TableField` as JSON. A null breaks `required` and the primary key alone.
    """
    rules = [rule for field in fields for rule in _of_field(field)]
    if primary_key:
        rules += _of_key(primary_key)
    return rules


def broken(
    table: pl.DataFrame, rules: Sequence[Rule], first_row: int
) -> tuple[int, list[list[Any]]]:
    """Return how often rules are broken, and the first 20 as `[rule, row, column, text]`.

    They are sorted by row, then by the order of the rules.
    """
    if not rules:
        return 0, []
    try:
        marks = table.select(
            rule.broken.fill_null(value=False).alias(str(i)) for i, rule in enumerate(rules)
        )
    except ComputeError as error:
        raise RuleError(f"a pattern cannot be used: {shown(str(error).splitlines()[0])}") from None
    total = sum(int(marks[name].sum()) for name in marks.columns)
    places = sorted(
        (int(row), index)
        for index, name in enumerate(marks.columns)
        for row in marks[name].arg_true().head(MAX_FAULTS)
    )
    return total, [_told(table, rules[index], row, first_row) for row, index in places[:MAX_FAULTS]]


def _told(table: pl.DataFrame, rule: Rule, row: int, first_row: int) -> list[Any]:
    found = table.slice(row, 1).select(rule.found.alias("found"))["found"][0]
    if rule.name in ("unique", "primary_key") and found is not None:
        said = f"found {_value(found)} again"
    else:
        said = f"found {_value(found)}"
    return [rule.name, row + first_row, rule.column, f"expected {rule.expected}, {said}"]


def _value(found: Any) -> str:  # noqa: ANN401 - a value of any column
    if found is None:
        return "nothing"
    if isinstance(found, dict):
        return ", ".join(_value(part) for part in found.values())
    if isinstance(found, bool):
        return "true" if found else "false"
    return shown(found)


def _of_field(field: Mapping[str, Any]) -> Iterator[Rule]:
    name, column = field["name"], pl.col(field["name"])
    if field.get("required"):
        yield Rule("required", name, "a value", column.is_null(), column)
    if field.get("unique"):
        again = column.is_first_distinct().not_() & column.is_not_null()
        yield Rule("unique", name, "a value that no row before has", again, column)
    if field.get("minimum") is not None:
        bound = _literal(field, "minimum", field["minimum"])
        yield Rule("minimum", name, f"at least {field['minimum']}", column < bound, column)
    if field.get("maximum") is not None:
        bound = _literal(field, "maximum", field["maximum"])
        yield Rule("maximum", name, f"at most {field['maximum']}", column > bound, column)
    if field.get("enum") is not None:
        choices = _series(field, "enum", field["enum"])
        yield Rule(
            "enum", name, _choices(field["enum"]), column.is_in(choices.implode()).not_(), column
        )
    if field.get("pattern") is not None:
        whole = f"\\A(?:{field['pattern']})\\z"  # as in XML Schema, a pattern covers the whole
        expected = f"text that matches {shown(field['pattern'])}"
        yield Rule("pattern", name, expected, column.str.contains(whole).not_(), column)


def _of_key(names: Sequence[str]) -> Iterator[Rule]:
    key = pl.struct(list(names))
    missing = pl.any_horizontal(pl.col(name).is_null() for name in names)
    where = names[0] if len(names) == 1 else None
    listed = ", ".join(shown(name) for name in names)
    yield Rule("primary_key", where, f"a value in each of {listed}", missing, pl.lit(None))
    again = key.is_first_distinct().not_() & missing.not_()
    yield Rule("primary_key", where, f"a key ({listed}) that no row before has", again, key)


def _series(field: Mapping[str, Any], rule: str, values: Sequence[Any]) -> pl.Series:
    name, kind = field["name"], field["type"]
    try:
        if kind in _AS_TEXT:
            texts = pl.DataFrame({name: pl.Series(values, dtype=pl.String)})
            typed = cast(texts, Form(null_words=()), [Declared(name, kind)])
            return typed.get_column(name)
        return pl.Series(name, values, DTYPES[kind], strict=kind != "number")
    except (TableError, TypeError, OverflowError):
        raise RuleError(f"{rule} of column {shown(name)} is not of the column's type") from None


def _literal(field: Mapping[str, Any], rule: str, value: Any) -> pl.Expr:  # noqa: ANN401
    return pl.lit(_series(field, rule, [value])).first()


def _choices(values: Sequence[Any]) -> str:
    listed = ", ".join(_value(value) for value in values[:_FEW])
    more = len(values) - _FEW
    return f"one of {listed}" + (f" and {more} more" if more > 0 else "")
