"""Voters with keys, a chain that grows when it is told to, and rounds to vote in."""

from __future__ import annotations

import hashlib
import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from validator.domain.submission import LOCAL_OWNER, Origin
from validator.domain.voting import Candidate, Commit, Parties, Round, Ruling
from validator.keys import sign_statement
from validator.rounds.commitment import Opening, vote_statement
from validator.rounds.counting import Opinion, Poll
from validator.rounds.reading import NewRound, RevealDocument, rules_of
from validator.rounds.service import RoundService
from validator.settings import VoteSettings
from validator.store.chain_values import Changes, NewBlock
from validator.wire.tos import SecretKey

if TYPE_CHECKING:
    from tests.fakes.store import FrozenClock
    from validator.store.chain import ChainStore
    from validator.store.store import Store

GENESIS = "0a" * 32
KEYS = {key.public.hex(): key for key in (SecretKey(bytes([n]) + bytes(31)) for n in range(1, 25))}
VOTERS = tuple(KEYS)
PUBLISHER, SUBMITTER = (SecretKey(bytes([n]) + bytes(31)).public.hex() for n in (200, 201))


def capped_median(poll: Poll) -> Opinion:
    """The simplest of aggregators: certain where three agree within ten points."""
    scores = sorted(vote.score for vote in poll.votes)
    middle = int(statistics.median_low(scores))
    near = sum(abs(score - middle) <= 10 for score in scores)
    if near >= 3:
        return Opinion(Ruling.FINAL, f"{near} votes agree.", middle, {"median": middle})
    return Opinion(Ruling.MORE_VOTES, "The votes do not agree.", middle, {"median": middle})


@dataclass
class Blocks:
    """A followed chain whose blocks have the clock's time; topoheight and height are the same."""

    chain: ChainStore
    clock: FrozenClock
    height: int = -1
    salt: str = ""

    def start(self) -> Blocks:
        self.chain.bind(GENESIS)
        self.mine(20)
        return self

    def mine(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(3)
            self.height += 1
            name = hashlib.sha256(f"{self.salt}{self.height}".encode()).hexdigest()
            stamp = int(self.clock.now().timestamp() * 1000)
            self.chain.append(NewBlock(self.height, name, self.height, stamp, "[]"), Changes())


def new_round(number: int = 1, /, **changes: Any) -> NewRound:
    """A round on answer `number`, with everybody of KEYS to draw from."""
    settings = VoteSettings()
    rules = changes.pop("rules", {})
    values: dict[str, Any] = {
        "task_id": "task-1",
        "answer_id": f"answer-{number}",
        "task_type": "general",
        "parties": Parties(PUBLISHER, SUBMITTER),
        "pool": tuple(Candidate(voter, 100) for voter in VOTERS),
        "rules": rules_of(settings, **rules),
    }
    return NewRound(**values | changes)


@dataclass
class Voting:
    """A service on a store, and hands with which tests play voters."""

    store: Store
    clock: FrozenClock
    service: RoundService
    blocks: Blocks
    openings: dict[tuple[str, str], Opening] = field(default_factory=dict)

    def open(self, new: NewRound | None = None, owner: str = LOCAL_OWNER) -> Round:
        return self.service.open(new or new_round(), owner, Origin.API)

    def drawn(
        self, new: NewRound | None = None, owner: str = LOCAL_OWNER
    ) -> tuple[Round, list[str]]:
        """A round in its commit window, and who may vote."""
        opened = self.open(new, owner)
        self.blocks.mine(10)
        found = self.service.read(owner, opened.round_id)
        return found, [seat.voter for seat in self.store.rounds.seats(owner, found.round_id)]

    def commit(self, round_: Round, voter: str, score: int = 80) -> Round:
        opening = opening_of(round_, voter, score)
        self.openings[round_.round_id, voter] = opening
        return self.service.commit(round_.owner, round_.round_id, commit_of(round_, voter, opening))

    def reveal(self, round_: Round, voter: str) -> Round:
        opening = self.openings[round_.round_id, voter]
        return self.service.reveal(round_.owner, round_.round_id, reveal_of(voter, opening))


def voting(store: Store, clock: FrozenClock, ids: Any) -> Voting:
    """A started chain and a service that counts with the capped median."""
    blocks = Blocks(store.chain, clock).start()
    service = RoundService(store.rounds, store.chain, clock, ids, capped_median)
    return Voting(store, clock, service, blocks)


def opening_of(round_: Round, voter: str, score: int = 80) -> Opening:
    """A vote with a salt of its own."""
    salt = hashlib.sha256(f"{round_.round_id}{voter}".encode()).hexdigest()[:32]
    return Opening(round_.round_id, round_.task_id, round_.answer_id, score, salt, "ab" * 32)


def commit_of(round_: Round, voter: str, opening: Opening) -> Commit:
    """What the voter signs."""
    commit = opening.commit()
    statement = vote_statement(round_.genesis, round_.round_id, commit)
    return Commit(voter, commit, sign_statement(KEYS[voter], statement).hex())


def reveal_of(voter: str, opening: Opening, **changes: Any) -> RevealDocument:
    """What opens it."""
    values = {
        "voter": voter, "score": opening.score, "salt": opening.salt,
        "reasoning_sha256": opening.reasoning_sha256,
    }  # fmt: skip
    return RevealDocument(**values | changes)


def request_body(**changes: Any) -> str:
    """A round as it is asked for over HTTP."""
    document = {
        "task_id": "task-1",
        "answer_id": "answer-1",
        "publisher": PUBLISHER,
        "submitter": SUBMITTER,
        "candidates": [{"voter": voter, "stake": "100"} for voter in VOTERS],
    }
    return json.dumps(document | changes)
