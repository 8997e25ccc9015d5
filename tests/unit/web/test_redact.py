from __future__ import annotations

import json
from typing import Any

import pytest

from validator.web.redact import public_event, public_verdict

FIGURES = {"baseline_s": 0.1, "answer_mb": 17.0, "speedup": 2.1, "pairs": 20.0}
CHECK = {"check": "performance", "status": "pass", "metrics": FIGURES, "cases": []}
AUDIT = {"check": "audit", "status": "pass", "score": 83, "pass_at": 70, "cases": []}
HIDDEN = {"name": "hidden 1", "weight": 1, "hidden": True, "status": "fail", "detail": "secret"}
CLAIMS = {
    "check": "claims",
    "status": "fail",
    "score": 61,
    "pass_at": 70,
    "cases": [{"name": "q1", "hidden": False, "status": "pass"}, HIDDEN, HIDDEN],
    "metrics": {"rows": 12.0, "computed_twice": 61.0, "numbers": 2.0},
}


def shown_of(check: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = public_verdict({"checks": [check]})["checks"][0]
    return found


def test_figures_of_an_answer_on_hidden_inputs_are_not_shown() -> None:
    shown = public_verdict({"checks": [CHECK, {"check": "tests", "metrics": {"cpu_s": 1.0}}]})

    assert shown["checks"][0]["metrics"] == {"baseline_s": 0.1}
    assert shown["checks"][1]["metrics"] == {"cpu_s": 1.0}
    assert public_event("check", CHECK)["metrics"] == {"baseline_s": 0.1}
    assert CHECK["metrics"] == FIGURES


@pytest.mark.parametrize(
    ("points", "band"),
    [(100, "excellent"), (90, "excellent"), (89, "good"), (70, "good"), (69, "partial"),
     (40, "partial"), (39, "poor"), (0, "poor")],
)  # fmt: skip
def test_of_an_audit_the_band_is_shown_in_place_of_points(points: int, band: str) -> None:
    shown = shown_of({**AUDIT, "score": points})

    assert (shown["score"], shown["band"]) == (None, band)
    assert shown["status"] == "pass"


def test_of_a_hidden_question_neither_points_nor_end_nor_number_is_shown() -> None:
    one = {**CLAIMS, "cases": CLAIMS["cases"][:2]}

    assert shown_of(CLAIMS) == shown_of(one)
    assert shown_of(CLAIMS)["band"] == "partial"
    assert "61" not in json.dumps(shown_of(CLAIMS))
    assert "secret" not in json.dumps(shown_of(CLAIMS))


def test_claims_without_a_hidden_question_keep_their_points() -> None:
    check = {**CLAIMS, "cases": CLAIMS["cases"][:1]}

    assert shown_of(check) == check


def test_points_of_tests_stay_beside_their_hidden_cases() -> None:
    check = {"check": "tests", "status": "fail", "score": 25, "pass_at": 100, "cases": [HIDDEN]}

    assert shown_of(check)["score"] == 25
    assert "secret" not in json.dumps(shown_of(check))


@pytest.mark.parametrize("check", [AUDIT, CLAIMS])
def test_no_event_shows_points_either(check: dict[str, Any]) -> None:
    for kind, data in (
        ("check", check),
        ("check", {"check": check}),
        ("verdict", {"verdict": {"checks": [check]}}),
        ("verdict", {"checks": [check]}),
    ):
        told = json.dumps(public_event(kind, data))
        assert "band" in told
        assert str(check["score"]) not in told


def test_what_was_cut_once_stays_as_it_is() -> None:
    for check in (AUDIT, CLAIMS, CHECK):
        assert shown_of(shown_of(check)) == shown_of(check)
