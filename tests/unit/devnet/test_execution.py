"""What a block does with transactions, above all with those that break a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devnet.blocks import genesis
from devnet.ledger import TOS_ASSET
from tests.fakes.devnet import FUNDS, MINER, POOR, PUBLISHER, SECOND, TASK, VALIDATOR
from validator.wire import tos

if TYPE_CHECKING:
    from tests.fakes.devnet import World


def transfer(key: tos.SecretKey, amount: int) -> tos.Transfers:
    return tos.Transfers((tos.Transfer(TOS_ASSET, key.public, amount),))


def test_a_broken_rule_keeps_nonce_fee_and_amount_and_executes_nothing(world: World) -> None:
    world.market()
    before = world.chain.ledger.amount(VALIDATOR.public)
    mining = world.chain.mining
    stake = 10**9
    name = world.do(VALIDATOR, tos.SubmitAnswer(TASK, "short", tos.answer_hash("short"), stake))

    record = world.chain.records[name]
    assert record.executed_in is None
    assert len(record.blocks) == 1
    assert record.failure == (
        "AI Mining validation failed: Invalid task configuration:"
        " Answer content too short: minimum 10 characters required"
    )
    assert world.chain.ledger.amount(VALIDATOR.public) == before - stake - 10_000
    assert world.chain.ledger.nonce(VALIDATOR.public) == 2
    assert world.chain.mining is mining
    assert name not in world.chain.mempool
    assert [fields["hash"] for fields in world.named("transaction_orphaned")] == [name.hex()]


def test_a_verdict_reads_back_and_completes_its_task(world: World) -> None:
    answer = world.market()
    world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 85))

    task = world.chain.mining.tasks[TASK]
    (score,) = task.submitted_answers[0].validation_scores
    assert (score.validator, score.score) == (VALIDATOR.public, 85)
    assert score.validated_at == world.chain.height
    assert (task.status, task.rewards_processed) == ("Completed", True)


def test_two_verdicts_of_one_key_in_one_block_break_the_cooldown(world: World) -> None:
    first = world.market()
    second = world.answer(SECOND, "another answer, also 42")
    world.mine()
    names = [
        world.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, 30)) for answer in (first, second)
    ]
    world.mine()

    assert [world.chain.is_executed(name) for name in names] == [True, False]
    failure = world.chain.records[names[1]].failure
    assert failure is not None
    assert failure.endswith("Account is in cooldown for 900 more seconds")
    third = world.do(VALIDATOR, tos.ValidateAnswer(TASK, second, 30))
    assert world.chain.is_executed(third)


def test_the_answers_id_names_height_and_time_of_its_block(world: World) -> None:
    world.node.faucet(PUBLISHER.public, FUNDS)
    world.node.mine(side=True)
    world.fund(MINER, VALIDATOR)
    world.register(PUBLISHER, MINER)
    world.publish()
    answer = world.answer()
    block = world.chain.top

    assert world.chain.topoheight == block.height + 1  # the side block
    content = world.chain.mining.tasks[TASK].submitted_answers[0].answer_hash
    assert answer == tos.answer_id(TASK, MINER.public.data, content, block.height, block.timestamp)


def test_funds_of_a_block_cannot_be_spent_within_it(world: World) -> None:
    world.fund(PUBLISHER)
    world.do(PUBLISHER, transfer(POOR, 50_000), fee=20_000)
    world.send(POOR, tos.Burn(TOS_ASSET, 10_000))
    world.send(PUBLISHER, transfer(POOR, 7), fee=20_000)
    world.mine()

    assert world.chain.ledger.amount(POOR.public) == 30_007
    assert world.chain.ledger.nonce(POOR.public) == 1


def test_an_older_reference_does_not_see_later_funds(world: World) -> None:
    world.fund(PUBLISHER, amount=100_000)
    old = tos.Reference(world.chain.top.hash, world.chain.topoheight)
    world.fund(PUBLISHER, amount=10**12)
    spendable = world.chain.ledger.spendable

    assert spendable((PUBLISHER.public, TOS_ASSET), old.topoheight, 2) == 100_000
    assert spendable((PUBLISHER.public, TOS_ASSET), 2, 2) == 10**12 + 100_000
    world.do(PUBLISHER, tos.Burn(TOS_ASSET, 30_000), reference=old)
    # After a spending its output balance counts for older references: 100000 - 30000 - fee.
    assert spendable((PUBLISHER.public, TOS_ASSET), old.topoheight, 3) == 60_000
    assert world.chain.ledger.amount(PUBLISHER.public) == 10**12 + 60_000


def test_a_seed_always_gives_the_same_genesis() -> None:
    assert genesis("a").hash == genesis("a").hash != genesis("b").hash


def test_blocks_follow_each_other_by_the_block_time_on_the_chains_clock(world: World) -> None:
    first, second = world.mine(), world.mine()

    assert second.timestamp - first.timestamp == 3_000
    world.node.skip(10_000_000)
    assert world.mine().timestamp == second.timestamp + 10_000_000


def test_stable_is_eight_heights_below(world: World) -> None:
    world.mine(12)

    assert (world.chain.stable_height, world.chain.stable_topoheight) == (4, 4)
    world.node.mine(side=True)
    assert (world.chain.height, world.chain.topoheight) == (12, 13)
    assert world.chain.stable_topoheight == 4


def test_events_tell_of_blocks_and_transactions(world: World) -> None:
    world.fund(PUBLISHER)
    name = world.do(PUBLISHER, tos.Burn(TOS_ASSET, 1))
    block = world.chain.top.hash.hex()

    (added,) = world.named("transaction_added_in_mempool")
    assert set(added) == {"hash", "source", "fee", "first_seen", "size"}
    executed = {"block_hash": block, "tx_hash": name.hex(), "topoheight": 2}
    assert world.named("transaction_executed") == [executed]
    ordered = {"block_hash": block, "block_type": "Normal", "topoheight": 2}
    assert world.named("block_ordered")[-1] == ordered
    assert world.named("new_block")[-1]["hash"] == block
    world.mine(8)
    changed = {"previous_stable_topoheight": 1, "new_stable_topoheight": 2}
    assert world.named("stable_topo_height_changed")[-1] == changed
