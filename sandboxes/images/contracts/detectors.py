"""Detectors of our own, on Slither's intermediate form: what its own ones leave out."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def unread_results(analysis: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - no types in the cage
    """Find calls whose success goes into a variable that nothing reads.

    `bool sent = to.send(x);` alone is as unchecked as `to.send(x);`, and Slither takes the
    assignment for a use. Returns rows as `scan.py` writes them.
    """
    operations = import_module("slither.slithir.operations")
    calls = (operations.Send, operations.LowLevelCall)
    rows = []
    for contract in analysis.contracts:
        for function in contract.functions_and_modifiers_declared:
            for node in function.nodes:
                made = {one.lvalue for one in node.irs if isinstance(one, calls) and one.lvalue}
                kept = _kept(node, made, operations)
                if kept and not any(_reads(other, kept) for other in function.nodes):
                    rows.append(_row(function, node))
    return rows


def _kept(node: Any, made: set[Any], operations: Any) -> set[Any]:  # noqa: ANN401
    """Return the local variables that take the result of one of these calls."""
    local = import_module("slither.core.variables.local_variable").LocalVariable
    takes = (operations.Assignment, operations.Unpack)
    return {
        one.lvalue
        for one in node.irs
        if isinstance(one, takes) and isinstance(one.lvalue, local) and made & set(one.read)
    }


def _reads(node: Any, variables: set[Any]) -> bool:  # noqa: ANN401
    return any(variables & set(one.read) for one in node.irs)


def _row(function: Any, node: Any) -> dict[str, Any]:  # noqa: ANN401
    lines = node.source_mapping.lines
    return {
        "rule": "unread-result",
        "impact": "Medium",
        "confidence": "Medium",
        "text": f"{function.canonical_name} keeps the result of a call and never reads it",
        "file": node.source_mapping.filename.relative,
        "lines": [lines[0], lines[-1]],
    }
