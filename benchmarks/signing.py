"""A verdict signed, all of it, against one bare durable commit and against the codec alone."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretBytes

from benchmarks.timing import Ratio, interleave
from validator.domain.clock import SystemClock
from validator.evidence.predicate import (
    CageRecord,
    CheckEntry,
    DigestSet,
    InputRecord,
    PlanRecord,
    Predicate,
    Window,
)
from validator.evidence.statement import Subject, statement_of, text_digest
from validator.keys import Cost, Kind, generate, seal, write_key_file
from validator.protection.database import ProtectionDatabase
from validator.protection.reconcile import QUIET_BLOCKS
from validator.protection.values import Verdict, fingerprint
from validator.settings import Settings, SignerSettings
from validator.signing.chain import AnswerFacts, Snapshot, Snapshots
from validator.signing.opening import HISTORY, opened
from validator.signing.requests import AnswerClaim, Block, SignVerdict
from validator.wire.tos import (
    Network,
    Reference,
    SecretKey,
    Transaction,
    ValidateAnswer,
    answer_hash,
    answer_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from validator.signing.desk import Desk

ROUNDS = 150
GENESIS, TASK, SUBMITTER, PUBLISHER = (bytes([number]) * 32 for number in range(1, 5))
PASSPHRASE = "a passphrase of the benchmark"
FEE = 10_000
HEIGHT = 1_000
DIGEST = DigestSet(sha256="0" * 64)
LIMITS = SignerSettings(transactions_per_hour=10**6, fees_per_day=10**12)


@dataclass
class QuietChain:
    """A chain on which nothing of ours is mined, and every answer is what it was asked for."""

    clock: SystemClock
    stable: int = 1
    claim: AnswerClaim | None = None

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:  # noqa: ARG002
        """An account that has sent nothing."""
        seen = Snapshot(GENESIS, self.stable, 0, 0, None, (), frozenset())
        return Snapshots(self.clock.monotonic(), {"node": seen})

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:  # noqa: ARG002
        """The one answer that is being signed."""
        seen = self.claim
        if seen is None:
            return {}
        facts = AnswerFacts(
            TASK, PUBLISHER, 1, seen.id, seen.submitter, seen.answer_hash, seen.content,
            seen.height, seen.timestamp_ms, None,
        )  # fmt: skip
        return {"node": facts}


def _claim(number: int) -> AnswerClaim:
    content = f"answer number {number}"
    digest = answer_hash(content)
    made = answer_id(TASK, SUBMITTER, digest, HEIGHT, HEIGHT)
    return AnswerClaim(
        id=made, submitter=SUBMITTER, answer_hash=digest, content=content, height=HEIGHT,
        timestamp_ms=HEIGHT,
    )  # fmt: skip


def statement(claim: AnswerClaim, genesis: bytes = GENESIS, task: bytes = TASK) -> str:
    """What the service would state of a score of 80 for an answer, as text."""
    origin = f"chain:{genesis.hex()}"
    payload = hashlib.sha256(Verdict(task, claim.id, 80).payload).hexdigest()
    time_ = "2026-01-31T12:00:00.000000Z"
    entry = CheckEntry(
        check="tests", status="pass", score=80, weight=3, required=False, sufficient=True,
        pass_at=70, in_process=False, evidence=DIGEST,
    )  # fmt: skip
    predicate = Predicate(
        verdict_id="ver_" + "0" * 32, submission_id="sub_" + "0" * 32, origin=origin,
        decision="accept", score=80, tier="automatic", rules="score/1", policy="policy/1",
        engine="0", plan=PlanRecord(id="task", digest=DIGEST), checks=[entry], limits={},
        inputs=[InputRecord(name="submission", digest=DIGEST)],
        sandbox=CageRecord(backend="docker", images={}, weak=[]), versions={},
        window=Window(received_at=time_, judged_at=time_), result_digest="sha256:" + "0" * 64,
        document=DIGEST, chain_payload=DigestSet(sha256=payload),
    )  # fmt: skip
    subjects = [
        Subject(name="answer", digest=DIGEST),
        Subject(name="task", digest=DIGEST),
        Subject(name="origin", digest=DigestSet(sha256=text_digest(origin))),
        Subject(name="genesis", digest=DigestSet(tosGenesis=genesis.hex())),
    ]
    return statement_of(subjects, predicate).encode().decode()


def prepared(folder: Path, genesis: bytes = GENESIS) -> tuple[Settings, SecretKey]:
    """A data directory with a key and an empty history."""
    key = generate(Kind.CHAIN)
    assert isinstance(key, SecretKey)
    cheap = Cost(memory_kib=8 * 1024, iterations=1, lanes=1)
    secret = SecretBytes(PASSPHRASE.encode())
    sealed = seal(key, Network.DEVNET, secret, genesis=genesis, cost=cheap)
    write_key_file(folder / "key.json", sealed)
    public = key.public.data
    ProtectionDatabase.create(
        folder / HISTORY, genesis, public, fingerprint(public), SystemClock()
    ).close()
    signer = LIMITS.model_copy(update={"key_file": folder / "key.json"})
    return Settings(data_dir=folder, signer=signer), key


def _asks() -> Iterator[SignVerdict]:
    for number in count():
        claim = _claim(number)
        yield SignVerdict(
            genesis=GENESIS, task=TASK, answer=claim, score=80, statement=statement(claim),
            nonce=number, fee=FEE, reference=Block(hash=TASK, topoheight=1),
        )  # fmt: skip


def _signing(desk: Desk, chain: QuietChain) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return how the next request is made ready, and how it is signed."""
    asks, ready = _asks(), []

    def prepare() -> None:
        ask = next(asks)
        chain.claim = ask.answer
        ready.append(ask)

    def sign() -> None:
        assert desk.signer.sign(ready.pop()).is_new

    return prepare, sign


def bare(path: Path) -> Callable[[], None]:
    """One insert of about a transaction's size, in a durable commit of plain SQLite."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")

    def commit() -> None:
        connection.execute("INSERT INTO t (data) VALUES (zeroblob(222))")

    return commit


def codec(key: SecretKey) -> Callable[[], None]:
    """A transaction built, signed, spelled and hashed; every one is another."""
    numbers = count()

    def sign() -> None:
        payload = ValidateAnswer(TASK, GENESIS, 80)
        made = Transaction(key.public, payload, FEE, next(numbers), Reference(TASK, 1))
        assert len(made.signed(key).hash()) == len(TASK)

    return sign


def measure(rounds: int = ROUNDS) -> Iterator[Ratio]:
    """Yield the ratios of the sign path; everything takes turns on one disk."""
    clock = SystemClock()
    chain = QuietChain(clock)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, key = prepared(folder)
        secret = SecretBytes(PASSPHRASE.encode())
        desk = stack.enter_context(opened(settings, lambda _: secret, clock, chain))
        for _ in range(QUIET_BLOCKS + 1):
            desk.gate.poll()
            chain.stable += 1
        chain.stable = HEIGHT
        desk.gate.poll()
        start = time.monotonic()
        prepare, sign = _signing(desk, chain)
        taken = interleave(
            {"sign": sign, "commit": bare(folder / "bare.db"), "codec": codec(key)},
            rounds,
            before={"sign": prepare},
        )
        assert time.monotonic() - start < settings.signer.chain_age_s, "the reading grew old"
    for floor, name in (("commit", "one bare FULL commit"), ("codec", "the codec alone")):
        yield Ratio(
            "signing",
            f"a verdict signed (2 FULL commits, evidence, log) / {name}",
            taken["sign"].median,
            taken[floor].median,
            "s",
        )
