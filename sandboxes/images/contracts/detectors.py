"""Detectors of our own, on Slither's intermediate form: what its own ones leave out."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def unread_results(analysis: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - no types in the cage
    """Find calls whose success decides nothing, though Slither takes it for used.

    `bool sent = to.send(x);` alone is as unchecked as `to.send(x);`. So is a success that is
    overwritten before it is read, one that is left out of a tuple (`(, data) = to.call("")`), and
    one that chooses between two ways that are the same (`if (to.send(x)) {}`). Returns rows as
    `scan.py` writes them.
    """
    operations = import_module("slither.slithir.operations")
    return [
        _row(function, node)
        for contract in analysis.contracts
        for function in contract.functions_and_modifiers_declared
        for node in function.nodes
        if _is_unread(node, operations)
    ]


def _is_unread(node: Any, operations: Any) -> bool:  # noqa: ANN401
    """True when the success of a call in this node is kept or asked, and decides nothing."""
    calls = (operations.Send, operations.LowLevelCall)
    made = {one.lvalue for one in node.irs if isinstance(one, calls) and one.lvalue}
    if not made:
        return False
    taken = [one for one in node.irs if isinstance(one, operations.Unpack) and one.tuple in made]
    # From Solidity 0.5 on, a call returns (success, data).
    if taken and all(one.index for one in taken):
        return True
    kept = _kept(node, made, operations)
    return any(not _is_read(node, one) for one in kept) or (not kept and _is_idle(node))


def _kept(node: Any, made: set[Any], operations: Any) -> set[Any]:  # noqa: ANN401
    """Return the local variables that take the success of one of these calls."""
    local = import_module("slither.core.variables.local_variable").LocalVariable
    takes = (operations.Assignment, operations.Unpack)
    return {
        one.lvalue
        for one in node.irs
        if isinstance(one, takes)
        and isinstance(one.lvalue, local)
        and made & set(one.read)
        and not getattr(one, "index", 0)
    }


def _is_read(start: Any, variable: Any) -> bool:  # noqa: ANN401
    """True when some way from a node reads a variable before it is written again."""
    # The function hands its named results on at its end, with no statement that says so.
    if variable in start.function.returns or any(variable in one.read for one in start.irs):
        return True
    seen, rest = {start}, list(start.sons)
    while rest:
        node = rest.pop()
        if node in seen:
            continue
        seen.add(node)
        if any(variable in one.read for one in node.irs):
            return True
        if not any(getattr(one, "lvalue", None) == variable for one in node.irs):
            rest += node.sons
    return False


def _is_idle(node: Any) -> bool:  # noqa: ANN401
    """True for a condition both of whose ways go on at the same statement."""
    kinds = import_module("slither.core.cfg.node").NodeType
    ways = [node.son_true, node.son_false]
    return node.type == kinds.IF and None not in ways and ways[0] == ways[1]


def _row(function: Any, node: Any) -> dict[str, Any]:  # noqa: ANN401
    lines = node.source_mapping.lines
    return {
        "rule": "unread-result",
        "impact": "Medium",
        "confidence": "Medium",
        "text": f"{function.canonical_name} makes a call whose success decides nothing",
        "file": node.source_mapping.filename.relative,
        "lines": [lines[0], lines[-1]],
    }
