"""What a miner may see of a verdict: of hidden gold, status and band only (threat model, row 11).

A second lock where checkers strip already (hidden cases), the only one for points. The total stays
as it was judged: it is what the chain tells everybody, and the result's digest covers it. Whoever
holds the task's gold (the command line, `verdicts show`) sees the points of each check.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from checkers.protocol import band_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN_CASE_FIELDS = ("name", "hidden", "weight")

GOLD: Final = frozenset({"audit"})
"""Checks whose points always come from what is hidden. `math` and `performance` are hidden as a
whole, too, but know no points between none and all: their status says it already."""

COUNTED: Final = frozenset({"claims"})
"""Checks of whose hidden cases not even the number is shown, nor the points. The hidden cases of
`tests` have names and weights that everybody may see, and its points are part of the total."""

PUBLIC_METRICS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "performance": frozenset(
            {"baseline_s", "start_s", "baseline_growth", "baseline_mb", "instructions_counted"}
        ),
    }
)
"""Of checks whose inputs are hidden: figures that the answer's process has no part in. By its time
and memory an answer could tell of the inputs that it saw."""

QUESTION_METRICS: Final = frozenset({"rows", "numbers"})
"""Of `claims` with a hidden question: figures that say nothing of how many there are."""

FULL: Final = 100


def public_verdict(document: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict's document with nothing of hidden gold but each check's status and band."""
    checks = document.get("checks") or ()
    shown = [public_check(check) for check in checks]
    return {**document, "checks": shown} if checks else document


def public_check(check: dict[str, Any]) -> dict[str, Any]:
    """Return one check's document likewise; as it is where nothing is hidden.

    `band` is set where the points are withheld.
    """
    name = str(check.get("check"))
    has_cases = _has_hidden(check)
    shown = _metrics_of(name, check, hidden=has_cases)
    if has_cases:
        shown = {**shown, "cases": _public_cases(name, check["cases"])}
    gold = name in GOLD or (has_cases and name in COUNTED)
    if gold and not _status_says_all(check):
        shown = {**shown, "score": None, "band": band_of(check["score"])}
    return shown


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


def _status_says_all(check: dict[str, Any]) -> bool:
    """There are no points, or passing takes all of them and it passed."""
    if check.get("score") is None:
        return True
    passed = check.get("status") == "pass"
    return passed and check["score"] == check.get("pass_at") == FULL


def _metrics_of(name: str, check: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
    public = PUBLIC_METRICS.get(name)
    if name in COUNTED and hidden:
        public = QUESTION_METRICS
    if public is None or not isinstance(check.get("metrics"), dict):
        return check
    kept = {name: value for name, value in check["metrics"].items() if name in public}
    return {**check, "metrics": kept}


def _public_cases(name: str, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if name not in COUNTED:
        return [_public_case(case) for case in cases]
    return [*(case for case in cases if not case.get("hidden")), {"name": "hidden", "hidden": True}]


def _public_case(case: dict[str, Any]) -> dict[str, Any]:
    if not case.get("hidden"):
        return case
    return {name: case[name] for name in HIDDEN_CASE_FIELDS if name in case}
