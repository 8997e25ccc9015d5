"""Laid into the cage: one SELECT of a miner's from the table `dataset`; prints its first value.

Reads `dataset.csv` and `form.json` in the working directory, `query.sql` beside itself.
"""

import csv
import json
import sqlite3
import sys
from pathlib import Path


def rows(form):
    dialect = form["dialect"]
    kinds = [kind for _, kind in form["columns"]]
    nulls = set(dialect["null_words"])
    read = {
        "integer": int,
        "number": lambda text: float(text.replace(dialect["decimal_mark"], ".")),
        "boolean": lambda text: int(text.lower() in ("true", "1")),
    }
    with open("dataset.csv", encoding=dialect["encoding"], newline="") as stream:
        lines = csv.reader(stream, delimiter=dialect["delimiter"])
        next(lines)
        for line in lines:
            if line:
                yield [
                    None if text in nulls else read.get(kind, str)(text)
                    for text, kind in zip(line, kinds)
                ]


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
    base.executemany(f"INSERT INTO dataset VALUES ({marks})", rows(form))
    base.execute("PRAGMA query_only = ON")
    found = base.execute(sql).fetchone()
    if found is None or len(found) != 1 or found[0] is None:
        sys.exit("the statement must give one value")
    print(repr(found[0]) if isinstance(found[0], (int, float)) else found[0])


main()
