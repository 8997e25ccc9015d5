"""A restart goes on where the last process ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devnet.errors import DevnetError
from devnet.ledger import TOS_ASSET
from devnet.node import Rewrite
from devnet.store import SqliteStore
from tests.fakes import devnet
from tests.fakes.devnet import PUBLISHER, TASK, VALIDATOR
from tests.unit.wire.tos.rules.test_scenarios import shown
from validator.wire import tos

if TYPE_CHECKING:
    from pathlib import Path


def opened(path: Path, seed: str = "test") -> devnet.World:
    return devnet.world(SqliteStore(path / "chain.sqlite3", seed), seed)


def everything(world: devnet.World) -> dict[str, Any]:
    chain = world.chain
    return {
        "order": chain.order,
        "nonces": chain.ledger.nonces.latest(),
        "balances": chain.ledger.balances.latest(),
        "multisig": chain.ledger.multisig.latest(),
        "totals": chain.ledger.totals,
        "mining": None if chain.mining is None else shown(chain.mining),
        "mining_at": chain.mining_at,
        "waiting": [(one.name, one.first_seen) for one in chain.mempool.everything()],
        "records": {
            name: (record.blocks, record.executed_in, record.failure)
            for name, record in chain.records.items()
        },
    }


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    world = opened(tmp_path)
    answer = world.market()
    world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 30))
    world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 40))  # a duplicate
    world.mine()
    world.node.reorder(3, Rewrite.REVERSE, order=None, keep_mining=True)
    world.node.reorder(2, Rewrite.EMPTY, order=None, keep_mining=False)
    world.mine(10)
    world.send(PUBLISHER, tos.Burn(TOS_ASSET, 1))
    world.send(PUBLISHER, tos.Burn(TOS_ASSET, 2))
    before = everything(world)
    world.node.close()

    again = opened(tmp_path)
    assert everything(again) == before
    again.mine()
    assert again.chain.ledger.totals.burned == 3
    again.node.close()


def test_what_waits_keeps_its_order(tmp_path: Path) -> None:
    world = opened(tmp_path)
    answer = world.market()
    world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 0))
    for depth in (4, 1):
        world.node.reorder(depth, Rewrite.REVERSE, order=None, keep_mining=False)
    before = everything(world)
    world.node.close()

    again = opened(tmp_path)
    assert len(before["waiting"]) > 1
    assert everything(again) == before
    again.node.close()


def test_a_second_process_on_the_same_file_is_refused(tmp_path: Path) -> None:
    world = opened(tmp_path)

    with pytest.raises(DevnetError, match=r"data-dir: .* cannot be used .*stop the other devnet"):
        opened(tmp_path)
    world.node.close()


def test_a_chain_of_another_seed_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).node.close()

    with pytest.raises(DevnetError, match="another seed or version"):
        opened(tmp_path, "other")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chain.sqlite3").write_bytes(b"not a database, only some text " * 50)

    with pytest.raises(DevnetError, match="cannot be used"):
        opened(tmp_path)
