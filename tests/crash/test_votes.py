"""The front door is killed while voters commit: what it acknowledged is there, once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.components import SOAK
from tests.fakes.rounds import GENESIS, VOTERS, commit_of, new_round, opening_of
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.domain.voting import Candidate
from validator.rounds.service import RoundService
from validator.store.chain_values import Changes, NewBlock
from validator.store.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from validator.domain.voting import Commit, Round

ROOT = Path(__file__).resolve().parents[2]
KILLS = 12 if SOAK else 3
ROUNDS = 40
POOL = tuple(Candidate(voter, 1) for voter in VOTERS[:20])


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    clock = SystemClock()
    with open_store(database_url, tmp_path, clock, RandomIds(clock)) as opened:
        yield opened


def drawn(store: Store) -> list[Round]:
    """Many rounds in which twenty voters have seats."""
    clock = SystemClock()
    service = RoundService(store.rounds, store.chain, clock, RandomIds(clock))
    store.chain.bind(GENESIS)
    mine(store, range(20))
    opened = [
        service.open(new_round(number, pool=POOL, rules={"seats": 20}), LOCAL_OWNER, Origin.API)
        for number in range(ROUNDS)
    ]
    mine(store, range(20, 40))
    assert service.advance() == ROUNDS
    return [store.rounds.round(LOCAL_OWNER, one.round_id) for one in opened]


def mine(store: Store, heights: range) -> None:
    for height in heights:
        stamp = int(time.time() * 1000) + height
        store.chain.append(NewBlock(height, f"{height:064x}", height, stamp, "[]"), Changes())


class Evening(SystemClock):
    """Three hours ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=3)


class Voters(threading.Thread):
    """Sends commits to one server after the other, and keeps what was acknowledged."""

    def __init__(self, votes: list[tuple[str, Commit]]) -> None:
        super().__init__()
        self.url = ""
        self.votes = votes
        self.acknowledged: list[tuple[str, Commit]] = []
        self.refused: list[str] = []
        self.client = httpx.Client(timeout=20)

    def run(self) -> None:
        while self.votes:
            round_id, vote = self.votes[-1]
            body = {"voter": vote.voter, "commit": vote.commit, "signature": vote.signature}
            try:
                reply = self.client.post(
                    f"{self.url}/v1/votes/rounds/{round_id}/commits", json=body
                )
            except httpx.HTTPError:  # killed: whether it was stored is not known
                time.sleep(0.02)
                continue
            self.votes.pop()
            if reply.status_code == 201:
                self.acknowledged.append((round_id, vote))
            elif "this very commit, which is kept" in reply.text:
                self.acknowledged.append((round_id, vote))  # the answer before was lost on its way
            else:
                self.refused.append(reply.text)
        self.client.close()


def serve(database_url: str, folder: Path) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.vote_writer", str(folder), database_url],
        stdout=subprocess.PIPE, cwd=ROOT, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def test_no_commit_that_was_acknowledged_is_lost(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    rounds = drawn(store)
    votes = [
        (one.round_id, commit_of(one, voter, opening_of(one, voter)))
        for one in rounds
        for voter in VOTERS[:20]
    ]
    rng = random.Random(7)
    rng.shuffle(votes)
    crowd = [Voters(votes[start::3]) for start in range(3)]
    server, url = serve(database_url, tmp_path)
    for voters in crowd:
        voters.url = url
        voters.start()
    midway = 0
    try:
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.3, 1.2))
            midway += any(voters.votes for voters in crowd)
            server.kill()
            server.wait(60)
            server.stdout.close()  # type: ignore[union-attr]
            server, url = serve(database_url, tmp_path)
            for voters in crowd:
                voters.url = url
        for voters in crowd:
            voters.join(200)
    finally:
        server.kill()
        server.wait(60)
        server.stdout.close()  # type: ignore[union-attr]

    assert midway
    assert [voters.refused for voters in crowd] == [[], [], []]
    acknowledged = [one for voters in crowd for one in voters.acknowledged]
    assert len(acknowledged) == len(rounds) * 20
    kept = kept_commits(store, rounds)
    assert kept == {(name, vote.voter): vote.commit for name, vote in acknowledged}
    for one in rounds:
        assert store.rounds.round(LOCAL_OWNER, one.round_id).commits == 20


def kept_commits(store: Store, rounds: list[Round]) -> dict[tuple[str, str], str]:
    """Every commit in the database, read when all windows are over."""
    store.rounds._clock = Evening()
    for one in rounds:
        store.rounds.begin_count(one.round_id)
    return {
        (one.round_id, ballot.seat.voter): str(ballot.commit)
        for one in rounds
        for ballot in store.rounds.ballots(LOCAL_OWNER, one.round_id)
    }
