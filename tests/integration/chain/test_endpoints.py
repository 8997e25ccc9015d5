"""Two names of one development chain: two endpoints, of which one lies or is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.devnet_process import DevnetProcess
from validator.chain import endpoints
from validator.chain.endpoints import STEADY, Endpoints
from validator.chain.opening import open_nodes
from validator.domain.clock import SystemClock
from validator.errors import ChainUnreadableError, ConfigurationError
from validator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from validator.chain.node import NodeClient


def settings_of(**urls: str) -> Settings:
    nodes = [{"name": name, "url": url} for name, url in urls.items()]
    return Settings(chain={"nodes": nodes, "timeout_s": 5})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question looks, and no node rests: the unit tests have the times."""
    monkeypatch.setattr(endpoints, "FRESH_S", 0.0)
    monkeypatch.setattr(endpoints, "REST_S", (0.0, 0.0))


@pytest.fixture
def nodes(devnet: DevnetProcess) -> Iterator[tuple[NodeClient, ...]]:
    made = open_nodes(settings_of(one=devnet.url, two=devnet.other_url))
    yield made
    for node in made:
        node.close()


@pytest.mark.parametrize("kind", ["503", "dropped"])
def test_a_node_that_is_down_is_replaced_and_comes_back_after_a_while(
    devnet: DevnetProcess, nodes: tuple[NodeClient, ...], kind: str
) -> None:
    ends = Endpoints(nodes, SystemClock())
    assert ends.use().name == "one"
    devnet.trouble("down", seconds=600, kind=kind, host="127.0.0.1")
    assert ends.use().name == "two"
    assert [each.in_use for each in ends.standing()] == [False, True]
    assert "node one, get_info" in (ends.standing()[0].fault or "")
    devnet.trouble("clear")
    used = [ends.use().name for _ in range(STEADY)]
    assert used == ["two"] * (STEADY - 1) + ["one"]


def test_a_node_that_answers_errors_or_too_late_is_replaced(
    devnet: DevnetProcess, nodes: tuple[NodeClient, ...]
) -> None:
    ends = Endpoints(nodes, SystemClock())
    devnet.trouble("errors", host="127.0.0.1", count=-1, code=-32603, message="trouble")
    assert ends.use().name == "two"
    devnet.trouble("slow", host="localhost", seconds=6, count=1)
    with pytest.raises(ChainUnreadableError, match="did not answer within 5 s"):
        ends.use()


def test_a_node_that_lies_about_a_stable_block_stops_everything(
    devnet: DevnetProcess, nodes: tuple[NodeClient, ...]
) -> None:
    devnet.mine(20)
    ends = Endpoints(nodes, SystemClock())
    assert ends.use().name == "one"
    assert ends.disagreements() == ()
    devnet.trouble(
        "lie", host="localhost", method="get_block_at_topoheight", path=["hash"],
        value="11" * 32, count=-1,
    )  # fmt: skip
    with pytest.raises(ChainUnreadableError, match=r"differ about|another genesis"):
        ends.use()
    assert any("two" in each for each in ends.disagreements())
    devnet.trouble("clear")
    assert ends.use().name == "one"


@pytest.mark.parametrize("depth", [1, 4, 7])
def test_a_re_order_of_what_is_not_stable_is_no_difference(
    devnet: DevnetProcess, nodes: tuple[NodeClient, ...], depth: int
) -> None:
    devnet.mine(20)
    ends = Endpoints(nodes, SystemClock())
    assert ends.use().name == "one"
    devnet.trouble("reorder", depth=depth)
    assert ends.use().name == "one"


def test_two_chains_are_told_apart(devnet: DevnetProcess, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with DevnetProcess(folder, "--seed", "another") as other:
        made = open_nodes(settings_of(one=devnet.url, two=other.url))
        ends = Endpoints(made, SystemClock())
        with pytest.raises(ChainUnreadableError, match="node two shows another genesis block"):
            ends.use()
        for node in made:
            node.close()


def test_nodes_are_opened_in_the_order_that_is_asked_for() -> None:
    settings = settings_of(one="http://127.0.0.1:1", two="http://127.0.0.1:2")
    assert [node.name for node in open_nodes(settings)] == ["one", "two"]
    assert [node.name for node in open_nodes(settings, ["two"])] == ["two"]
    assert open_nodes(Settings()) == ()
    with pytest.raises(ConfigurationError, match=r"three is none of chain\.nodes"):
        open_nodes(settings, ["three"])
