"""A chain in memory, seen through endpoints that may lag, lie or stop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from validator.errors import ChainUnreadableError
from validator.protection.values import Verdict
from validator.signing.chain import AnswerFacts, OwnVerdict, Snapshot, Snapshots
from validator.signing.requests import AnswerClaim, ToldAnswer, ToldEndpoint, ToldVerdict
from validator.wire.tos import (
    Reference,
    SecretKey,
    Transaction,
    ValidateAnswer,
    answer_hash,
    answer_id,
    decode_canonical,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.domain.clock import Clock


def h(number: int) -> bytes:
    """A hash that is easy to tell from another."""
    return number.to_bytes(4, "big") * 8


GENESIS = h(0x10)
TASK = h(0x30)
PUBLISHER = h(0x50)
SUBMITTER = h(0x60)
KEY = SecretKey(bytes(range(1, 32)) + b"\x01")
REWARD = 10_000_000_000


def claim(number: int, height: int | None = None) -> AnswerClaim:
    """Answer `number` of the one task, in the block of that height (100 + number by default)."""
    content = f"answer number {number}"
    at = 100 + number if height is None else height
    digest = answer_hash(content)
    made = answer_id(TASK, SUBMITTER, digest, at, 1_000 * at)
    return AnswerClaim(
        id=made, submitter=SUBMITTER, answer_hash=digest, content=content, height=at,
        timestamp_ms=1_000 * at,
    )  # fmt: skip


def foreign(number: int, score: int, nonce: int, key: SecretKey = KEY) -> bytes:
    """A transaction that somebody else made with the key."""
    payload = ValidateAnswer(TASK, claim(number).id, score)
    made = Transaction(key.public, payload, 10_000, nonce, Reference(h(1), 1))
    return made.signed(key).encode()


@dataclass
class FakeChain:
    """One chain under our account; `read` of it are `endpoints`, each able to differ."""

    clock: Clock
    endpoints: tuple[str, ...] = ("node",)
    genesis: bytes = GENESIS
    stable: int = 10
    reward: int = REWARD
    claims: dict[bytes, AnswerClaim] = field(default_factory=dict)
    mined: list[OwnVerdict] = field(default_factory=list)
    pending: set[bytes] = field(default_factory=set)
    next_nonce: int = 0
    readable: bool = True
    pruned: int | None = None
    odd: dict[str, dict[str, object]] = field(default_factory=dict)
    """Fields of the snapshot, by endpoint, that it alone shows otherwise."""
    odd_facts: dict[str, dict[str, object]] = field(default_factory=dict)

    def answer(self, number: int, height: int | None = None) -> AnswerClaim:
        """Put an answer on the chain."""
        made = claim(number, height)
        self.claims[made.id] = made
        return made

    def mine(self, data: bytes) -> None:
        """Put a verdict of our key on the chain, at stable height."""
        found = decode_canonical(data)
        assert isinstance(found.payload, ValidateAnswer)
        payload = found.payload
        answer = self.claims[payload.answer_id]
        self.mined.append(
            OwnVerdict(
                Verdict(payload.task_id, payload.answer_id, payload.validation_score),
                answer.submitter,
                answer.answer_hash,
                answer.height,
                found.nonce,
                data,
            )
        )
        self.next_nonce = max(self.next_nonce, found.nonce + 1)

    def snapshot(self, name: str = "node") -> Snapshot:
        made = Snapshot(
            self.genesis,
            self.stable,
            0,
            self.next_nonce,
            self.pruned,
            tuple(self.mined),
            frozenset(self.pending),
        )
        return replace(made, **self.odd.get(name, {}))  # type: ignore[arg-type]

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:
        if not self.readable:
            raise ChainUnreadableError("the fake chain is away")
        seen = {name: self.snapshot(name) for name in self.endpoints}
        return Snapshots(self.clock.monotonic(), seen)

    def facts(self, answer: bytes, name: str = "node") -> AnswerFacts:
        found = self.claims[answer]
        own = next(
            (each.verdict.score for each in self.mined if each.verdict.answer == answer), None
        )
        made = AnswerFacts(
            TASK, PUBLISHER, self.reward, found.id, found.submitter, found.answer_hash,
            found.content, found.height, found.timestamp_ms, own,
        )  # fmt: skip
        return replace(made, **self.odd_facts.get(name, {}))  # type: ignore[arg-type]

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:
        if not self.readable:
            raise ChainUnreadableError("the fake chain is away")
        if task != TASK or answer not in self.claims:
            return {}
        return {name: self.facts(answer, name) for name in self.endpoints}

    def told(self) -> dict[str, ToldEndpoint]:
        """The same as a follower tells it over the socket."""
        if not self.readable:
            return {}
        return {name: self._told(name) for name in self.endpoints}

    def _told(self, name: str) -> ToldEndpoint:
        seen = self.snapshot(name)
        return ToldEndpoint(
            genesis=seen.genesis,
            stable_height=seen.stable_height,
            since=seen.since,
            next_nonce=seen.next_nonce,
            pruned_height=seen.pruned_height,
            verdicts=[_told_verdict(each) for each in seen.verdicts],
            pending=sorted(seen.pending),
            answers=[self._told_answer(answer, name) for answer in self.claims],
        )

    def _told_answer(self, answer: bytes, name: str) -> ToldAnswer:
        facts = self.facts(answer, name)
        return ToldAnswer(
            task=facts.task, publisher=facts.publisher, reward=facts.reward,
            answer=self.claims[answer], own_score=facts.own_score,
        )  # fmt: skip


def _told_verdict(each: OwnVerdict) -> ToldVerdict:
    return ToldVerdict(
        task=each.verdict.task,
        answer=each.verdict.answer,
        score=each.verdict.score,
        submitter=each.submitter,
        answer_hash=each.answer_hash,
        answer_height=each.answer_height,
        nonce=each.nonce,
        transaction=each.transaction,
    )
