"""The signer process with nodes: it reads a development chain itself, and believes nobody."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from pydantic import SecretBytes

from tests.crash.house import ROOT, end, wait_until
from tests.fakes.chain import KEY, TASK
from tests.fakes.devnet import SECOND
from tests.fakes.devnet_process import DevnetProcess
from tests.fakes.signing import CHEAP, FINGERPRINT, PASSPHRASE, ask, statement
from validator.cli.programs import environment
from validator.domain.clock import SystemClock
from validator.errors import (
    ChainUnreadableError,
    InvalidParameterError,
    SignerUnavailableError,
    SigningClosedError,
    ValidatorError,
)
from validator.keys import seal, write_key_file
from validator.protection.database import ProtectionDatabase
from validator.settings import Settings
from validator.signing.client import SOCKET, SignerClient
from validator.signing.opening import HISTORY
from validator.signing.requests import AnswerClaim, Block, Mark
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.signing.requests import SignVerdict

POLL_S = 0.1


def settings_of(folder: Path, devnet: DevnetProcess, **signer: Any) -> Settings:
    """A data directory with key, passphrase and an empty history of this chain."""
    keys, data = folder / "keys", folder / "data"
    keys.mkdir(mode=0o700)
    key_file, secret = keys / "chain.json", keys / "passphrase"
    passphrase = SecretBytes(PASSPHRASE.encode())
    write_key_file(
        key_file, seal(KEY, tos.Network.DEVNET, passphrase, genesis=devnet.genesis, cost=CHEAP)
    )
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    ProtectionDatabase.create(
        data / HISTORY, devnet.genesis, KEY.public.data, FINGERPRINT, SystemClock()
    ).close()
    values = {
        "key_file": key_file, "passphrase_file": secret, "endpoints": ["one", "two"],
        "poll_s": POLL_S,
    }  # fmt: skip
    nodes = [{"name": "one", "url": devnet.url}, {"name": "two", "url": devnet.other_url}]
    chain = {"nodes": nodes, "timeout_s": 5}
    return Settings(data_dir=data, signer=values | signer, chain=chain)


class House:
    """A development chain, a market on it, and a signer of one account there."""

    def __init__(self, folder: Path, **signer: Any) -> None:
        self.devnet = DevnetProcess(folder)
        self.devnet.market(KEY)
        self.devnet.publish(TASK)
        self.settings = settings_of(folder, self.devnet, **signer)
        self.said = folder / "said.log"
        self.process = self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        end(self.process)
        self.devnet.end()

    def start(self) -> subprocess.Popen[bytes]:
        env = environment(self.settings) | {"PYTHONPATH": str(ROOT)}
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "validator.signer"], env=env, stdout=said,
                stderr=said, cwd=self.settings.data_dir, start_new_session=True,
            )  # fmt: skip

    def client(self) -> SignerClient:
        return SignerClient(self.settings.data_dir / SOCKET, timeout_s=60)

    def status(self) -> dict[str, Any]:
        try:
            with self.client() as client:
                return dict(client.status())
        except SignerUnavailableError:
            return {"phase": "not there"}

    def phase_is(self, *phases: str) -> None:
        wait_until(lambda: self.status()["phase"] in phases, 30, f"the signer is {phases}")

    def open(self) -> None:
        """Let the quiet period of a new history pass: it needs stable blocks, one by one."""
        self.phase_is("quiet", "closed")
        self.devnet.trouble("auto", period_ms=200)
        self.phase_is("open")
        self.devnet.trouble("auto", period_ms=0)

    def answered(self, text: str, stable: bool = True) -> AnswerClaim:
        """An answer of the miner's, as the chain shows it, and as stable as that."""
        shown = self.devnet.answer(text=text, task=TASK, key=SECOND)
        top = self.devnet.call("get_block_at_topoheight", {
            "topoheight": self.devnet.call("get_info")["topoheight"], "include_txs": False,
        })  # fmt: skip
        self.devnet.mine(8 if stable else 7)
        return AnswerClaim(
            id=bytes.fromhex(shown["answer_id"]),
            submitter=bytes(shown["submitter"]),
            answer_hash=bytes.fromhex(shown["answer_hash"]),
            content=text,
            height=shown["submitted_at"],
            timestamp_ms=top["timestamp"],
        )

    def asked(self, answer: AnswerClaim, score: int = 80, **more: Any) -> SignVerdict:
        info = self.devnet.call("get_info")
        reference = Block(hash=bytes.fromhex(info["top_block_hash"]), topoheight=info["topoheight"])
        genesis = self.devnet.genesis
        stated = statement(answer, score, genesis).encode().decode()
        nonce = self.devnet.nonces[KEY.public.data]
        return ask(
            answer, score, nonce, stated=stated, genesis=genesis, reference=reference, **more
        )

    def sign(self, answer: AnswerClaim, score: int = 80) -> bytes:
        """Sign once the signer has seen the newest block; the transaction's bytes."""
        height = self.devnet.call("get_info")["stableheight"]
        wait_until(lambda: self.status()["stable_height"] == height, 30, "the signer has read it")
        with self.client() as client:
            return bytes(client.sign(self.asked(answer, score)).transaction.data)


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp())  # a short path, for the socket's name
    with House(folder) as made:
        yield made
    shutil.rmtree(folder)


