"""A verdict's findings as a SARIF 2.1.0 log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from checkers.protocol import Finding, Tool
from checkers.sarif.writing import CheckFindings, write_log

if TYPE_CHECKING:
    from collections.abc import Mapping

_DECIDED = ("pass", "fail")


def sarif_bytes(verdict: Mapping[str, Any]) -> bytes:
    """Return the log as UTF-8: one run for each check of a verdict's document, in its order.

    A check that could not tell is there with `executionSuccessful: false`: no finding of it does
    not mean clean. The same document gives the same bytes.
    """
    log = write_log(_check(check, str(verdict["engine"])) for check in verdict["checks"])
    return json.dumps(log, ensure_ascii=False, indent=2).encode()


def _check(check: Mapping[str, Any], engine: str) -> CheckFindings:
    tool = check.get("tool")
    return CheckFindings(
        check["check"],
        tuple(_finding(one) for one in check.get("findings") or ()),
        Tool(tool["name"], tool["version"]) if tool else None,
        engine,
        complete=check["status"] in _DECIDED,
    )


def _finding(one: Mapping[str, Any]) -> Finding:
    lines = one.get("lines")
    return Finding(
        one["category"],
        one["title"],
        one["severity"],
        one.get("file"),
        (lines[0], lines[-1]) if lines else None,
        one.get("explanation") or "",
    )
