"""Posting over a development chain in this process: nodes, the follower's part, a signer."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from devnet.errors import Code, HangUpError, NodeError
from tests.fakes.chain import KEY
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, VALIDATOR, World
from tests.fakes.signing import Rig, prepare, rig, statement
from tests.fakes.store import CountingIds, FrozenClock, new_submission
from validator.chain.values import Block, BlockTransaction, NodeInfo, Pending, TransactionFacts
from validator.domain.posting import Post, PostMode, PostState
from validator.errors import ChainUnreadableError, EvidenceRefusedError, SubmitRefusedError
from validator.posting.alerts import Alerts
from validator.posting.line import SignerLine
from validator.posting.nodes import Nodes
from validator.posting.parts import Parts
from validator.posting.poster import Poster
from validator.protection.values import Verdict
from validator.settings import PostSettings
from validator.signing.chain import AnswerFacts, OwnVerdict, Snapshot, Snapshots
from validator.signing.client import SignerClient
from validator.signing.frames import LENGTH, read_content
from validator.signing.requests import AnswerClaim
from validator.store.chain_tables import chain_answers, chain_tasks
from validator.store.posts import PostStore
from validator.store.store import open_store
from validator.store.tables import submissions, verdicts
from validator.store.values import dump
from validator.wire.tos import (
    AiPayload,
    Network,
    PublicKey,
    SubmitAnswer,
    ValidateAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from validator.chain.ports import Node
    from validator.domain.clock import Clock
    from validator.settings import Settings
    from validator.signing.client import KeptEvidence
    from validator.store.database import Database
    from validator.store.store import Store
    from validator.wire.tos import SecretKey
    from validator.wire.tos.rules import Miner, MiningState, Task

_REFUSALS = {
    Code.NONCE_ALREADY_USED: "nonce",
    Code.NONCE_RANGE: "nonce",
    Code.NONCE: "nonce",
    Code.FEE_TOO_LOW: "fee",
    Code.REFERENCE_TOPOHEIGHT: "reference",
    Code.SYNCING: "syncing",
}
OWN = KEY.public


@dataclass
class WorldNode:
    """A node over a world, with switches: away, a refusal of everything, a reply that is lost."""

    world: World
    name: str = "node"
    down: bool = False
    refuses: str | None = None
    loses_reply: bool = False
    given: list[bytes] = field(default_factory=list)

    def _up(self) -> Any:
        if self.down:
            raise ChainUnreadableError(f"{self.name} is away")
        return self.world.chain

    def genesis(self) -> bytes:
        found: bytes = self._up().genesis
        return found

    def info(self) -> NodeInfo:
        chain = self._up()
        return NodeInfo(
            Network.DEVNET, chain.height, chain.topoheight, chain.stable_height,
            chain.stable_topoheight, None, chain.top.hash,
        )  # fmt: skip

    def block(self, topoheight: int) -> Block:
        chain = self._up()
        found = chain.blocks[chain.order[topoheight]]
        acts = []
        for name in found.transactions:
            record = chain.records[name]
            if isinstance(record.transaction.payload, AiPayload):
                made = record.transaction
                acts.append(
                    BlockTransaction(
                        name, made.source, made.payload, made.nonce,
                        record.executed_in == found.hash, made.encode(),
                    )
                )  # fmt: skip
        return Block(found.hash, topoheight, found.height, found.timestamp, tuple(acts))

    def task(self, task_id: bytes) -> Task | None:
        mining = self._up().mining
        return None if mining is None else mining.tasks.get(task_id)

    def active_tasks(self) -> tuple[Task, ...]:
        mining = self._up().mining
        tasks = () if mining is None else mining.tasks.values()
        return tuple(task for task in tasks if task.status == "Active")

    def miner(self, key: PublicKey) -> Miner | None:
        mining = self._up().mining
        return None if mining is None else mining.miners.get(key)

    def next_nonce(self, key: PublicKey) -> int:
        return self._up().ledger.nonce(key) or 0

    def balance(self, key: PublicKey) -> int:
        found: int = self._up().ledger.amount(key)
        return found

    def pending(self, key: PublicKey) -> Pending | None:
        cache = self._up().mempool.senders.get(key)
        if cache is None or not cache.pending:
            return None
        names = frozenset(each.name for each in cache.pending)
        return Pending(cache.lowest, cache.highest, names)

    def transaction(self, tx_hash: bytes) -> TransactionFacts | None:
        chain = self._up()
        record = chain.records.get(tx_hash)
        waiting = chain.mempool.get(tx_hash)
        if record is None and waiting is None:
            return None
        found = waiting.transaction if record is None else record.transaction
        blocks = () if record is None else tuple(record.blocks)
        done = None if record is None else record.executed_in
        return TransactionFacts(tx_hash, found.nonce, blocks, done, waiting is not None)

    def submit(self, data: bytes) -> None:
        self._up()
        if self.refuses is not None:
            raise SubmitRefusedError(f"the node says {self.refuses}", self.refuses)
        self.given.append(data)
        try:
            self.world.node.submit(data)
        except NodeError as error:
            if error.code in (Code.ALREADY_IN_CHAIN, Code.ALREADY_IN_MEMPOOL):
                return
            kind = "funds" if "funds" in error.message else _REFUSALS.get(Code(error.code), "other")
            raise SubmitRefusedError(error.message, kind, error.code) from None
        except HangUpError:
            raise ChainUnreadableError("the node hung up") from None
        if self.loses_reply:
            raise ChainUnreadableError("the reply was lost")


@dataclass
class WorldTracked:
    """What a follower that is never behind has tracked."""

    world: World

    def mining(self) -> MiningState:
        found: MiningState = self.world.chain.mining
        return found

    def now_ms(self) -> int:
        found: int = self.world.chain.top.timestamp
        return found


@dataclass
class WorldView:
    """The chain as the signer reads it, at stable height."""

    world: World
    clock: Clock
    readable: bool = True

    def _need(self) -> Any:
        if not self.readable:
            raise ChainUnreadableError("the chain is away")
        return self.world.chain

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:
        return Snapshots(self.clock.monotonic(), {"node": self.snapshot(PublicKey(public_key))})

    def snapshot(self, key: PublicKey) -> Snapshot:
        chain = self._need()
        stable = chain.stable_topoheight
        version = chain.ledger.nonces.newest(key, lambda one: one.topoheight <= stable)
        waiting = chain.mempool.senders.get(key)
        pending = () if waiting is None else (each.name for each in waiting.pending)
        return Snapshot(
            chain.genesis, chain.stable_height, 0, 0 if version is None else version.value, None,
            tuple(self._verdicts(key)), frozenset(pending),
        )  # fmt: skip

    def _verdicts(self, key: PublicKey) -> Iterator[OwnVerdict]:
        chain = self.world.chain
        for task in chain.mining.tasks.values():
            for answer in task.submitted_answers:
                score = self._score(answer, key)
                if score is None:
                    continue
                payload = ValidateAnswer(task.task_id, answer.answer_id, score)
                made = next(
                    record.transaction
                    for record in chain.records.values()
                    if record.transaction.source == key and record.transaction.payload == payload
                )
                yield OwnVerdict(
                    Verdict(task.task_id, answer.answer_id, score), answer.submitter.data,
                    answer.answer_hash, answer.submitted_at, made.nonce, made.encode(),
                )  # fmt: skip

    def _score(self, answer: Any, key: PublicKey) -> int | None:
        stable = self.world.chain.stable_height
        return next(
            (
                each.score
                for each in answer.validation_scores
                if each.validator == key and each.validated_at <= stable
            ),
            None,
        )

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:
        chain = self._need()
        found = chain.mining.tasks.get(task)
        shown = None if found is None else found.answer(answer)
        if shown is None:
            return {}
        at = claim_of(self.world, answer, task)
        facts = AnswerFacts(
            task, found.publisher.data, found.reward_amount, answer, at.submitter, at.answer_hash,
            at.content, at.height, at.timestamp_ms, self._score(shown, OWN),
        )  # fmt: skip
        return {"node": facts}


def claim_of(world: World, answer: bytes, task: bytes = TASK) -> AnswerClaim:
    """An answer with the height and time of the block that took it."""
    found = world.chain.mining.tasks[task].answer(answer)
    at = next(
        block
        for block in world.chain.blocks.values()
        if block.height == found.submitted_at
        and any(
            isinstance(payload := world.chain.records[name].transaction.payload, SubmitAnswer)
            and payload.answer_hash == found.answer_hash
            for name in block.transactions
        )
    )
    return AnswerClaim(
        id=answer, submitter=found.submitter.data, answer_hash=found.answer_hash,
        content=found.answer_content, height=at.height, timestamp_ms=at.timestamp,
    )  # fmt: skip


class DeskClient(SignerClient):
    """The signer's client without a socket."""

    def __init__(self, asked: Rig) -> None:
        self._rig = asked

    def close(self) -> None:
        """Nothing is open."""

    def _exchange(self, message: bytes) -> dict[str, Any]:
        return read_content(self._rig.desk.answer(message[LENGTH.size :])[LENGTH.size :])


