"""Which chain `up` works with, what it starts for it, and what each process is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from validator.cli.devnet_account import DevnetAccount
from validator.cli.up_chain import Chain, ChainOptions, chain_part
from validator.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ChainOptions(wanted=True, port=18080, period_ms=3000)
NODES: dict[str, Any] = {"nodes": [{"name": "one", "url": "https://node.example.org"}]}


def settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings(data_dir=tmp_path, **values)


def test_devnet_without_nodes_is_an_embedded_chain(tmp_path: Path) -> None:
    part = chain_part(settings(tmp_path), OPTIONS)

    assert part.kind is Chain.EMBEDDED
    (node,) = part.settings.chain.nodes
    assert (node.name, node.url) == ("node", "http://127.0.0.1:18080")
    assert part.settings.fetch.schemes == ("file",)
    assert part.settings.fetch.file_root == tmp_path / "content"
    devnet = part.devnet()
    assert devnet is not None
    assert devnet.argv[-6:] == (
        "--port",
        "18080",
        "--period-ms",
        "3000",
        "--data-dir",
        str(tmp_path),
    )


def test_a_port_of_zero_is_settled_once(tmp_path: Path) -> None:
    part = chain_part(settings(tmp_path), ChainOptions(wanted=True, port=0, period_ms=500))

    assert part.options.port > 0
    assert part.settings.chain.nodes[0].url == part.client.url


def test_where_content_comes_from_is_the_operator_s_to_say(tmp_path: Path) -> None:
    part = chain_part(settings(tmp_path, fetch={"loopback": True}), OPTIONS)

    assert part.settings.fetch.schemes == ("https",)
    assert part.settings.fetch.loopback


@pytest.mark.parametrize(
    ("values", "wanted"),
    [({}, False), ({"network": "testnet"}, True), ({"network": "devnet", "chain": NODES}, False)],
)
def test_no_chain_means_none_of_its_processes(
    tmp_path: Path, values: dict[str, Any], wanted: bool
) -> None:
    part = chain_part(settings(tmp_path, **values), ChainOptions(wanted, 18080, 3000))

    assert part.kind is Chain.NONE
    assert part.devnet() is None
    assert part.followers() == ()
    assert part.rows() == []


@pytest.mark.parametrize("network", ["devnet", "testnet", "mainnet"])
def test_nodes_of_the_operator_s_are_followed_once_there_is_a_key(
    tmp_path: Path, network: str
) -> None:
    without = chain_part(settings(tmp_path, network=network, chain=NODES), OPTIONS)
    assert without.kind is Chain.NODES
    assert without.devnet() is None
    assert without.followers() == ()
    assert without.rows() == [("chain", "not followed: set signer.key_file")]

    signer: dict[str, Any] = {"key_file": tmp_path / "key.json"}
    half = chain_part(settings(tmp_path, network=network, chain=NODES, signer=signer), OPTIONS)
    assert half.followers() == ()
    assert half.rows() == [("chain", "not followed: set signer.passphrase_file")]

    signer["passphrase_file"] = tmp_path / "passphrase"
    whole = chain_part(settings(tmp_path, network=network, chain=NODES, signer=signer), OPTIONS)
    assert [program.name for program in whole.followers()] == ["signer", "watch"]
    mode = "auto" if network == "devnet" else "oversight"
    assert whole.rows() == [
        ("chain", f"https://node.example.org ({network})"), ("posting", mode)
    ]  # fmt: skip


def test_the_key_s_paths_are_told_to_signer_and_watch_alone(tmp_path: Path) -> None:
    part = chain_part(settings(tmp_path), OPTIONS)
    part.account = DevnetAccount("tst1x", tmp_path / "chain.json", tmp_path / "passphrase")

    told = {program.name: program.env["TOSV_SIGNER"] for program in part.followers()}
    assert set(told) == {"signer", "watch"}
    for text in told.values():
        signer = json.loads(text)
        assert signer["key_file"] == str(tmp_path / "chain.json")
        assert signer["passphrase_file"] == str(tmp_path / "passphrase")
        assert signer["endpoints"] == ["node"]
    assert part.settings.signer.key_file is None  # what every other process is told
    assert ("account", "tst1x") in part.rows()


def test_the_operator_s_posting_mode_is_shown(tmp_path: Path) -> None:
    part = chain_part(settings(tmp_path, post={"mode": "manual"}), OPTIONS)

    assert ("posting", "manual") in part.rows()
