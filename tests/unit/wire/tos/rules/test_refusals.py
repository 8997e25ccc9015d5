"""Refusals that the published scenarios do not reach, and the order of the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from validator.wire import tos
from validator.wire.tos import rules
from validator.wire.tos.rules import BlockStamp, MiningState, Rule, RuleError

PUBLISHER, MINER, VALIDATOR, STRANGER = (tos.PublicKey(bytes([n] * 32)) for n in range(1, 5))
NOW = 1_770_000_000_000
TASK = b"\x07" * 32
TEXT = "an answer of some length"
ANSWER = tos.SubmitAnswer(TASK, TEXT, tos.answer_hash(TEXT), 10**9)
PUBLISH = tos.PublishTask(TASK, 10**10, tos.Difficulty.BEGINNER, NOW + 10**6, "do this and that")


def at(height: int) -> BlockStamp:
    return BlockStamp(height, NOW + 3_000 * height)


def market() -> tuple[MiningState, bytes]:
    """Registered accounts, a task, an answer; returns the answer's id."""
    state = MiningState()
    for key in (PUBLISHER, MINER, VALIDATOR):
        state = rules.apply(state, tos.RegisterMiner(key, 10**9), key, at(1))
    state = rules.apply(state, PUBLISH, PUBLISHER, at(2))
    state = rules.apply(state, ANSWER, MINER, at(3))
    return state, state.tasks[TASK].submitted_answers[0].answer_id


def refused(state: MiningState, payload: Any, source: tos.PublicKey, height: int = 9) -> RuleError:
    with pytest.raises(RuleError) as caught:
        rules.apply(state, payload, source, at(height))
    return caught.value


def with_account(state: MiningState, key: tos.PublicKey, **changes: int) -> MiningState:
    changed = replace(state.accounts[key], **changes)
    return replace(state, accounts={**state.accounts, key: changed})


def with_reputation(state: MiningState, key: tos.PublicKey, reputation: int) -> MiningState:
    changed = replace(state.miners[key], reputation=reputation)
    return replace(state, miners={**state.miners, key: changed})


def test_a_registration_is_ones_own_paid_for_and_done_once() -> None:
    state, _ = market()
    other = refused(state, tos.RegisterMiner(MINER, 10**9), STRANGER)
    cheap = refused(state, tos.RegisterMiner(STRANGER, 10**9 - 1), STRANGER)
    again = refused(state, tos.RegisterMiner(MINER, 10**9), MINER)

    assert [error.rule for error in (other, cheap, again)] == [
        Rule.SOURCE_MISMATCH, Rule.REGISTRATION_FEE, Rule.ALREADY_REGISTERED,
    ]  # fmt: skip
    assert str(cheap) == (
        "AI Mining validation failed: Validation failed:"
        " Registration fee 999999999 is below minimum 1000000000"
    )


@pytest.mark.parametrize("payload", [PUBLISH, ANSWER, tos.ValidateAnswer(TASK, TASK, 1)])
def test_nobody_acts_unregistered(payload: Any) -> None:
    state, _ = market()

    error = refused(state, payload, STRANGER)
    assert error.rule is Rule.NOT_REGISTERED
    assert error.text == f"Miner not registered: {STRANGER.hex()}"


def test_the_text_is_looked_at_before_the_registration() -> None:
    state, _ = market()
    short = replace(PUBLISH, description="short")

    assert refused(state, short, STRANGER).rule is Rule.TOO_SHORT
    assert refused(state, replace(ANSWER, answer_content="é" * 4), STRANGER).rule is Rule.TOO_SHORT


def test_a_cancelled_task_takes_no_score() -> None:
    state, answer = market()
    task = replace(state.tasks[TASK], status=rules.TaskStatus.CANCELLED)
    cancelled = replace(state, tasks={TASK: task})

    error = refused(cancelled, tos.ValidateAnswer(TASK, answer, 1), VALIDATOR)
    assert error.rule is Rule.TASK_CANCELLED


@pytest.mark.parametrize(("reputation", "passes"), [(149, False), (150, True)])
def test_a_validators_reputation_binds_at_its_threshold(reputation: int, passes: bool) -> None:
    state, answer = market()
    state = with_reputation(state, VALIDATOR, reputation)
    found = rules.refusal(state, tos.ValidateAnswer(TASK, answer, 1), VALIDATOR, at(9))

    assert (found is None) is passes
    if found is not None:
        assert found.text.endswith(
            "Validator reputation 149 is below required 150 for difficulty Beginner"
        )


def test_a_poor_account_score_and_then_the_risk_bar_an_account() -> None:
    state, answer = market()
    verdict = tos.ValidateAnswer(TASK, answer, 1)
    young = with_account(state, VALIDATOR, created_at=at(9).timestamp, stake_amount=0)
    assert refused(young, verdict, VALIDATOR).rule is Rule.ACCOUNT_SCORE_LOW

    risky = with_account(
        state, VALIDATOR, created_at=at(9).timestamp, stake_amount=400_000, transaction_count=0
    )
    error = refused(risky, verdict, VALIDATOR)
    assert error.rule is Rule.SYBIL
    assert error.text == (
        "Validation failed: Anti-Sybil check failed: Account created less than 24 hours ago,"
        " No transaction history, Reputation score relatively low"
    )


