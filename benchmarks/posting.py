"""A verdict signed and posted to a development chain in this process, against its floors.

One account may act once in a block, so every verdict has a block of its own; the chain's own clock
goes on by 3 s for each, whatever this takes.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretBytes

from benchmarks.signing import FEE, LIMITS, PASSPHRASE, bare, codec, prepared, statement
from benchmarks.timing import Ratio, interleave
from devnet.chain import STABLE_DEPTH
from devnet.node import Node
from devnet.store import MemoryStore
from devnet.trouble import Trouble
from validator.domain.clock import SystemClock
from validator.signing.chain import AnswerFacts, Snapshot, Snapshots
from validator.signing.opening import opened
from validator.signing.requests import AnswerClaim, Block, SignVerdict
from validator.wire.tos import (
    Difficulty,
    Network,
    PublishTask,
    Reference,
    RegisterMiner,
    SecretKey,
    SubmitAnswer,
    Transaction,
    ValidateAnswer,
    answer_hash,
)
from validator.wire.tos.rules import MIN_REGISTRATION_FEE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from validator.signing.desk import Desk
    from validator.wire.tos import Payload

GROUP = "posting"
ROUNDS = 100
WARMUP = 2
TASK = b"\x33" * 32
REWARD = 5 * 10**9
FUNDS = 10**13
START_MS = 1_770_000_000_000
DEADLINE_MS = 2_500_000
SCORE = 80


@dataclass
class Market:
    """A chain with one task, as many answers as verdicts are to be posted, and its own view."""

    clock: SystemClock
    node: Node = field(
        default_factory=lambda: Node(
            "bench", Network.DEVNET, MemoryStore(), Trouble(lambda: 0.0), lambda: START_MS
        )
    )
    claims: dict[bytes, AnswerClaim] = field(default_factory=dict)
    publisher: SecretKey = field(default_factory=SecretKey.generate)
    settled: int = 0
    """The signer's next nonce when it was last reconciled."""

    def sent(self, key: SecretKey, payload: Payload) -> None:
        """Send a transaction of this key, which has none waiting."""
        chain = self.node.chain
        nonce = chain.ledger.nonce(key.public) or 0
        made = Transaction(
            key.public, payload, FEE, nonce, Reference(chain.top.hash, chain.topoheight)
        )
        self.node.submit(made.signed(key).encode())

    def join(self, *keys: SecretKey) -> None:
        """Fund and register accounts."""
        for key in keys:
            self.node.faucet(key.public, FUNDS)
            self.sent(key, RegisterMiner(key.public, MIN_REGISTRATION_FEE))
        self.node.mine()

    def fill(self, answers: int) -> None:
        """Publish the task, and let a new account give each answer; wait until they are stable."""
        self.join(self.publisher)
        deadline = self.node.chain.top.timestamp + DEADLINE_MS
        payload = PublishTask(
            TASK, REWARD, Difficulty.BEGINNER, deadline, "a task of the benchmark"
        )
        self.sent(self.publisher, payload)
        self.node.mine()
        keys = [SecretKey.generate() for _ in range(answers)]
        self.join(*keys)
        for number, key in enumerate(keys):
            text = f"answer number {number}"
            self.sent(key, SubmitAnswer(TASK, text, answer_hash(text), REWARD // 10))
        block = self.node.mine()
        mining = self.node.chain.mining
        assert mining is not None
        for answer in mining.tasks[TASK].submitted_answers:
            self.claims[answer.answer_id] = AnswerClaim(
                id=answer.answer_id, submitter=answer.submitter.data,
                answer_hash=answer.answer_hash, content=answer.answer_content,
                height=answer.submitted_at, timestamp_ms=block.timestamp,
            )  # fmt: skip
        assert len(self.claims) == answers
        for _ in range(STABLE_DEPTH + 1):
            self.node.mine()

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:  # noqa: ARG002
        """The signer's account at stable height, where nothing of this run is yet."""
        chain = self.node.chain
        seen = Snapshot(chain.genesis, chain.stable_height, 0, self.settled, None, (), frozenset())
        return Snapshots(self.clock.monotonic(), {"node": seen})

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:
        """An answer as the chain shows it."""
        seen = self.claims[answer]
        facts = AnswerFacts(
            task, self.publisher.public.data, REWARD, seen.id, seen.submitter, seen.answer_hash,
            seen.content, seen.height, seen.timestamp_ms, None,
        )  # fmt: skip
        return {"node": facts}

    def post(self, data: bytes, key: SecretKey, answer: bytes) -> None:
        """Send a verdict, mine it, and read the score back."""
        self.node.submit(data)
        self.node.mine()
        mining = self.node.chain.mining
        assert mining is not None
        found = mining.tasks[TASK].answer(answer)
        assert found is not None
        (score,) = (each for each in found.validation_scores if each.validator == key.public)
        assert score.score == SCORE


def _through_signer(
    desk: Desk, market: Market, key: SecretKey
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return how the next request is made ready, and how it is signed and posted."""
    claims, ready = iter(market.claims.values()), []
    nonces = count(market.settled)

    def prepare() -> None:
        claim, top = next(claims), market.node.chain.top
        ready.append(
            SignVerdict(
                genesis=market.node.chain.genesis, task=TASK, answer=claim, score=SCORE,
                statement=statement(claim, market.node.chain.genesis, TASK), nonce=next(nonces),
                fee=FEE, reference=Block(hash=top.hash, topoheight=market.node.chain.topoheight),
            )
        )  # fmt: skip

    def post() -> None:
        ask = ready.pop()
        data = desk.signer.sign(ask).attempt.transaction
        assert data is not None
        market.post(data, key, ask.answer.id)

    return prepare, post


def _by_codec(market: Market, key: SecretKey) -> Callable[[], None]:
    """The same verdicts of another account, signed in memory: no history, evidence or log."""
    claims = iter(market.claims.values())

    def post() -> None:
        answer, chain = next(claims).id, market.node.chain
        reference = Reference(chain.top.hash, chain.topoheight)
        nonce = chain.ledger.nonce(key.public) or 0
        payload = ValidateAnswer(TASK, answer, SCORE)
        made = Transaction(key.public, payload, FEE, nonce, reference).signed(key)
        market.post(made.encode(), key, answer)

    return post


def _open(desk: Desk, market: Market) -> None:
    """Let the quiet period of a new history pass."""
    for _ in range(2 * STABLE_DEPTH + 4):
        market.node.mine()
        desk.gate.poll()
    desk.gate.require_open()


def measure(rounds: int = ROUNDS) -> Iterator[Ratio]:
    """Yield the ratios of posting; everything takes turns on one disk and in one process."""
    clock = SystemClock()
    market = Market(clock)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, key = prepared(folder, market.node.chain.genesis)
        signer = LIMITS.model_copy(
            update={"key_file": settings.signer.key_file, "chain_age_s": 600}
        )
        settings = settings.model_copy(update={"signer": signer})
        other = SecretKey.generate()
        market.join(key, other)
        market.settled = 1
        secret = SecretBytes(PASSPHRASE.encode())
        desk = stack.enter_context(opened(settings, lambda _: secret, clock, market))
        _open(desk, market)
        market.fill(rounds + WARMUP)
        desk.gate.poll()
        prepare, post = _through_signer(desk, market, key)
        taken = interleave(
            {
                "posted": post,
                "unprotected": _by_codec(market, other),
                "commit": bare(folder / "bare.db"),
                "codec": codec(key),
            },
            rounds,
            WARMUP,
            before={"posted": prepare},
        )
    posted = taken["posted"].median
    for floor, name in (
        ("unprotected", "the same signed in memory"),
        ("commit", "one bare FULL commit"),
        ("codec", "the codec alone"),
    ):
        yield Ratio(
            GROUP, f"a verdict signed, posted, mined, read back / {name}", posted,
            taken[floor].median, "s",
        )  # fmt: skip
    yield Ratio(
        GROUP, "verdicts posted in a second / signed by the codec alone", 1 / posted,
        1 / taken["codec"].median, "/s",
    )  # fmt: skip
