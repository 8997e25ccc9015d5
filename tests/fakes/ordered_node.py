"""A node made of a list of blocks, with what the signer asks of one; it may cut off or lie once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.fakes.devnet import MINER, PUBLISHER, TASK, VALIDATOR
from validator.chain.blocks import RawBlock
from validator.chain.values import Block, BlockTransaction, NodeInfo
from validator.errors import ChainUnreadableError
from validator.wire import tos
from validator.wire.tos.rules import Answer, Miner, Score, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.chain.values import TransactionFacts

TEXT = "6*7 = 42"
ANSWER = b"\x0a" * 32


def chain_of(heights: Sequence[int]) -> list[Block]:
    """Empty blocks of these heights, in their order."""
    return [
        Block(place.to_bytes(32, "big"), place, height, 1_000 * height, ())
        for place, height in enumerate(heights)
    ]


def put(blocks: list[Block], place: int, key: tos.SecretKey, payload: tos.AiPayload) -> None:
    """Let a block hold one transaction more, which it executed."""
    sent = tos.Transaction(key.public, payload, 10_000, 0, tos.Reference(bytes(32), 0)).signed(key)
    made = BlockTransaction(sent.hash(), key.public, payload, 0, True, sent.encode())
    blocks[place] = replace(blocks[place], transactions=(*blocks[place].transactions, made))


def put_answer(blocks: list[Block], place: int) -> None:
    """Let a block hold the one answer to the task."""
    put(blocks, place, MINER, tos.SubmitAnswer(TASK, TEXT, tos.answer_hash(TEXT), 10**9))


def put_verdict(blocks: list[Block], place: int, score: int = 60) -> None:
    """Let a block hold our verdict of that answer."""
    put(blocks, place, VALIDATOR, tos.ValidateAnswer(TASK, ANSWER, score))


def scored(height: int, score: int = 60) -> dict[bytes, Task]:
    """The task whose answer, made in block 1, has our score since that height."""
    given = (Score(VALIDATOR.public, score, height),)
    digest = tos.answer_hash(TEXT)
    answer = Answer(ANSWER, TEXT, digest, MINER.public, 10**9, 1, given)
    task = Task(TASK, PUBLISHER.public, "Compute.", 10**10, tos.Difficulty.BEGINNER, 10**13, 1)
    return {TASK: replace(task, submitted_answers=(answer,))}


@dataclass
class OrderedNode:
    """`stable`: topoheight of its stable block; `stable_height`: None is that block's own height.

    `missing`: topoheights whose whole block cannot be had, once each; `lies`: the hash that a whole
    block is shown with, once; `read`: topoheights of the whole blocks that were had.
    """

    name: str
    blocks: list[Block]
    stable: int
    tasks: dict[bytes, Task] = field(default_factory=dict)
    stable_height: int | None = None
    pruned: int | None = None
    missing: set[int] = field(default_factory=set)
    lies: dict[int, bytes] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)
    overgrown: bool = False
    """Whether others made its tasks too large to be read."""

    def close(self) -> None:
        self.read.clear()

    def genesis(self) -> bytes:
        return self.blocks[0].hash

    def info(self) -> NodeInfo:
        height = self.stable_height
        height = self.blocks[self.stable].height if height is None else height
        top = len(self.blocks) - 1
        return NodeInfo(
            tos.Network.DEVNET, max(each.height for each in self.blocks), top, height, self.stable,
            self.pruned, self.blocks[top].hash,
        )  # fmt: skip

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        found = self.blocks[topoheight]
        return RawBlock(found.hash, topoheight, found.height, found.timestamp_ms, ())

    def block(self, topoheight: int) -> Block:
        if topoheight in self.missing:
            self.missing.remove(topoheight)
            raise ChainUnreadableError(f"node {self.name} is away")
        self.read.append(topoheight)
        found = self.blocks[topoheight]
        return replace(found, hash=self.lies.pop(topoheight, found.hash))

    def task(self, task_id: bytes) -> Task | None:
        if self.overgrown:
            raise ChainUnreadableError("the task is too large", too_large=True)
        return self.tasks.get(task_id)

    def miner(self, key: tos.PublicKey) -> Miner:
        return Miner(key, 10**9, 0)

    def newest_nonce(self, key: tos.PublicKey) -> tuple[int, int] | None:
        assert key == VALIDATOR.public
        return 1, 0

    def transactions(self, hashes: Sequence[bytes]) -> dict[bytes, TransactionFacts | None]:
        return dict.fromkeys(hashes)

    def pending(self, key: tos.PublicKey) -> None:
        assert key == VALIDATOR.public
