"""The development chain as a process of its own, and an account book to act on it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.fakes.devnet import ANSWER, FUNDS, MINER, PUBLISHER, SECOND, TASK
from validator.wire import tos

ROOT = Path(__file__).resolve().parents[2]


class DevnetProcess:
    """`python -m devnet` on demand, at a free port; what a test does to it goes past the client."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "devnet", "--port", "0", "--period-ms", "0", *options],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)/json_rpc \(genesis ([0-9a-f]{64})", line)
        assert found, line
        self.port, self.genesis = int(found[1]), bytes.fromhex(found[2])
        self.nonces: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_url(self) -> str:
        """The same chain under another name: a second endpoint."""
        return f"http://localhost:{self.port}"

    def end(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)

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

    def trouble(self, name: str, **body: Any) -> Any:
        return self.post(f"/devnet/{name}", body)

    def mine(self, blocks: int = 1, **how: Any) -> None:
        self.trouble("mine", blocks=blocks, **how)

    def fund(self, *keys: tos.SecretKey) -> None:
        for key in keys:
            address = tos.encode_address(key.public, tos.Network.DEVNET)
            self.trouble("faucet", address=address, amount=FUNDS)

    def signed(self, key: tos.SecretKey, payload: tos.Payload, **changes: Any) -> tos.Transaction:
        info = self.call("get_info")
        top = tos.Reference(bytes.fromhex(info["top_block_hash"]), info["topoheight"])
        nonce = self.nonces.get(key.public.data, 0)
        values = {"fee": 10_000, "nonce": nonce, "reference": top} | changes
        return tos.Transaction(key.public, payload, **values).signed(key)

    def send(self, key: tos.SecretKey, payload: tos.Payload, **changes: Any) -> tos.Transaction:
        """Put a transaction into the mempool."""
        made = self.signed(key, payload, **changes)
        assert self.call("submit_transaction", {"data": made.encode().hex()}) is True
        self.nonces[key.public.data] = made.nonce + 1
        return made

    def market(self, *others: tos.SecretKey) -> None:
        """Funded and registered accounts, and a task."""
        everybody = (PUBLISHER, MINER, SECOND, *others)
        self.fund(*everybody)
        for key in everybody:
            self.send(key, tos.RegisterMiner(key.public, 10**9))
        self.mine()
        self.publish(TASK)

    def publish(self, task: bytes) -> None:
        top = self.call("get_top_block", {})
        payload = tos.PublishTask(
            task, 10**10, tos.Difficulty.BEGINNER, top["timestamp"] + 2_000_000, "Compute 6*7."
        )
        self.send(PUBLISHER, payload)
        self.mine()

    def answer(
        self, key: tos.SecretKey = MINER, text: str = ANSWER, task: bytes = TASK
    ) -> dict[str, Any]:
        """Answer in a block of its own; the answer as the node shows it."""
        self.send(key, tos.SubmitAnswer(task, text, tos.answer_hash(text), 10**9))
        self.mine()
        shown = self.call("get_ai_mining_task", {"task_id": task.hex()})["submitted_answers"]
        return next(one for one in shown if one["answer_content"] == text)