def test_the_pause_is_looked_at_before_the_second_score() -> None:
    state, answer = market()
    state = rules.apply(state, tos.ValidateAnswer(TASK, answer, 10), VALIDATOR, at(4))
    verdict = tos.ValidateAnswer(TASK, answer, 10)

    assert refused(state, verdict, VALIDATOR, 4).rule is Rule.COOLDOWN
    assert refused(state, verdict, VALIDATOR, 5).rule is Rule.ALREADY_SCORED


def test_a_refusal_leaves_the_state_as_it_was() -> None:
    state, answer = market()
    before = repr(state)
    refused(state, replace(ANSWER, answer_hash=bytes(32)), VALIDATOR)
    refused(state, tos.ValidateAnswer(TASK, answer, 101), VALIDATOR)

    assert repr(state) == before


def test_of_equal_averages_the_answer_submitted_last_is_the_best() -> None:
    state, first = market()
    state = rules.apply(state, ANSWER, VALIDATOR, at(4))
    second = state.tasks[TASK].submitted_answers[1].answer_id
    state = rules.apply(state, tos.ValidateAnswer(TASK, first, 60), VALIDATOR, at(5))
    state = rules.apply(state, tos.ValidateAnswer(TASK, second, 60), MINER, at(6))
    best = state.tasks[TASK].best_answer

    assert best is not None
    assert best.answer_id == second


def test_only_the_sweep_lowers_the_count_of_active_tasks() -> None:
    state, _ = market()
    late = BlockStamp(999, PUBLISH.deadline + 1)
    state = rules.apply(state, tos.RegisterMiner(STRANGER, 10**9), STRANGER, late)

    assert state.tasks[TASK].status is rules.TaskStatus.EXPIRED
    assert state.statistics.active_tasks == 0


def test_a_deadline_is_past_only_after_it() -> None:
    state, _ = market()
    last = BlockStamp(999, PUBLISH.deadline)
    late = replace(last, timestamp=last.timestamp + 1)

    assert rules.refusal(state, ANSWER, VALIDATOR, last) is None
    found = rules.refusal(state, ANSWER, VALIDATOR, late)
    assert found is not None
    assert found.rule is Rule.TASK_EXPIRED


def test_reputation_stays_within_its_bounds() -> None:
    state, answer = market()
    state = with_reputation(state, VALIDATOR, 999)
    state = rules.apply(state, tos.ValidateAnswer(TASK, answer, 80), VALIDATOR, at(4))

    assert state.miners[VALIDATOR].reputation == 1000
    assert state.miners[VALIDATOR].changed(-2000).reputation == 0


def test_a_stake_that_the_node_multiplies_beyond_64_bits_wraps() -> None:
    account = rules.Account(0, stake_amount=2**64 // 10_000 + 1)

    assert rules.account_score(account, 0) == 0


def test_a_miner_without_an_account_begins_it_now() -> None:
    """A state put together from a node's replies knows no accounts."""
    state, answer = market()
    state = replace(state, accounts={})
    verdict = tos.ValidateAnswer(TASK, answer, 80)

    assert refused(state, verdict, VALIDATOR).rule is Rule.ACCOUNT_SCORE_LOW


def test_a_state_put_together_from_replies_is_swept_without_what_it_lacks() -> None:
    state, answer = market()
    state = rules.apply(state, tos.ValidateAnswer(TASK, answer, 60), VALIDATOR, at(4))
    found = state.tasks[TASK].submitted_answers[0]
    raised = replace(found, validation_scores=(replace(found.validation_scores[0], score=90),))
    odd = replace(
        state, tasks={TASK: state.tasks[TASK].with_answer(raised)}, miners={}, accounts={}
    )
    swept = rules.apply(odd, tos.RegisterMiner(STRANGER, 10**9), STRANGER, at(5))

    assert swept.tasks[TASK].status is rules.TaskStatus.COMPLETED
    assert swept.tasks[TASK].rewards_processed
    assert set(swept.miners) == {STRANGER}
    assert swept.statistics.completed_tasks == 1
    assert swept.statistics.total_rewards_distributed == 10**10


@given(
    st.integers(0, 10**13), st.integers(0, 10**5), st.integers(0, 2**64 - 1),
    st.integers(0, 50), st.integers(0, 50), st.integers(0, 2 * 10**13),
)  # fmt: skip
def test_scores_and_risks_stay_in_their_ranges(
    created: int, count: int, stake: int, good: int, total: int, now: int
) -> None:
    account = rules.Account(
        created, count, stake, created, successful_validations=min(good, total),
        total_validations=total,
    ).rescored(now)  # fmt: skip

    assert 0 <= account.reputation_score <= 10_000
    assert account.cooldown in {300, 900, 1800, 3600}
    assert 0 <= account.remaining_cooldown(now) <= account.cooldown
    risk = rules.sybil_risk(account, now)
    assert 0 <= risk.score <= 16_000
    assert risk.refused == (risk.score >= 8_000)
