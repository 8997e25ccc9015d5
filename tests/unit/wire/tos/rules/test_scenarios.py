"""The published scenarios, step by step, and their final states to the last number."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components import require_vectors, vector_rows
from tests.unit.wire.tos.making import payload
from validator.wire import tos
from validator.wire.tos import rules

FILE = "ai_mining_rules.json"
NAMES = sorted(vector_rows(FILE, "scenarios")) or ["missing"]
STEPS = 90


@pytest.mark.parametrize("row", vector_rows(FILE, "account_score") or [None])
def test_score_cooldown_and_risk_are_the_published_ones(row: dict[str, Any] | None) -> None:
    if row is None:
        require_vectors(FILE)
        return
    now = 10**9 + row["age_days"] * 86_400
    account = rules.Account(
        10**9,
        row["transaction_count"],
        row["stake_amount"],
        now - row["seconds_since_last"],
        successful_validations=row["successful_validations"],
        total_validations=row["total_validations"],
    ).rescored(now)
    risk = rules.sybil_risk(account, now)

    assert account.reputation_score == row["reputation_score"]
    assert account.cooldown == row["cooldown"]
    assert (risk.score, risk.refused) == (row["risk_score"], row["rejected"])


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_goes_as_published(name: str) -> None:
    scenario = require_vectors(FILE)["scenarios"][name]
    state = rules.MiningState()
    for step in scenario["steps"]:
        source = tos.PublicKey.from_hex(step["source"])
        stamp = rules.BlockStamp(step["height"], step["block_timestamp_ms"])
        refused = rules.refusal(state, payload(step["payload"]), source, stamp)
        assert (refused.rule.value if refused else None) == step["error"]
        if refused is None:
            state = rules.apply(state, payload(step["payload"]), source, stamp)
            _check_answer_id(state, step)

    assert shown(state) == scenario["state_after"]


def test_all_scenarios_and_steps_are_there() -> None:
    scenarios = require_vectors(FILE)["scenarios"]

    assert sum(len(scenario["steps"]) for scenario in scenarios.values()) == STEPS


def _check_answer_id(state: rules.MiningState, step: dict[str, Any]) -> None:
    if "answer_id" in step:
        task = state.tasks[bytes.fromhex(step["payload"]["SubmitAnswer"]["task_id"])]
        assert task.submitted_answers[-1].answer_id.hex() == step["answer_id"]


def shown(state: rules.MiningState) -> dict[str, Any]:
    """A state in the spelling of the vectors."""
    fields = rules.Statistics.__dataclass_fields__
    return {
        "tasks": {name.hex(): _task(task) for name, task in state.tasks.items()},
        "miners": {key.hex(): _miner(miner) for key, miner in state.miners.items()},
        "account_reputations": {
            key.hex(): {f: getattr(account, f) for f in rules.Account.__dataclass_fields__}
            for key, account in state.accounts.items()
        },
        "statistics": {name: getattr(state.statistics, name) for name in fields},
    }


def _miner(miner: rules.Miner) -> dict[str, Any]:
    fields = [name for name in rules.Miner.__dataclass_fields__ if name != "address"]
    return {name: getattr(miner, name) for name in fields}


def _task(task: rules.Task) -> dict[str, Any]:
    return {
        "publisher": task.publisher.hex(),
        "description": task.description,
        "reward_amount": task.reward_amount,
        "difficulty": task.difficulty.name.capitalize(),
        "deadline": task.deadline,
        "status": task.status.value,
        "published_at": task.published_at,
        "answers": [_answer(answer) for answer in task.submitted_answers],
        "rewards_processed": task.rewards_processed,
    }


def _answer(answer: rules.Answer) -> dict[str, Any]:
    return {
        "answer_id": answer.answer_id.hex(),
        "submitter": answer.submitter.hex(),
        "stake_amount": answer.stake_amount,
        "scores": [
            {
                "validator": score.validator.hex(),
                "score": score.score,
                "validated_at": score.validated_at,
            }
            for score in answer.validation_scores
        ],
        "average_score": answer.average_score,
        "submitted_at": answer.submitted_at,
    }
