"""Names of values, which an answer may leave out."""

from __future__ import annotations

import re

from checkers.math.nodes import Apply, Expression, Symbol, UnparsableError
from checkers.math.syntax import parse

_GEOMETRIC = re.compile(
    r"(?:\\(?:angle|triangle|overline|widehat|measuredangle) ?)?\{?[A-Z]{1,6}\}?"
    r"|S_\{[A-Z]+\}|\\(?:overline|bar) ?\{ ?[a-z] ?\}"
)
_LONG_NAME = re.compile(r"[A-Za-z](?:_\{?[A-Za-z0-9 ]+\}?)?|[A-Za-z]{3,20}(?: [A-Za-z]{2,20}){0,3}")


def name_or_expression(text: str) -> Expression:
    """The left side; names of points, areas and quantities need no value."""
    try:
        return parse(text)
    except UnparsableError:
        if _GEOMETRIC.fullmatch(text) or _LONG_NAME.fullmatch(text) or ":" in text:
            return Symbol(text)
        raise


def is_name(left: Expression) -> bool:
    """`x`, `f(x)`, `AB`, `|AB|`, `NO/BO`: a name that an answer may leave out."""
    match left:
        case Symbol(name):
            return name not in ("e", "i", "pi", "infty")
        case Apply("mul" | "div", args):
            return all(is_name(arg) and _capital(arg) for arg in args)
        case Apply("abs", (arg,)):
            return is_name(arg) and _capital(arg)
        case Apply("sin" | "cos" | "tan" | "cot", (Symbol(),)):
            return True
    return False


def _capital(node: Expression) -> bool:
    return not isinstance(node, Symbol) or node.name[0].isupper()
