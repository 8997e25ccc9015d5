"""Whole reviews with the real defence: the public attacks, judges that obey on every seat."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.components import SHARED_DATA
from tests.unit.experts.bench_making import SEATS, Coins, HandClock, Models, bench, licence
from tests.unit.experts.defence_making import Judge, gullible, of_row
from validator.domain.reviews import Ask, Case, Outcome, Seat, Tier
from validator.experts.prompts import templates
from validator.experts.replay import replay
from validator.experts.review import review
from validator.experts.stack import Stack

if TYPE_CHECKING:
    from validator.experts.ports import Defence

_FILE = SHARED_DATA / "judge_attacks.json"
_SET: dict[str, Any] = json.loads(_FILE.read_text("utf-8")) if _FILE.exists() else {}
PLAN = json.dumps({"commitment": "what a right answer holds", "cannot_judge": False})


def reviewed(case: Case, judge: Judge, start: Tier = Tier.ADVANCED) -> tuple[Outcome, Models]:
    def answer(seat: Seat, ask: Ask) -> str:
        return judge(ask, case)

    models = Models(answer, plan=lambda ask: PLAN)
    licences = []
    for tier in Tier:
        made = licence(tier, SEATS, task_type=case.task_type)
        own = {
            name: replace(one, templates=templates(), rubrics=(case.rubric.digest,))
            for name, one in made.seats.items()
        }
        licences.append(replace(made, seats=own))
    outcome = asyncio.run(
        review(
            case,
            start,
            bench(licences=tuple(licences)),
            models,
            Coins(),
            defence=Stack(),
            randomness=random.Random(3),
            clock=HandClock(),
        )
    )
    return outcome, models


def test_the_stack_is_a_defence() -> None:
    defence: Defence = Stack()

    assert defence.seal(of_row(_row("math"))).suspects == ()


def _row(task_type: str) -> dict[str, Any]:
    task = {"type": task_type, "prompt": "Compute 17 * 24."}
    return {"task": task, "answer": "17 * 24 = 398.", "injected": "", "channel": "answer"}


@pytest.mark.parametrize("row", _SET.get("attacks", []), ids=lambda row: row["id"])
def test_an_attack_gains_nothing_in_a_whole_review(row: dict[str, Any]) -> None:
    outcome, _ = reviewed(of_row(row), gullible(row["injected"], 10))

    if outcome.score is not None:
        assert outcome.score <= row["expect"]["max_score"]
    if row["expect"]["outcome"] == "score_low":
        assert outcome.score is not None
        assert not row["expect"]["flag"] or outcome.flags


@pytest.mark.parametrize("row", _SET.get("benign", []), ids=lambda row: row["id"])
def test_a_benign_text_is_scored_as_it_is_worth(row: dict[str, Any]) -> None:
    outcome, _ = reviewed(of_row(row), gullible("", 90))

    assert outcome.score == 90
    assert outcome.flags == ()


def test_a_record_of_the_real_defence_replays() -> None:
    outcome, _ = reviewed(of_row(_row("math")), gullible("", 10))

    again = replay(outcome.record, Stack())
    assert again == outcome
