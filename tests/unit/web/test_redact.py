from __future__ import annotations

from validator.web.redact import public_event, public_verdict

FIGURES = {"baseline_s": 0.1, "answer_mb": 17.0, "speedup": 2.1, "pairs": 20.0}
CHECK = {"check": "performance", "status": "pass", "metrics": FIGURES, "cases": []}


def test_figures_of_an_answer_on_hidden_inputs_are_not_shown() -> None:
    shown = public_verdict({"checks": [CHECK, {"check": "tests", "metrics": {"cpu_s": 1.0}}]})

    assert shown["checks"][0]["metrics"] == {"baseline_s": 0.1}
    assert shown["checks"][1]["metrics"] == {"cpu_s": 1.0}
    assert public_event("check", CHECK)["metrics"] == {"baseline_s": 0.1}
    assert CHECK["metrics"] == FIGURES
