"""`watch` as a process, over a devnet process and a server of documents."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import content_server
from tests.fakes.chain_content import answer_document, spelled, task_document
from tests.fakes.devnet import MINER, PUBLISHER, TASK
from tests.integration.devnet.test_process import Process
from validator.domain.clock import RandomIds, SystemClock
from validator.store.chain_values import AnswerStanding
from validator.store.store import Store, open_store
from validator.wire import tos
from validator.wire.digest import Algorithm, Digest
from validator.wire.pointer import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 60.0


class Watcher:
    """`python -m validator.watch` with these settings."""

    def __init__(self, folder: Path, node: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOSV_")}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "validator.watch"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=inherited | {
                "PYTHONPATH": str(ROOT),
                "TOSV_DATA_DIR": str(folder / "data"),
                "TOSV_CHAIN__NODES": f'[{{"name": "node", "url": "{node}"}}]',
                "TOSV_FETCH__LOOPBACK": "true",
            },
        )  # fmt: skip

    def ready(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode


class Market:
    """Accounts, and transactions with nonces that follow each other."""

    def __init__(self, devnet: Process) -> None:
        self.devnet = devnet
        self.nonces: Counter[tos.PublicKey] = Counter()
        for key in (PUBLISHER, MINER):
            address = tos.encode_address(key.public, tos.Network.DEVNET)
            devnet.post("/devnet/faucet", {"address": address, "amount": 10**12})
            self.send(key, tos.RegisterMiner(key.public, 10**9))

    def send(self, key: tos.SecretKey, payload: tos.AiPayload) -> None:
        info = self.devnet.call("get_info")
        top = tos.Reference(bytes.fromhex(info["top_block_hash"]), info["topoheight"])
        sent = tos.Transaction(key.public, payload, 10_000, self.nonces[key.public], top)
        self.nonces[key.public] += 1
        data = sent.signed(key).encode().hex()
        assert self.devnet.call("submit_transaction", {"data": data}) is True
        self.mine(1)

    def mine(self, blocks: int) -> None:
        self.devnet.post("/devnet/mine", {"blocks": blocks})

    def publish(self, pointer: Pointer) -> None:
        deadline = self.devnet.call(
            "get_block_at_topoheight",
            {"topoheight": self.devnet.call("get_info")["topoheight"], "include_txs": False},
        )["timestamp"]
        level = tos.Difficulty.BEGINNER
        self.send(
            PUBLISHER, tos.PublishTask(TASK, 10**10, level, deadline + 2_000_000, pointer.text)
        )

    def answer(self, pointer: Pointer) -> None:
        text = pointer.text
        self.send(MINER, tos.SubmitAnswer(TASK, text, tos.answer_hash(text), 10**9))


@pytest.fixture
def devnet(tmp_path: Path) -> Iterator[Process]:
    found = Process(tmp_path, "--period-ms", "0")
    yield found
    found.end(signal.SIGKILL)


@pytest.fixture
def watch(tmp_path: Path, devnet: Process) -> Iterator[Callable[[], Watcher]]:
    """Starts watchers; none outlives its test."""
    started: list[Watcher] = []

    def one() -> Watcher:
        started.append(Watcher(tmp_path, f"http://127.0.0.1:{devnet.port}"))
        return started[-1]

    yield one
    for watcher in started:
        if watcher.process.poll() is None:
            watcher.end(signal.SIGKILL)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock = SystemClock()
    with contextlib.closing(open_store(None, tmp_path / "data", clock, RandomIds(clock))) as opened:
        yield opened


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def documents(port: Callable[[], int]) -> tuple[dict[str, bytes], Callable[[str, bytes], Pointer]]:
    address = tos.encode_address(MINER.public, tos.Network.DEVNET)
    content = {
        "/task": spelled(task_document()),
        "/answer": spelled(answer_document(task_id=TASK.hex(), submitter=address)),
    }

    def pointer(path: str, data: bytes) -> Pointer:
        uri = f"http://127.0.0.1:{port()}{path}"
        return Pointer("code", uri, Digest.of(data, Algorithm.BLAKE3))

    return content, pointer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_answer_on_the_chain_is_submitted_once_whatever_ends_the_watcher(
    devnet: Process, watch: Callable[[], Watcher], store: Store, number: int
) -> None:
    market = Market(devnet)
    first = watch()
    line = first.ready()
    assert re.fullmatch(r"watching devnet, genesis [0-9a-f]{8}\.\.\., height \d+\n", line)
    content, pointer = documents(lambda: server.port)
    replies = {path: content_server.answer(data) for path, data in content.items()}
    with content_server.serving(replies) as server:
        market.publish(pointer("/task", content["/task"]))
        market.answer(pointer("/answer", content["/answer"]))
        until(lambda: store.chain.answers(TASK.hex()))
        began = time.monotonic()
        code = first.end(number)
        assert time.monotonic() - began < 5
        assert code == (0 if number == signal.SIGTERM else -signal.SIGKILL)

        # The block of the answer is taken out; the answer stays, as on every node.
        devnet.post("/devnet/reorder", {"depth": 1, "kind": "later"})
        second = watch()
        second.ready()
        market.mine(10)
        row = until(
            lambda: next(
                (
                    one
                    for one in store.chain.answers(TASK.hex())
                    if one.standing is AnswerStanding.SUBMITTED
                ),
                None,
            )
        )
        assert second.end() == 0
    genesis = store.chain.genesis()
    page = store.submissions(str(genesis), None, 10)
    assert [one.submission_id for one in page.items] == [row.submission_id]
    kinds = [event.kind for event in store.chain.chain_events(0)]
    assert kinds == ["task_published", "answer_submitted", "chain_reorder"]


def test_without_a_node_it_says_what_to_set(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "validator.watch"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TOSV_DATA_DIR": str(tmp_path)},
    )  # fmt: skip

    assert done.returncode == 2
    assert "chain.nodes: name a node to follow" in done.stderr
    assert len(done.stderr.splitlines()) == 1
