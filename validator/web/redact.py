"""Second lock on hidden cases: checkers strip them already; no view depends on that alone."""

from __future__ import annotations

from typing import Any

HIDDEN_CASE_FIELDS = ("name", "hidden", "weight")

PUBLIC_METRICS = {
    "performance": frozenset(
        {"baseline_s", "start_s", "baseline_growth", "baseline_mb", "instructions_counted"}
    )
}
"""Of checks whose inputs are hidden: figures that the answer's process has no part in. By its time
and memory an answer could tell of the inputs that it saw (threat model, row 11)."""


def public_verdict(document: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict's document with nothing of hidden cases but name and weight."""
    checks = document.get("checks") or ()
    if not any(_has_hidden(check) or check.get("check") in PUBLIC_METRICS for check in checks):
        return document
    return {**document, "checks": [public_check(check) for check in checks]}


def public_check(check: dict[str, Any]) -> dict[str, Any]:
    """Return one check's document likewise."""
    shown = PUBLIC_METRICS.get(str(check.get("check")))
    if shown is not None and isinstance(check.get("metrics"), dict):
        kept = {name: value for name, value in check["metrics"].items() if name in shown}
        check = {**check, "metrics": kept}
    if not _has_hidden(check):
        return check
    return {**check, "cases": [_public_case(case) for case in check["cases"]]}


def public_event(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return an event's data likewise; a verdict or a check may stand in it, whole or by name."""
    if kind == "check":
        data = public_check(data)
    checked = {name: public_check(value) for name, value in data.items() if _is_check(name, value)}
    if isinstance(data.get("verdict"), dict):
        checked["verdict"] = public_verdict(data["verdict"])
    return public_verdict({**data, **checked} if checked else data)


def _is_check(name: str, value: object) -> bool:
    return name == "check" and isinstance(value, dict)


def _has_hidden(check: dict[str, Any]) -> bool:
    return any(case.get("hidden") for case in check.get("cases") or ())


def _public_case(case: dict[str, Any]) -> dict[str, Any]:
    if not case.get("hidden"):
        return case
    return {name: case[name] for name in HIDDEN_CASE_FIELDS if name in case}
