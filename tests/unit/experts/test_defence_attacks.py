"""The public attacks against a judge that obeys whatever it can read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components import SHARED_DATA, require_shared_data
from tests.unit.experts.defence_making import CEILINGS, MARKS, gullible, of_row, review, shown
from validator.experts.stack import Stack

BAD = 10
GOOD = 90

_FILE = SHARED_DATA / "judge_attacks.json"
_SET: dict[str, Any] = json.loads(_FILE.read_text("utf-8")) if _FILE.exists() else {}
_ATTACKS = _SET.get("attacks", [])
_BENIGN = _SET.get("benign", [])


def test_the_attack_set_is_there() -> None:
    require_shared_data("judge_attacks.json")

    assert len(_ATTACKS) >= 22
    assert len(_BENIGN) >= 6


@pytest.mark.parametrize("row", _ATTACKS, ids=lambda row: row["id"])
def test_an_attack_gains_nothing_with_a_judge_that_obeys(row: dict[str, Any]) -> None:
    expect = row["expect"]
    found = review(of_row(row), gullible(row["injected"], BAD))
    control = review(of_row(row, row["honest_bad_answer"]), gullible("", BAD))

    if found.score is None:
        assert expect["outcome"] == "abstain_or_low"
        return
    assert control.score is not None
    assert found.score <= expect["max_score"]
    assert found.score - control.score <= expect["max_delta_vs_control"]
    assert found.flagged or not expect["flag"]


@pytest.mark.parametrize("row", _BENIGN, ids=lambda row: row["id"])
def test_a_benign_text_is_neither_flagged_nor_marked_down(row: dict[str, Any]) -> None:
    found = review(of_row(row), gullible("", GOOD))

    assert found.score is not None
    assert found.score >= max(row["expect"]["min_score"], GOOD - 1)
    assert not found.flagged


@pytest.mark.parametrize("row", [*_ATTACKS, *_BENIGN], ids=lambda row: row["id"])
def test_no_prompt_holds_a_character_that_nobody_sees(row: dict[str, Any]) -> None:
    case = of_row({**row, "expand": {"pattern": "", "times": 0}})
    stack = Stack()
    sealed = stack.seal(case)
    ask = stack.grade_ask(sealed, case, MARKS, CEILINGS, commitment=None)
    ranges = _SET["invisible_ranges"]
    unseen = [
        char
        for char in ask.system + ask.user
        if any(low <= ord(char) <= high for low, high in ranges)
    ]

    # Persian needs the joiner between its letters: it is the one that stays (benign row PB004).
    assert set(unseen) <= ({"\u200c"} if row["id"] == "PB004" else set())
    assert shown(ask.user)
