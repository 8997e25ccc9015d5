"""The chain's two numbers, by the published account table and scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components import require_vectors, vector_rows
from tests.unit.wire.tos.making import payload
from validator.reputation.chain_numbers import ChainNumbers, chain_numbers
from validator.wire import tos
from validator.wire.tos import rules

FILE = "ai_mining_rules.json"
NAMES = sorted(vector_rows(FILE, "scenarios")) or ["missing"]
KEY = tos.PublicKey(bytes([7]) * 32)


@pytest.mark.parametrize("row", vector_rows(FILE, "account_score") or [None])
def test_the_account_score_is_the_published_one(row: dict[str, Any] | None) -> None:
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
    )
    state = rules.MiningState(miners={KEY: rules.Miner(KEY, 0, 0)}, accounts={KEY: account})

    found = chain_numbers(state, KEY, now)

    assert found is not None
    assert (found.score, found.refused) == (row["reputation_score"], row["rejected"])


@pytest.mark.parametrize("name", NAMES)
def test_both_numbers_end_where_the_published_scenario_ends(name: str) -> None:
    scenario = require_vectors(FILE)["scenarios"][name]
    state, now = rules.MiningState(), 0
    for step in scenario["steps"]:
        source = tos.PublicKey.from_hex(step["source"])
        now = step["block_timestamp_ms"]
        stamp = rules.BlockStamp(step["height"], now)
        if step["error"] is None:
            state = rules.apply(state, payload(step["payload"]), source, stamp)

    for key, miner in scenario["state_after"]["miners"].items():
        found = chain_numbers(state, tos.PublicKey.from_hex(key), now)
        account = scenario["state_after"]["account_reputations"][key]
        assert found is not None
        assert found.reputation == miner["reputation"]
        assert found.stored_score == account["reputation_score"]


def test_the_score_is_full_without_one_right_answer() -> None:
    """Why the chain's number is a cost of having many accounts, and no quality."""
    now = 10**12
    account = rules.Account(0, 100, 1_000_000, now - 10_000)
    state = rules.MiningState(miners={KEY: rules.Miner(KEY, 0, 0)}, accounts={KEY: account})

    assert chain_numbers(state, KEY, now) == ChainNumbers(500, 10_000, 0, 0, refused=False)


def test_an_account_that_is_not_registered_has_no_numbers() -> None:
    assert chain_numbers(rules.MiningState(), KEY, 0) is None
