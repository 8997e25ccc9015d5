"""Documents and tables: speed beside the peers' on the same input, in the same run."""

from __future__ import annotations

import importlib
import io
import json
import random
from typing import TYPE_CHECKING, Any

from benchmarks.timing import Ratio, interleave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLAIMS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "value"],
        "properties": {
            "id": {"type": "string", "pattern": "^q[0-9]+$"},
            "value": {"type": "string"},
            "unit": {"type": ["string", "null"]},
            "where": {"type": "array", "items": {"type": "array", "minItems": 3, "maxItems": 3}},
        },
    },
}
NAMES = {
    "id": "integer", "name": "string", "amount": "integer", "price": "number", "day": "date",
    "flag": "boolean", "code": "string", "note": "string",
}  # fmt: skip


def measure(short: bool) -> Iterator[Ratio]:
    """Compare a report of 1000 claims with its schema, and check a table of 8 columns."""
    yield from _schema(5 if short else 31)
    yield from _table(20_000 if short else 200_000, 3 if short else 9)


def _peer(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"left out: {name} is not installed here")
        return None


def _schema(rounds: int) -> Iterator[Ratio]:
    from checkers.jailed.schema import validator_for

    report = [
        {"id": f"q{i}", "value": f"{i / 7:.2f}", "unit": None, "where": [["country", "==", "DE"]]}
        for i in range(1000)
    ]
    text = json.dumps(report)
    validator = validator_for(CLAIMS)
    methods: dict[str, Callable[[], object]] = {
        "json.loads": lambda: json.loads(text),
        "warm": lambda: validator.is_valid(report),
        "cold": lambda: validator_for(CLAIMS).is_valid(report),
    }
    jsonschema = _peer("jsonschema")
    if jsonschema is not None:
        slow = jsonschema.Draft202012Validator(CLAIMS)
        methods["jsonschema"] = lambda: slow.is_valid(report)
    taken = interleave(methods, rounds)
    goals = {"warm": 1.0, "cold": 1.5}
    for name in list(methods)[1:]:
        label = f"schema, 1000 claims, {name} / json.loads"
        floor = taken["json.loads"].median
        yield Ratio("checks", label, taken[name].median, floor, "s", goals.get(name))


def _rows(count: int) -> bytes:
    draw = random.Random(5)
    out = io.StringIO()
    out.write(",".join(NAMES) + "\n")
    for i in range(count):
        day = f"2024-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        price, flag = f"{draw.random() * 100:.2f}", draw.choice(("true", "false"))
        out.write(f"{i},n{i % 97},{draw.randint(0, 999)},{price},{day},{flag},{i:05d},text\n")
    return out.getvalue().encode()


def _table(count: int, rounds: int) -> Iterator[Ratio]:
    import polars as pl

    from checkers.tables.reading import Declared, Form, Kind, read
    from checkers.tables.rules import broken, rules_of

    data = _rows(count)
    columns = [Declared(name, kind) for name, kind in NAMES.items()]
    fields: list[dict[str, Any]] = [
        {"name": "id", "type": "integer", "required": True, "unique": True, "minimum": 0},
        {"name": "amount", "type": "integer", "maximum": 999},
        {"name": "code", "type": "string", "pattern": "[0-9]+"},
    ]
    rules = rules_of(fields, ["id"])
    methods: dict[str, Callable[[], object]] = {
        "polars read": lambda: pl.read_csv(data),
        "read": lambda: read(data, Kind.CSV, Form(), columns),
        "check": lambda: broken(read(data, Kind.CSV, Form(), columns), rules, 2),
    }
    pandas = _peer("pandas")
    if pandas is not None:
        methods["pandas read"] = lambda: pandas.read_csv(io.BytesIO(data))
    taken = interleave(methods, rounds)
    goals = {"read": 2.0}
    for name in list(methods)[1:]:
        label = f"table, {count} x 8, {name} / polars read"
        floor = taken["polars read"].median
        yield Ratio("checks", label, taken[name].median, floor, "s", goals.get(name))
