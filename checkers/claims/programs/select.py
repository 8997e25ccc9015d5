"""Laid into the cage: one SELECT of a miner's from the table `dataset`; prints its first value.

Reads `dataset.csv` and `form.json` in the working directory, `query.sql` beside itself.
"""

import csv
import json
import sqlite3
import sys
from pathlib import Path


def csv_rows(form):
    dialect = form["dialect"]
    kinds = [kind for _, kind in form["columns"]]
    nulls = set(dialect["null_words"])
    read = {
        "integer": int,
        "number": lambda text: float(text.replace(dialect["decimal_mark"], ".")),
        "boolean": lambda text: int(text.lower() in ("true", "1")),
    }
    csv.field_size_limit(2**31 - 1)
    with open("dataset.csv", encoding=dialect["encoding"], newline="") as stream:
        lines = csv.reader(stream, delimiter=dialect["delimiter"])
        next(lines)
        for line in lines:
            if not line and len(kinds) > 1:
                continue
            texts = [
                text if kind == "string" else text.strip(" \t")
                for text, kind in zip(line or [""], kinds)
            ]
            yield [
                None if text in nulls else read.get(kind, str)(text)
                for text, kind in zip(texts, kinds)
            ]


def json_rows(form):
    names = [name for name, _ in form["columns"]]
    with open("dataset.csv", encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                row = json.loads(line)
                yield [row[name] for name in names]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def main():
    form = json.loads(Path("form.json").read_text())
    sql = (Path(__file__).parent / "query.sql").read_text()
    words = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
    columns = ", ".join(
        f"{quoted(name)} {words.get(kind, 'TEXT')}" for name, kind in form["columns"]
    )
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE dataset ({columns})")
    marks = ", ".join("?" * len(form["columns"]))
    rows = {"csv": csv_rows, "jsonl": json_rows}[form["kind"]](form)
    base.executemany(f"INSERT INTO dataset VALUES ({marks})", rows)
    base.execute("PRAGMA query_only = ON")
    print("loaded", file=sys.stderr, flush=True)  # what goes wrong from here on is the statement's
    found = base.execute(sql).fetchone()
    if found is None or len(found) != 1 or found[0] is None:
        sys.exit("the statement must give one value")
    print(repr(found[0]) if isinstance(found[0], (int, float)) else found[0])


main()