class InTurn:
    """Uses a node until it fails, and then the next."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._at = 0

    def use(self) -> Node:
        return self._nodes[self._at % len(self._nodes)]

    def failed(self, name: str) -> None:
        self._at += 1


@dataclass
class FakeEvidence:
    """States what the signer takes, and remembers what was kept and released."""

    store: PostStore
    genesis: bytes
    kept: dict[str, KeptEvidence] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    full: bool = False
    unfit: bool = False
    changes: dict[str, Any] = field(default_factory=dict)

    def statement(self, post: Post) -> str:
        if post.answer_id in self.missing:
            raise ChainUnreadableError("no evidence was kept")
        row = self.store.answer(post.answer_id)
        claim = AnswerClaim(
            id=bytes.fromhex(row.answer_id), submitter=bytes.fromhex(row.submitter),
            answer_hash=bytes.fromhex(row.answer_hash), content=row.content, height=row.height,
            timestamp_ms=row.timestamp_ms,
        )  # fmt: skip
        payload = Verdict(bytes.fromhex(post.task_id), claim.id, post.score).payload
        made = statement(claim, post.score, self.genesis, payload=payload, **self.changes)
        return made.encode().decode()

    def keep(self, post: Post, kept: KeptEvidence) -> None:
        if self.full:
            raise ChainUnreadableError("the disk is full")
        if self.unfit:
            raise EvidenceRefusedError("it is not about this post")
        self.kept[post.answer_id] = kept

    def release(self, task_id: str) -> None:
        self.released.append(task_id)


def follow(database: Database, world: World) -> None:
    """Write tasks and answers as a follower does that is never behind."""

    def work(connection: Any) -> None:
        for task in world.chain.mining.tasks.values():
            name = task.task_id.hex()
            known = connection.execute(
                update(chain_tasks)
                .where(chain_tasks.c.task_id == name)
                .values(status=task.status.value)
            )
            if not known.rowcount:
                connection.execute(
                    insert(chain_tasks).values(
                        task_id=name, publisher=task.publisher.hex(), text=dump(task.description),
                        reward=str(task.reward_amount), difficulty=task.difficulty.name,
                        deadline_ms=task.deadline, published_height=task.published_at,
                        published_ms=0, status=task.status.value, standing="watched",
                        updated_at=0,
                    )
                )  # fmt: skip
            for answer in task.submitted_answers:
                _follow_answer(connection, world, task.task_id, answer.answer_id)

    database.write(work)


def _follow_answer(connection: Any, world: World, task: bytes, answer: bytes) -> None:
    table = chain_answers
    own = next(
        (
            each.score
            for each in world.chain.mining.tasks[task].answer(answer).validation_scores
            if each.validator == OWN
        ),
        None,
    )
    row = table.c.answer_id == answer.hex()
    if connection.execute(update(table).where(row).values(own_score=own)).rowcount:
        return
    claim = claim_of(world, answer, task)
    connection.execute(
        insert(table).values(
            answer_id=answer.hex(), task_id=task.hex(), submitter=claim.submitter.hex(),
            answer_hash=claim.answer_hash.hex(), content=dump(claim.content), height=claim.height,
            timestamp_ms=claim.timestamp_ms, standing="new", own_score=own, created_at=0,
            updated_at=0,
        )
    )  # fmt: skip


def judge(
    database: Database, answer: str, score: int, number: int, decision: str | None = None
) -> None:
    """Let a submission of this answer end with a score; `number` tells verdicts apart.

    A decision beside accept and reject has no score.
    """
    sub, ver = f"sub_{number:032x}", f"ver_{number:032x}"
    new = new_submission(sub)

    def work(connection: Any) -> None:
        connection.execute(
            insert(submissions).values(
                submission_id=sub, owner=new.owner, origin="chain", state="done", attempts=1,
                task_type="code", task_digest=new.task_digest, answer_digest=new.answer_digest,
                body_digest=new.body_digest, queue="sandbox", created_at=number,
                updated_at=number, lease_token=1, last_seq=1, backoff=1, verdict_id=ver,
            )
        )  # fmt: skip
        connection.execute(
            insert(verdicts).values(
                verdict_id=ver, submission_id=sub, owner=new.owner, supersedes="",
                decision=decision or ("accept" if score >= 70 else "reject"), score=score,
                result_digest="sha256:" + "e" * 64, document="{}", created_at=number,
            )
        )  # fmt: skip
        connection.execute(
            update(chain_answers)
            .where(chain_answers.c.answer_id == answer)
            .values(standing="submitted", submission_id=sub)
        )

    database.write(work)


@dataclass
class PostHouse:
    """A chain, a signer and a poster; `run` makes blocks and lets everybody look."""

    world: World
    nodes: list[WorldNode]
    view: WorldView
    signer: Rig
    store: Store
    posts: PostStore
    evidence: Any
    settings: PostSettings
    mode: PostMode
    poster: Poster = field(init=False)
    alerts: Alerts = field(init=False)
    service: Settings
    judged: int = 0

    @property
    def database(self) -> Database:
        return self.store._database

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not on disk."""
        self.alerts = Alerts()
        parts = Parts(
            OWN, self.world.chain.genesis, Nodes(self.nodes, InTurn(self.nodes)),
            WorldTracked(self.world), self.evidence, self.posts,
            SignerLine(lambda: DeskClient(self.signer)), self.alerts, self.settings,
        )  # fmt: skip
        self.poster = Poster(parts, self.mode)

    def step(self, *, begin: bool = True) -> None:
        """Let signer, follower and poster look at the chain as it is."""
        self.signer.desk.gate.poll()
        follow(self.database, self.world)
        self.poster.step(begin=begin)

    def run(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.step()
            self.world.mine()
        self.step()

    def answer(self, score: int | None, key: SecretKey = MINER, text: str = "") -> str:
        """Let somebody answer; once it is stable it is judged, unless the score is None."""
        made = self.world.answer(key, text or f"an answer by {key.public.hex()[:8]}")
        self.world.mine(9)
        follow(self.database, self.world)
        if score is not None:
            self.judge(made.hex(), score)
        return made.hex()

    def judge(self, answer: str, score: int) -> None:
        self.judged += 1
        judge(self.database, answer, score, self.judged)

    def post(self, answer: str) -> Post:
        return self.posts.get(answer)

    def state(self, answer: str) -> PostState:
        return self.post(answer).state

    def scores(self, answer: str) -> list[int]:
        """Our scores of an answer as the chain shows them."""
        found = self.world.chain.mining.tasks[TASK].answer(bytes.fromhex(answer))
        return [each.score for each in found.validation_scores if each.validator == OWN]

    def own_transactions(self) -> list[Any]:
        """Every transaction with a verdict of ours that was ever in a block."""
        return [
            record.transaction
            for record in self.world.chain.records.values()
            if record.transaction.source == OWN
            and isinstance(record.transaction.payload, ValidateAnswer)
        ]


def open_market(made: World, signer: Rig) -> None:
    """Register everybody, let the signer's quiet period pass, and publish the task."""
    keys = (PUBLISHER, MINER, VALIDATOR, SECOND, KEY)
    made.fund(*keys)
    made.register(*keys)
    made.mine(9)
    for _ in range(10):
        signer.desk.gate.poll()
        made.mine()
    signer.desk.gate.poll()
    signer.desk.gate.require_open()
    made.publish()
    made.mine(9)


@contextlib.contextmanager
def post_house(
    folder: Path, made: World, mode: PostMode = PostMode.AUTO, nodes: int = 1, **changes: Any
) -> Iterator[PostHouse]:
    """A house on SQLite. `changes` are those of the settings of posting."""
    clock = FrozenClock()
    settings = prepare(folder, genesis=made.chain.genesis)
    view = WorldView(made, clock)
    with (
        rig(settings, clock, view) as signer,  # type: ignore[arg-type]
        open_store(None, folder, clock, CountingIds()) as store,
    ):
        open_market(made, signer)
        posts = PostStore(store._database, clock)
        yield PostHouse(
            made,
            [WorldNode(made, f"node-{number}") for number in range(nodes)],
            view,
            signer,
            store,
            posts,
            FakeEvidence(posts, made.chain.genesis),
            PostSettings(**changes),
            mode,
            settings,
        )
