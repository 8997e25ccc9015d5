"""The real process: its port, its connections, its end, and what it keeps."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import websockets.asyncio.client as ws

from tests.fakes.devnet import secret
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[3]
READY_S = 30
KEY = secret(21)
MAIN = ("-c", "from validator.cli import main; main()", "devnet")


class Process:
    """`tos-validator devnet` or the module behind it."""

    def __init__(
        self, folder: Path, *options: str, command: tuple[str, ...] = ("-m", "devnet")
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command, "--port", "0", *options],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"devnet is ready at http://127\.0\.0\.1:(\d+)/json_rpc \(genesis", line)
        assert found, line
        self.port = int(found[1])

    def post(self, path: str, body: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def call(self, method: str, params: Any = None) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.post("/json_rpc", body)["result"]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes; none outlives its test."""
    started: list[Process] = []

    def one(*options: str, **how: Any) -> Process:
        started.append(Process(tmp_path, *options, **how))
        return started[-1]

    yield one
    for process in started:
        if process.process.poll() is None:
            process.end(signal.SIGKILL)


@pytest.fixture
def devnet(start: Callable[..., Process]) -> Process:
    return start("--period-ms", "0")


def fund(devnet: Process) -> None:
    address = tos.encode_address(KEY.public, tos.Network.DEVNET)
    devnet.post("/devnet/faucet", {"address": address, "amount": 10**10})


def register(devnet: Process) -> None:
    info = devnet.call("get_info")
    reference = tos.Reference(bytes.fromhex(info["top_block_hash"]), info["topoheight"])
    sent = tos.Transaction(KEY.public, tos.RegisterMiner(KEY.public, 10**9), 10_000, 0, reference)
    assert devnet.call("submit_transaction", {"data": sent.signed(KEY).encode().hex()}) is True
    devnet.post("/devnet/mine", {})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told(devnet: Process, number: int) -> None:
    assert devnet.end(number) == 0


def test_the_whole_state_drops_the_connection_without_a_byte(devnet: Process) -> None:
    fund(devnet)
    register(devnet)

    with pytest.raises(http.client.RemoteDisconnected):
        devnet.call("get_ai_mining_state")
    assert devnet.call("get_ai_mining_statistics")["total_miners"] == 1


def test_a_node_that_is_down_refuses_connections_and_comes_back_with_its_chain(
    devnet: Process,
) -> None:
    fund(devnet)
    devnet.post("/devnet/down", {"kind": "refused", "seconds": 1.5})
    time.sleep(0.7)
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", devnet.port), timeout=5),
    ):
        pass
    deadline = time.monotonic() + 20
    while True:
        try:
            assert devnet.call("get_height") == 1
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_node_that_drops_connections_drops_them(devnet: Process) -> None:
    devnet.post("/devnet/down", {"kind": "dropped", "seconds": 60})
    with pytest.raises(http.client.RemoteDisconnected):
        devnet.call("get_height")
    devnet.post("/devnet/clear", {})

    assert devnet.call("get_height") == 0


def test_blocks_come_by_the_clock(start: Callable[..., Process]) -> None:
    devnet = start("--period-ms", "100")
    deadline = time.monotonic() + 20
    while devnet.call("get_height") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    devnet.post("/devnet/auto", {"period_ms": 0})
    height = devnet.call("get_height")
    time.sleep(0.4)

    assert devnet.call("get_height") == height


def test_what_a_killed_process_had_taken_is_there_again(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    options = ("--period-ms", "0", "--data-dir", str(tmp_path / "data"))
    devnet = start(*options)
    fund(devnet)
    register(devnet)
    before = devnet.call("get_info")
    assert devnet.end(signal.SIGKILL) == -signal.SIGKILL

    again = start(*options)
    assert again.call("get_info") == before
    miner = again.call("get_ai_mining_miner", {"address": list(KEY.public.data)})
    assert miner["registration_fee"] == 10**9
    assert again.end() == 0


def test_the_command_line_starts_it_in_the_data_directory(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    options = ("--on-demand", "--data-dir", str(tmp_path / "data"))
    devnet = start(*options, command=MAIN)
    assert devnet.call("get_info")["network"] == "Dev"
    assert list((tmp_path / "data").glob("devnet.sqlite3"))

    second = subprocess.run(
        [sys.executable, *MAIN, "--port", str(devnet.port), *options],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert second.returncode == 2
    assert "stop the other devnet that has it" in second.stderr
    assert "Traceback" not in second.stderr
    assert devnet.end() == 0


def test_a_port_that_is_taken_is_said_in_one_sentence(devnet: Process, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "devnet", "--port", str(devnet.port)],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert second.returncode == 2
    assert re.fullmatch(r"port: \d+ cannot be used \(.*\); choose another one\n", second.stderr)


@pytest.mark.parametrize(
    "options",
    [("--host", "0.0.0.0"), ("--block-time", "0"), ("--on-demand", "--block-time", "1")],
)
def test_a_wrong_option_is_one_sentence(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *MAIN, *options], capture_output=True, text=True, timeout=60,
        check=False, cwd=tmp_path, env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith(("host: ", "block-time: "))


def test_events_and_pings_over_a_real_socket(devnet: Process) -> None:
    async def listen() -> list[Any]:
        url = f"ws://127.0.0.1:{devnet.port}/json_rpc"
        async with ws.connect(url, open_timeout=10, ping_interval=None) as client:
            call = {"jsonrpc": "2.0", "id": "n", "method": "subscribe"}
            await client.send(json.dumps(call | {"params": {"notify": "new_block"}}))
            answer = json.loads(await asyncio.wait_for(client.recv(), 10))
            await asyncio.to_thread(devnet.post, "/devnet/mine", {"blocks": 2})
            told = [json.loads(await asyncio.wait_for(client.recv(), 10)) for _ in range(2)]
            pong = await client.ping()
            await asyncio.wait_for(pong, 10)
            return [answer, *told]

    answer, first, second = asyncio.run(listen())
    assert answer == {"jsonrpc": "2.0", "id": "n", "result": True}
    assert [one["result"]["height"] for one in (first, second)] == [1, 2]
    assert {one["id"] for one in (first, second)} == {"n"}
