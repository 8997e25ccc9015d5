"""Whole reviews over a real wire: real client, real defence, real ledger, scripted judges."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.judges.judges import Echoing, Honest, Judge
from tests.fakes.judges.server import JudgeServer, Plan, judging
from tests.fakes.judges.troubles import Trouble
from tests.unit.experts.bench_making import SEATS, bench, case, licence
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.reviews import Outcome, Tier
from validator.experts import prices
from validator.experts.client import open_client, seats_of
from validator.experts.ledger import Ledger
from validator.experts.limits import SpendKey
from validator.experts.purse import LedgerPurse
from validator.experts.replay import replay
from validator.experts.review import review
from validator.settings.experts import ExpertSettings
from validator.store.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.judges.prompts import Prompt

MISSING = "the defence of reviews is not here yet"
templates = pytest.importorskip("validator.experts.prompts", reason=MISSING).templates
rubric_for = pytest.importorskip("validator.experts.rubric", reason=MISSING).rubric_for
Stack = pytest.importorskip("validator.experts.stack", reason=MISSING).Stack

AMPLE = 10**11  # no ceiling is in the way here
# A late first byte has its own test of the client; without a count a reply is a reply.
FAULTS = [one for one in Trouble if one not in {Trouble.SLOW_BYTE, Trouble.NO_USAGE}]
CASE = replace(case(), rubric=rubric_for("general"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock = SystemClock()
    with open_store(None, tmp_path, clock, RandomIds(clock)) as opened:
        yield opened


def settings_of(server: JudgeServer) -> ExpertSettings:
    def seat(number: int) -> dict[str, Any]:
        made = SEATS[number]
        api = ("openai", "anthropic")[number % 2]
        return {
            "name": made.name,
            "tier": made.tier,
            "family": made.family,
            "api": api,
            "model": made.model,
            "base_url": server.base_url(api),
            "price_in": 1_000_000,
            "price_out": 4_000_000,
            "scripted": True,
        }

    seats = [seat(number) for number in range(len(SEATS))]
    return ExpertSettings.model_validate(
        {"seats": seats, "max_day": AMPLE, "max_task": AMPLE, "response_bytes": 65536}
    )


async def reviewed(server: JudgeServer, store: Store, times: int) -> list[Outcome]:
    settings, clock = settings_of(server), SystemClock()
    seats = seats_of(settings)
    ledger = Ledger(store.spending, settings, clock, RandomIds(clock))
    licences = []
    for tier in Tier:
        made = licence(tier, seats)
        own = {
            one.name: replace(
                made.seats[one.name],
                templates=templates(),
                rubrics=(CASE.rubric.digest,),
                answered=(f"{one.model}|fp_scripted" if one.api == "openai" else one.model,),
            )
            for one in seats
        }
        licences.append(replace(made, seats=own))

    async def none(_seconds: float) -> None:
        """Wait for nothing."""

    async with open_client(settings, clock=clock, pause=none) as client:
        return await asyncio.gather(
            *(
                review(
                    CASE,
                    Tier.STANDARD,
                    bench(seats, licences=tuple(licences)),
                    client,
                    LedgerPurse(ledger, SpendKey(f"task {n}"), prices.worst_case, prices.actual),
                    defence=Stack(),
                    randomness=random.Random(n),
                    clock=clock,
                )
                for n in range(times)
            )
        )


def run(judge: Judge, store: Store, times: int, plan: Plan | None = None) -> list[Outcome]:
    with judging(judge, plan) as server:
        return asyncio.run(reviewed(server, store, times))


def test_an_honest_judge_over_the_wire_gives_its_score_and_a_record_that_replays(
    store: Store,
) -> None:
    (outcome,) = run(Honest(lambda _text: 90), store, 1)

    assert outcome.score == 90, outcome.reasons
    assert outcome.scripted
    assert outcome.cost == store.spending.spent("task", "task 0", 0)
    assert store.spending.open_reservations() == (0, 0)
    assert replay(outcome.record, Stack()) == outcome


@pytest.mark.parametrize("where", ["before", "after"])
def test_an_echo_around_a_verdict_is_no_verdict(store: Store, where: str) -> None:
    (outcome,) = run(Echoing(where), store, 1)

    assert outcome.score is None


def test_faults_of_every_call_are_abstentions_and_never_scores(store: Store) -> None:
    rolls = random.Random(29)
    met: list[Trouble] = []

    def plan(_number: int, _prompt: Prompt) -> Trouble:
        met.append(rolls.choice(FAULTS))
        return met[-1]

    found = run(Honest(lambda _text: 90), store, 60, plan)

    assert len(met) >= 200
    assert set(met) == set(FAULTS)
    assert Counter(one.score for one in found) == {None: 60}
    assert store.spending.open_reservations() == (0, 0)
    assert sum(one.cost for one in found) == sum(
        store.spending.spent("task", f"task {number}", 0) for number in range(60)
    )
    assert all(replay(one.record, Stack()) == one for one in found[:10])
