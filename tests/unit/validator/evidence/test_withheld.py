from __future__ import annotations

from validator.evidence.withheld import shown_check, shown_digest, whole_digest

OPEN = {"id": "open", "query": {"metric": "count"}}
HIDDEN = {"id": "hid", "query": {"metric": "max", "column": "secret"}, "hidden": True}


def claims(*questions: dict[str, object]) -> dict[str, object]:
    return {"check": "claims", "dataset": "d.csv", "columns": [], "questions": list(questions)}


def test_public_questions_are_shown_and_hidden_ones_are_not() -> None:
    assert shown_check(claims(OPEN, HIDDEN)) == claims(OPEN)
    assert shown_check(claims(HIDDEN)) == claims()


def test_the_digest_of_what_is_shown_is_the_task_s_own_where_nothing_is_hidden() -> None:
    for questions, same in (((OPEN,), True), ((OPEN, HIDDEN), False)):
        task = {"type": "data_analysis", "checks": [claims(*questions)]}
        assert (whole_digest(task) == shown_digest(task)) is same
