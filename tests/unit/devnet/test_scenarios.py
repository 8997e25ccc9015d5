"""The published scenarios through blocks: nonces, funds and the AI state together."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.blocks import Block, Credit
from devnet.chain import Chain
from tests.components import require_vectors, vector_rows
from tests.unit.wire.tos.making import payload
from tests.unit.wire.tos.rules.test_scenarios import shown
from validator.wire import tos
from validator.wire.tos import rules

FILE = "ai_mining_rules.json"
NAMES = sorted(vector_rows(FILE, "scenarios")) or ["missing"]
FUNDS = 10**13
FEE = 10_000


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_goes_as_published_block_by_block(name: str) -> None:
    scenario = require_vectors(FILE)["scenarios"][name]
    keys = [tos.PublicKey.from_hex(text) for text in scenario["accounts"].values()]
    chain = Chain("scenario")
    funds = Block(
        1, 1_767_225_590_000, chain.genesis, (), tuple(Credit(key, FUNDS) for key in keys)
    )
    chain.extend(funds, {})
    nonces = dict.fromkeys(keys, 0)
    for step in scenario["steps"]:
        source = tos.PublicKey.from_hex(step["source"])
        before = chain.ledger.amount(source)
        sent = _transaction(source, step, nonces[source])
        nonces[source] += 1
        block = Block(step["height"], step["block_timestamp_ms"], chain.top.hash, (sent.hash(),))
        changes = chain.extend(block, {sent.hash(): sent})
        record = chain.records[sent.hash()]

        assert _word(chain, sent, block, record.failure) == step["error"]
        assert bool(changes.executed) == (step["error"] is None)
        # Whether a rule failed or not, nonce, fee and amount are gone.
        assert chain.ledger.nonce(source) == nonces[source]
        assert chain.ledger.amount(source) == before - FEE - _amount(step["payload"])

    assert chain.mining is not None
    assert shown(chain.mining) == scenario["state_after"]


def _transaction(source: tos.PublicKey, step: dict[str, Any], nonce: int) -> tos.Transaction:
    """Blocks are executed without looking at signatures again."""
    return tos.Transaction(
        source, payload(step["payload"]), FEE, nonce, tos.Reference(bytes(32), 1),
        signature=bytes(64),
    )  # fmt: skip


def _word(chain: Chain, sent: tos.Transaction, block: Block, failure: str | None) -> str | None:
    if failure is None:
        return None
    assert chain.mining is not None
    stamp = rules.BlockStamp(block.height, block.timestamp)
    again = rules.refusal(chain.mining, sent.payload, sent.source, stamp)  # type: ignore[arg-type]
    assert again is not None
    assert str(again) == failure
    return again.rule.value


def _amount(document: dict[str, Any]) -> int:
    (fields,) = document.values()
    names = ("registration_fee", "reward_amount", "stake_amount")
    return next((int(fields[name]) for name in names if name in fields), 0)
