"""A development chain in this process: a clock that stands still, and accounts with funds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devnet.app import build
from devnet.node import Node
from devnet.production import Production
from devnet.store import MemoryStore, Store
from devnet.trouble import Trouble
from validator.wire import tos

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it prefers a client library that the project has not
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from starlette.types import Scope

    from devnet.blocks import Block
    from devnet.node import Event

START_MS = 1_770_000_000_000
FUNDS = 10**12
TASK = bytes.fromhex("d5" * 32)
ANSWER = "6*7 = 42 because six sevens are forty-two"


def secret(number: int) -> tos.SecretKey:
    """A key that a small number always gives."""
    return tos.SecretKey(number.to_bytes(32, "little"))


PUBLISHER, MINER, VALIDATOR, SECOND, POOR = (secret(number) for number in range(11, 16))


@dataclass
class World:
    """A node on demand, and what it said."""

    node: Node
    now: list[int]
    dropped: list[Any] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def chain(self) -> Any:
        return self.node.chain

    def client(self, *, with_control: bool = True) -> TestClient:
        production = Production(self.node, None)

        def hang_up(scope: Scope) -> None:
            self.dropped.append(scope["path"])

        app = build(self.node, production, hang_up, with_control=with_control)
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=True)

    def fund(self, *keys: tos.SecretKey, amount: int = FUNDS) -> None:
        for key in keys:
            self.node.faucet(key.public, amount)

    def signed(
        self, key: tos.SecretKey, payload: tos.Payload, *, fee: int = 10_000, **changes: Any
    ) -> tos.Transaction:
        waiting = self.chain.mempool.senders.get(key.public)
        nonce = waiting.highest + 1 if waiting else self.chain.ledger.nonce(key.public) or 0
        top = tos.Reference(self.chain.top.hash, self.chain.topoheight)
        values = {"fee": fee, "nonce": nonce, "reference": top} | changes
        return tos.Transaction(key.public, payload, **values).signed(key)

    def send(self, key: tos.SecretKey, payload: tos.Payload, **changes: Any) -> bytes:
        transaction = self.signed(key, payload, **changes)
        return self.node.submit(transaction.encode()).name

    def do(self, key: tos.SecretKey, payload: tos.Payload, **changes: Any) -> bytes:
        """Send, and make the block that holds it."""
        name = self.send(key, payload, **changes)
        self.node.mine()
        return name

    def mine(self, blocks: int = 1) -> Block:
        return [self.node.mine() for _ in range(blocks)][-1]

    def register(self, *keys: tos.SecretKey) -> None:
        for key in keys:
            self.send(key, tos.RegisterMiner(key.public, 10**9))
        self.node.mine()

    def publish(self, key: tos.SecretKey = PUBLISHER, task: bytes = TASK) -> bytes:
        deadline = self.chain.top.timestamp + 2_000_000
        payload = tos.PublishTask(
            task, 10**10, tos.Difficulty.BEGINNER, deadline, "Compute 6*7 and explain."
        )
        return self.do(key, payload)

    def answer(self, key: tos.SecretKey = MINER, text: str = ANSWER) -> bytes:
        """Answer, and return the answer's id."""
        self.do(key, tos.SubmitAnswer(TASK, text, tos.answer_hash(text), 10**9))
        found: bytes = self.chain.mining.tasks[TASK].submitted_answers[-1].answer_id
        return found

    def market(self) -> bytes:
        """Four registered accounts, a task and an answer; returns the answer's id."""
        everybody = (PUBLISHER, MINER, VALIDATOR, SECOND)
        self.fund(*everybody)
        self.register(*everybody)
        self.publish()
        return self.answer()

    def named(self, name: str) -> list[dict[str, Any]]:
        """Fields of all events of a name so far."""
        return [event.fields for event in self.events if event.name == name]


def world(store: Store | None = None, seed: str = "test") -> World:
    """A new node, or one that goes on from a store."""
    now = [START_MS]
    node = Node(
        seed,
        tos.Network.DEVNET,
        store or MemoryStore(),
        Trouble(lambda: now[0] / 1000),
        lambda: now[0],
    )
    made = World(node, now)
    node.listeners.append(made.events.append)
    return made