def refused(house: House, answer: AnswerClaim) -> ValidatorError:
    with house.client() as client, pytest.raises(ValidatorError) as caught:
        client.sign(house.asked(answer))
    return caught.value


def test_it_opens_after_the_quiet_period_and_signs_what_is_stable(house: House) -> None:
    house.open()
    early = house.answered("the first answer of all", stable=False)
    assert isinstance(refused(house, early), ChainUnreadableError)
    house.devnet.mine()
    data = house.sign(early)

    assert house.devnet.call("submit_transaction", {"data": data.hex()}) is True
    house.devnet.mine()
    shown = house.devnet.call("get_ai_mining_task", {"task_id": TASK.hex()})
    assert shown["submitted_answers"][0]["validation_scores"][0]["score"] == 80
    assert shown["status"] == "Completed"
    # Its own verdict on the chain halts nothing, and the nonce goes on.
    house.devnet.mine(10)
    wait_until(lambda: house.status()["next_nonce"] == 2, 30, "the nonce is used up")
    assert house.status()["phase"] == "open"
    mark = Mark(answer=early.id, tx_hash=tos.blake3_256(data), state="confirmed")
    with house.client() as client:
        assert client.mark(mark).state == "confirmed"


def test_it_is_told_nothing_by_a_follower(house: House) -> None:
    house.phase_is("quiet", "closed")
    with (
        house.client() as client,
        pytest.raises(InvalidParameterError, match="reads the chain itself"),
    ):
        client.reconcile({})


def test_a_twin_with_the_same_key_halts_it(house: House) -> None:
    house.open()
    first = house.answered("the answer that a twin judges")
    house.devnet.send(KEY, tos.ValidateAnswer(TASK, first.id, 55))
    house.devnet.mine(9)
    house.phase_is("halted")

    assert house.status()["reasons"] == ["foreign_verdict"]
    assert isinstance(refused(house, first), SigningClosedError)


@pytest.mark.parametrize("trouble", ["down", "lie"])
def test_it_signs_nothing_while_an_endpoint_is_down_or_differs_and_goes_on_by_itself(
    house: House, trouble: str
) -> None:
    house.open()
    answer = house.answered("an answer in times of trouble")
    if trouble == "down":
        house.devnet.trouble("down", seconds=600, kind="503", host="localhost")
    else:
        house.devnet.trouble(
            "lie", host="localhost", method="get_block_at_topoheight", path=["hash"],
            value="11" * 32, count=-1,
        )  # fmt: skip
    house.phase_is("closed")
    assert isinstance(refused(house, answer), SigningClosedError)
    assert house.status()["fault"]
    house.devnet.trouble("clear")
    house.phase_is("open")
    assert tos.decode_canonical(house.sign(answer)).signature_holds()


def test_a_name_that_no_node_has_is_said_at_the_start() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        with House(folder, endpoints=["one", "three"]) as house:
            assert house.process.wait(30) == 2
            assert "signer.endpoints: three is none of chain.nodes" in house.said.read_text()
    finally:
        shutil.rmtree(folder)


def test_the_signer_with_nodes_loads_nothing_of_service_queue_and_cages() -> None:
    code = (
        "import sys, validator.signer, validator.signing.nodes_view\n"
        "bad = {'httpx', 'fastapi', 'celery', 'sqlalchemy', 'docker', 'redis'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(bad)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60,
        check=False, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
