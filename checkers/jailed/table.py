"""A table against its declaration, inside the jail."""

from __future__ import annotations

from typing import Any

from checkers.tables.form import declared
from checkers.tables.reading import Form, TableError, kind_of, read
from checkers.tables.rules import RuleError, broken, rules_of


def judge(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    """Read the table `name` and apply the task's rules to it.

    The request is `TableOptions` as JSON, with `name`. Returns `{"rows": n, "total": n,
    "faults": [[rule, row, column, text], ...]}`, `{"unreadable": [message, row, column]}` for the
    table, or `{"task_fault": message}`.
    """
    fields = request["fields"]
    try:
        rules = rules_of(fields, request["primary_key"])
        kind = kind_of(request["name"], data)
        table = read(data, kind, Form.of(request["dialect"]), declared(fields))
        total, faults = broken(table, rules, kind.first_row)
    except TableError as error:
        return {"unreadable": [error.message, error.row, error.column]}
    except RuleError as error:
        return {"task_fault": str(error)}
    return {"rows": table.height, "total": total, "faults": faults}
