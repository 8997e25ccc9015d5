from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretBytes

from tests.fakes.account_node import AccountNode
from tests.fakes.devnet import FUNDS, POOR, VALIDATOR, World, world
from tests.fakes.signing import CHEAP, PASSPHRASE
from validator.cli import nodes as endpoints
from validator.cli import run
from validator.domain.clock import SystemClock
from validator.keys import seal, write_key_file
from validator.protection.database import ProtectionDatabase
from validator.protection.values import fingerprint
from validator.wire.tos import Network, RegisterMiner, decode_canonical, encode_address

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
ADDRESS = encode_address(VALIDATOR.public, Network.DEVNET)


@pytest.fixture
def chain() -> World:
    made = world()
    made.fund(VALIDATOR)
    return made


@pytest.fixture
def node(chain: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AccountNode:
    """The one node of the settings; the folder holds key and passphrase."""
    made = AccountNode(chain, mines=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(endpoints, "nodes_of", lambda _: nullcontext((made,)))
    key_file(tmp_path, chain.chain.genesis)
    secret = tmp_path / "pw"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    return made


def key_file(
    folder: Path, genesis: bytes | None, network: Network = Network.DEVNET, key: Any = VALIDATOR
) -> None:
    sealed = seal(key, network, SecretBytes(PASSPHRASE.encode()), genesis=genesis, cost=CHEAP)
    (folder / "k.json").unlink(missing_ok=True)
    write_key_file(folder / "k.json", sealed)


def command(*words: str) -> int:
    return run(["account", *words, "--key-file", "k.json"])


def register(*words: str) -> int:
    return command("register", "--passphrase-file", "pw", "--wait", "0", *words)


def said(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def test_status_of_a_fresh_account(node: AccountNode, capsys: Capture) -> None:
    assert command("status", "--json") == 1
    told = said(capsys)
    assert (told["address"], told["registered"], told["reputation"]) == (ADDRESS, False, None)
    assert (told["balance"], told["verdicts_paid"]) == (FUNDS, FUNDS // 10_000)
    assert not any(each["enough"] for each in told["may_judge"].values())

    assert command("status") == 1
    assert "no; `tos-validator account register` does it" in capsys.readouterr().out


def test_status_of_a_registered_account_shows_what_it_may_judge(
    node: AccountNode, chain: World, capsys: Capture
) -> None:
    chain.register(VALIDATOR)
    chain.send(VALIDATOR, RegisterMiner(VALIDATOR.public, 10**9))

    assert command("status", "--json") == 0
    told = said(capsys)
    assert told["may_judge"] == {
        "beginner": {"needs": 150, "enough": True},
        "intermediate": {"needs": 350, "enough": True},
        "advanced": {"needs": 550, "enough": False},
        "expert": {"needs": 750, "enough": False},
    }
    assert (told["next_nonce"], told["pending"]) == (1, 1)

    assert command("status") == 0
    out = capsys.readouterr().out
    assert "too little: 550 are needed" in out
    assert f"{(FUNDS - 10**9 - 10_000) // 10_000} verdicts at 10000 units" in out


def test_status_asks_the_next_node_when_one_is_away(
    node: AccountNode, chain: World, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    node.away = True
    assert command("status") == 2
    assert "node node does not answer" in capsys.readouterr().err

    both = (node, AccountNode(chain, "second"))
    monkeypatch.setattr(endpoints, "nodes_of", lambda _: nullcontext(both))
    assert command("status", "--json") == 1
    assert said(capsys)["node"] == "second"


def test_an_account_is_registered_and_paid_for_once(
    node: AccountNode, chain: World, tmp_path: Path, capsys: Capture
) -> None:
    assert register("--json") == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["registered"], told["nonce"], told["reputation"]) == (True, 0, 500)
    assert f"registering {ADDRESS} on devnet takes 1000000000 units and a fee of 10000" in err
    paid = chain.chain.ledger.amount(VALIDATOR.public)

    assert register() == 0
    assert chain.chain.ledger.amount(VALIDATOR.public) == paid == FUNDS - 10**9 - 10_000
    (tmp_path / "k.json.registration").unlink()
    assert register() == 2
    assert "registered already" in capsys.readouterr().err


def test_killed_between_keeping_and_sending_it_sends_the_same_bytes(
    node: AccountNode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    submit = AccountNode.submit
    monkeypatch.setattr(AccountNode, "submit", lambda *_: 1 / 0)
    assert register() == 3
    document = json.loads((tmp_path / "k.json.registration").read_bytes())
    monkeypatch.setattr(AccountNode, "submit", submit)
    (tmp_path / "pw").unlink()  # the key is not needed any more
    capsys.readouterr()

    assert register("--json") == 0

    assert node.sent == [bytes.fromhex(document["transaction"])]
    assert said(capsys)["transaction"] == decode_canonical(node.sent[0]).hash().hex()


def test_what_is_not_mined_in_time_is_told_and_found_by_the_next_run(
    node: AccountNode, chain: World, capsys: Capture
) -> None:
    node.mines = False
    assert register("--json") == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["registered"] is False
    assert "run the command again" in err

    chain.mine()
    assert register() == 0
    assert node.sent == node.sent[:1]


@pytest.mark.parametrize("value", ["999999999", "0", "-5"])
def test_less_than_the_chain_takes_is_refused(
    node: AccountNode, value: str, capsys: Capture
) -> None:
    assert register("--fee-amount", value, "--json") == 2

    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "TV089"
    assert "no less than 1000000000 units" in err
    assert len(err.splitlines()) == 1


def test_a_poor_account_is_told_what_it_needs(
    node: AccountNode, chain: World, tmp_path: Path, capsys: Capture
) -> None:
    key_file(tmp_path, chain.chain.genesis, key=POOR)

    assert register() == 2

    assert "has 0 units, and needs 1000010000" in capsys.readouterr().err
    assert not (tmp_path / "k.json.registration").exists()


@pytest.fixture
def testnet(node: AccountNode, tmp_path: Path) -> AccountNode:
    key_file(tmp_path, node.world.chain.genesis, Network.TESTNET)
    (tmp_path / "tos-validator.toml").write_text('network = "testnet"\n')
    return node


def test_off_devnet_it_asks_first(
    testnet: AccountNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert register() == 2
    assert "--yes is missing" in capsys.readouterr().err

    asked: list[str] = []

    def no(question: str, **_: Any) -> None:
        asked.append(question)
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", no)
    assert register() == 130
    assert (asked, testnet.sent) == (["Register it?"], [])
    assert not (tmp_path / "k.json.registration").exists()

    assert register("--yes") == 0


def test_a_key_of_another_network_or_of_no_chain_is_refused(
    node: AccountNode, tmp_path: Path, capsys: Capture
) -> None:
    key_file(tmp_path, None)
    assert register() == 2
    assert "bound to no genesis block" in capsys.readouterr().err

    key_file(tmp_path, node.world.chain.genesis, Network.TESTNET)
    assert register() == 2
    assert "bound to testnet" in capsys.readouterr().err

    key_file(tmp_path, b"\x09" * 32)
    assert register() == 2
    assert "shows another chain" in capsys.readouterr().err
    assert command("status") == 2
    assert node.sent == []


def test_while_a_signer_owns_the_history_it_is_refused(
    node: AccountNode, tmp_path: Path, capsys: Capture
) -> None:
    public = VALIDATOR.public.data
    folder = tmp_path / ".tos-validator" / "protection"
    genesis = node.world.chain.genesis
    with ProtectionDatabase.create(folder, genesis, public, fingerprint(public), SystemClock()):
        assert register("--json") == 2
        out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "TV056"
    assert len(err.splitlines()) == 1

    assert register() == 0
    with ProtectionDatabase.open(folder, None, SystemClock()) as database:
        assert database.known(public, None).nonces == {0}


def test_without_a_key_file_or_a_node_it_says_which_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["account", "status"]) == 2
    assert "signer.key_file" in capsys.readouterr().err
    key_file(tmp_path, b"\x09" * 32)
    for words in (["status"], ["register"]):
        assert command(*words) == 2
        assert "chain.nodes: name a node" in capsys.readouterr().err
