"""The account on the embedded chain: made once, whatever kills the start, never silently anew."""

from __future__ import annotations

import shutil
import stat
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.fakes.chain_process import running_devnet
from validator import keys
from validator.cli import devnet_account
from validator.cli.devnet_account import DevnetAccount, prepare
from validator.domain.clock import SystemClock
from validator.errors import ConfigurationError
from validator.keys import passphrase
from validator.protection.database import ProtectionDatabase
from validator.protection.session import Mark, create
from validator.protection.status import read_status
from validator.signing.beside import BesideKey
from validator.wire.tos import Network, PublicKey, RegisterMiner, SecretKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from validator.cli.devnet_client import DevnetClient

CALLS = ("state", "mine", "faucet", "call", "next_nonce", "registered_at", "send")
CHEAP = keys.Cost(memory_kib=8 * 1024, iterations=1, lanes=1)


class KilledError(BaseException):
    """Stands for kill -9: nothing catches it."""


class Mortal:
    """A client that dies at the given call: before it is made, or after."""

    def __init__(self, chain: DevnetClient, at: int, *, after: bool) -> None:
        self._chain = chain
        self._left = at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._chain, name)
        if name not in CALLS:
            return target

        def call(*given: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            found = target(*given)
            if self._left == 0:
                raise KilledError
            return found

        return call


@pytest.fixture(scope="module")
def chain() -> Iterator[DevnetClient]:
    with running_devnet() as client:
        yield client


@pytest.fixture(autouse=True)
def _cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    def seal(*given: Any, **named: Any) -> keys.KeyFile:
        return sealed(*given, **named, cost=CHEAP)

    sealed = keys.seal
    monkeypatch.setattr(devnet_account.keys, "seal", seal)


def made(data: Path, chain: DevnetClient) -> DevnetAccount:
    data.mkdir(exist_ok=True)
    return prepare(data, chain, SystemClock())


def assert_whole(account: DevnetAccount, data: Path, chain: DevnetClient) -> None:
    found = keys.read_key_file(account.key_file)
    secret = found.open(passphrase.from_file(account.passphrase_file))
    assert isinstance(secret, SecretKey)
    key = secret.public
    assert found.binding.address == account.address
    height = chain.registered_at(key)
    assert height is not None
    assert chain.call("get_info")["stableheight"] >= height
    assert chain.next_nonce(key) == 1  # registered once, and nothing else was sent
    status = read_status(data / "protection")
    assert status["genesis"] == chain.state()["genesis"]
    assert [each["public_key"] for each in status["keys"]] == [key.data.hex()]


def sentence(data: Path, chain: DevnetClient) -> str:
    with pytest.raises(ConfigurationError) as refused:
        made(data, chain)
    assert "\n" not in refused.value.detail
    return refused.value.detail


def test_a_new_data_directory_gets_an_account_that_may_sign(
    tmp_path: Path, chain: DevnetClient
) -> None:
    account = made(tmp_path, chain)

    assert_whole(account, tmp_path, chain)
    for path in (account.key_file, account.passphrase_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_next_start_changes_nothing(tmp_path: Path, chain: DevnetClient) -> None:
    first = made(tmp_path, chain)
    before = {path: path.read_bytes() for path in (first.key_file, first.passphrase_file)}
    height = chain.state()["height"]

    assert made(tmp_path, chain) == first
    assert {path: path.read_bytes() for path in before} == before
    assert chain.state()["height"] == height


@pytest.mark.parametrize("after", [False, True])
def test_a_start_killed_at_any_call_to_the_chain_is_completed_by_the_next(
    tmp_path: Path, chain: DevnetClient, *, after: bool
) -> None:
    killed = 0
    for at in range(1, 100):
        data = tmp_path / str(at)
        data.mkdir()
        try:
            prepare(data, cast("DevnetClient", Mortal(chain, at, after=after)), SystemClock())
        except KilledError:
            killed += 1
            assert_whole(made(data, chain), data, chain)
        else:
            break
    assert killed >= 8


def dying(function: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        if after:
            function(*given, **named)
        raise KilledError

    return call


STEPS = [
    (devnet_account, "write_new"),
    (devnet_account.keys, "write_key_file"),
    (ProtectionDatabase, "create"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_a_start_killed_at_any_file_is_completed_by_the_next(
    tmp_path: Path, chain: DevnetClient, owner: Any, name: str, *, after: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, dying(getattr(owner, name), after=after))
        with pytest.raises(KilledError):
            made(tmp_path, chain)

    assert_whole(made(tmp_path, chain), tmp_path, chain)


def test_half_a_history_without_its_key_is_completed(tmp_path: Path, chain: DevnetClient) -> None:
    account = made(tmp_path, chain)
    shutil.rmtree(tmp_path / "protection")
    create(tmp_path / "protection", bytes.fromhex(chain.state()["genesis"]), 0)

    assert made(tmp_path, chain) == account
    assert_whole(account, tmp_path, chain)


def test_a_registration_that_waits_in_the_mempool_is_not_sent_again(
    tmp_path: Path, chain: DevnetClient
) -> None:
    class NoBlock(Mortal):
        """Killed before the block that holds the registration."""

        def mine(self, *_: Any) -> None:
            raise KilledError

    with pytest.raises(KilledError):
        prepare(tmp_path, cast("DevnetClient", NoBlock(chain, -1, after=False)), SystemClock())
    assert chain.call("get_info")["mempool_size"] == 1

    assert_whole(made(tmp_path, chain), tmp_path, chain)


def test_a_chain_that_was_deleted_is_said_in_one_sentence(
    tmp_path: Path, chain: DevnetClient
) -> None:
    made(tmp_path, chain)
    with running_devnet() as fresh:  # the same genesis, and nothing in it
        told = sentence(tmp_path, fresh)

    assert "belongs to another chain" in told
    assert "devnet.sqlite3" in told
    assert "--no-chain" in told


def test_a_chain_of_another_genesis_is_said_in_one_sentence(
    tmp_path: Path, chain: DevnetClient
) -> None:
    made(tmp_path, chain)
    with running_devnet("--seed", "other") as other:
        assert "history" in sentence(tmp_path, other)
        shutil.rmtree(tmp_path / "protection")
        assert "the key in" in sentence(tmp_path, other)


def test_a_history_that_is_gone_is_not_made_anew_once_the_account_has_signed(
    tmp_path: Path, chain: DevnetClient
) -> None:
    account = made(tmp_path, chain)
    found = keys.read_key_file(account.key_file)
    secret = found.open(passphrase.from_file(account.passphrase_file))
    assert isinstance(secret, SecretKey)
    chain.send(secret, RegisterMiner(secret.public, 10**9))  # stands for any transaction
    chain.mine()
    shutil.rmtree(tmp_path / "protection")

    assert "its history is gone" in sentence(tmp_path, chain)
    assert not (tmp_path / "protection").exists()


def test_a_history_that_is_gone_is_not_made_anew_once_a_signer_has_run(
    tmp_path: Path, chain: DevnetClient
) -> None:
    account = made(tmp_path, chain)
    BesideKey(account.key_file).keep_mark(Mark(1))  # what was signed need be on no chain yet
    shutil.rmtree(tmp_path / "protection")

    assert "its history is gone" in sentence(tmp_path, chain)
    assert not (tmp_path / "protection").exists()


def test_a_key_that_is_gone_is_not_replaced_beside_its_history(
    tmp_path: Path, chain: DevnetClient
) -> None:
    account = made(tmp_path, chain)
    account.key_file.unlink()

    assert "put the file back" in sentence(tmp_path, chain)
    assert not account.key_file.exists()


def test_a_key_of_another_history_is_refused(tmp_path: Path, chain: DevnetClient) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    made(one, chain)
    other = made(two, chain)
    for path in (other.key_file, other.passphrase_file):
        shutil.copy(path, one / "keys" / path.name)

    assert "is not that of the key" in sentence(one, chain)


def test_a_chain_that_does_not_answer_is_said_in_one_sentence(
    tmp_path: Path, chain: DevnetClient
) -> None:
    chain.call("get_height")
    with running_devnet() as gone:
        pass

    assert "does not answer" in sentence(tmp_path, gone)


def test_the_key_is_bound_to_the_network_and_the_chain(tmp_path: Path, chain: DevnetClient) -> None:
    binding = keys.read_key_file(made(tmp_path, chain).key_file).binding

    assert binding.network is Network.DEVNET
    assert binding.genesis is not None
    assert binding.genesis.hex() == chain.state()["genesis"]
    assert chain.registered_at(PublicKey(binding.public_key)) is not None
