from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretBytes

from tests.fakes.account_node import AccountNode
from tests.fakes.devnet import POOR, VALIDATOR, World, world
from tests.fakes.signing import CHEAP, PASSPHRASE
from tests.fakes.store import FrozenClock
from validator.cli.chain_probes import chain_probes
from validator.errors import ConfigurationError
from validator.keys import seal, write_key_file
from validator.settings import Settings
from validator.wire.tos import Network

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from validator.cli.doctor_probes import Probe


@pytest.fixture
def chain() -> World:
    made = world()
    made.fund(VALIDATOR)
    made.register(VALIDATOR)
    return made


def settings(folder: Path, genesis: bytes | None, key: Any = VALIDATOR, **more: Any) -> Settings:
    """Two nodes, and a key for this chain."""
    sealed = seal(
        key, Network.DEVNET, SecretBytes(PASSPHRASE.encode()), genesis=genesis, cost=CHEAP
    )
    (folder / "k.json").unlink(missing_ok=True)
    write_key_file(folder / "k.json", sealed)
    nodes = [{"name": name, "url": f"http://127.0.0.1:{port}"} for name, port in NODES.items()]
    signer = {"key_file": folder / "k.json", "endpoints": ("a", "b")}
    return Settings(**{"chain": {"nodes": nodes}, "signer": signer} | more)


NODES = {"a": 1, "b": 2}


def look(chosen: Settings, *nodes: AccountNode) -> dict[str, Probe]:
    seconds = nodes[0].world.chain.top.timestamp / 1000
    clock = FrozenClock(datetime.fromtimestamp(seconds + 5, tz=UTC))
    return {
        probe.name: probe for probe in chain_probes(chosen, lambda _: nullcontext(nodes), clock)
    }


def test_without_nodes_there_is_nothing_to_say(chain: World) -> None:
    assert look(Settings(), AccountNode(chain)) == {}


def test_all_well(chain: World, tmp_path: Path) -> None:
    chosen = settings(tmp_path, chain.chain.genesis)

    found = look(chosen, AccountNode(chain, "a"), AccountNode(chain, "b"))

    assert {name: probe.state for name, probe in found.items()} == {
        "node a": "ok", "node b": "ok", "signer endpoints": "ok", "account": "ok", "fetch": "ok",
    }  # fmt: skip
    assert "reputation 500 (may judge: beginner, intermediate)" in found["account"].detail
    assert found["fetch"].detail == "https on port 443, at most 64 MiB in 30 s"


def test_a_node_that_is_away_behind_or_stuck_is_told_apart(chain: World, tmp_path: Path) -> None:
    chosen = settings(tmp_path, chain.chain.genesis)
    away = AccountNode(chain, "a", away=True)
    found = look(chosen, away, AccountNode(chain, "b"))
    assert (found["node a"].state, found["node b"].state) == ("missing", "ok")
    assert found["account"].state == "ok"  # the other one is asked

    ahead = world()
    ahead.fund(VALIDATOR)
    ahead.register(VALIDATOR)
    ahead.mine(10)
    found = look(chosen, AccountNode(ahead, "a"), AccountNode(chain, "b"))
    assert found["node a"].state == "ok"
    assert (found["node b"].state, "behind the best" in found["node b"].detail) == ("weak", True)

    late = FrozenClock(datetime.fromtimestamp(chain.chain.top.timestamp / 1000 + 90, tz=UTC))
    (probe, *_) = chain_probes(chosen, lambda _: nullcontext((AccountNode(chain, "a"),)), late)
    assert (probe.state, "90 s old" in probe.detail) == ("weak", True)


def test_a_node_of_another_network_or_chain_is_missing(chain: World, tmp_path: Path) -> None:
    found = look(settings(tmp_path, b"\x09" * 32), AccountNode(chain, "a"))
    assert "not the one that the key is bound to" in found["node a"].detail
    assert found["node a"].state == found["account"].state == "missing"

    found = look(
        settings(tmp_path, chain.chain.genesis, network="testnet"), AccountNode(chain, "a")
    )
    assert found["node a"].detail == "it is of devnet, the settings say testnet"


def test_an_endpoint_of_the_signer_that_is_no_node_is_missing(chain: World, tmp_path: Path) -> None:
    chosen = settings(tmp_path, chain.chain.genesis)
    signer = chosen.signer.model_copy(update={"endpoints": ("a", "node")})

    found = look(chosen.model_copy(update={"signer": signer}), AccountNode(chain, "a"))

    assert "names node, which chain.nodes has not" in found["signer endpoints"].detail


def test_an_account_that_cannot_pay_judge_or_is_not_there_is_told(
    chain: World, tmp_path: Path
) -> None:
    node = AccountNode(chain, "a")
    found = look(settings(tmp_path, chain.chain.genesis, POOR), node)
    assert (found["account"].state, "not registered" in found["account"].detail) == (
        "missing", True,
    )  # fmt: skip
    chain.fund(POOR, amount=10**9 + 20_000)
    chain.register(POOR)
    found = look(settings(tmp_path, chain.chain.genesis, POOR), node)
    assert (found["account"].state, "for 1 verdicts" in found["account"].detail) == ("weak", True)
    expensive = settings(tmp_path, chain.chain.genesis, POOR, post={"fee": 20_000})
    assert look(expensive, node)["account"].state == "missing"


@pytest.mark.parametrize(
    ("fetch", "state", "said"),
    [
        ({"schemes": ("file",), "file_root": "/nowhere/at/all"}, "missing", "is no folder"),
        ({"authorities": "/nowhere/ca.pem"}, "missing", "cannot be read"),
        ({"loopback": True}, "weak", "this machine included"),
    ],
)
def test_what_may_be_fetched_is_looked_at(
    chain: World, tmp_path: Path, fetch: dict[str, Any], state: str, said: str
) -> None:
    found = look(settings(tmp_path, chain.chain.genesis, fetch=fetch), AccountNode(chain, "a"))

    assert found["fetch"].state == state
    assert said in found["fetch"].detail


def test_nodes_that_cannot_be_opened_are_one_line(chain: World, tmp_path: Path) -> None:
    def broken(_: Settings) -> AbstractContextManager[tuple[AccountNode, ...]]:
        raise ConfigurationError("chain.nodes: no such thing")

    chosen = settings(tmp_path, chain.chain.genesis)
    probe, *_ = chain_probes(chosen, broken, FrozenClock())

    assert (probe.name, probe.state) == ("chain nodes", "missing")


def test_an_unreadable_key_file_is_left_to_the_signers_own_line(
    chain: World, tmp_path: Path
) -> None:
    chosen = settings(tmp_path, chain.chain.genesis)
    (tmp_path / "k.json").write_text("{}")

    assert "account" not in look(chosen, AccountNode(chain, "a"))
