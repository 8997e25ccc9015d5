"""The store with 100,000 vote rounds open at once, against the same with a thousand.

    python -m benchmarks votes.rounds

Seven seats a round; every voter has a seat in 350 of them, in either store.
"""

from __future__ import annotations

import itertools
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.timing import Ratio, interleave
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.domain.voting import Commit, Parties, Round, Stage
from validator.rounds.reading import rules_of
from validator.rounds.service import RoundService
from validator.settings import VoteSettings
from validator.store.database import Database
from validator.store.round_rows import round_values
from validator.store.round_tables import round_pools, round_voters, rounds
from validator.store.store import open_store
from validator.wire.canonical import sha256_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Table

    from validator.store.store import Store

LARGE: Final = 100_000
SMALL: Final = 1_000
SEATS: Final = 7
SHARE: Final = 350
"""Rounds in which one voter has a seat."""
PAGE: Final = 50
BATCH: Final = 5_000
NO_DIGEST: Final = sha256_digest(b"")


@dataclass(slots=True)
class Hall:
    """A store full of rounds, and the seats that are still to vote."""

    store: Store
    service: RoundService
    free: Iterator[tuple[str, str]]

    def commit(self) -> None:
        """One more commit: a durable transaction."""
        round_id, voter = next(self.free)
        vote = Commit(voter, sha256_digest(f"{round_id}{voter}".encode())[7:], "00" * 64)
        self.store.rounds.commit(LOCAL_OWNER, round_id, vote)

    def assignments(self) -> None:
        """The first page of a voter's rounds."""
        items, _ = self.store.rounds.assignments(LOCAL_OWNER, _voter(3), None, PAGE)
        assert items

    def look(self) -> None:
        """What is done every second: nothing is to be drawn or counted."""
        assert self.service.advance() == 0


def _voter(number: int) -> str:
    return f"{number:064x}"


def _round(number: int, clock: SystemClock) -> Round:
    now = clock.now()
    return Round(
        round_id=f"rnd_{number:032x}",
        owner=LOCAL_OWNER,
        origin=Origin.API,
        stage=Stage.VOTING,
        task_id=f"task-{number}",
        answer_id=f"answer-{number}",
        task_type="general",
        follows=None,
        number=1,
        pool_digest=NO_DIGEST,
        parties=Parties("e" * 64, "f" * 64),
        rules=rules_of(VoteSettings()),
        eligible=SEATS,
        eligible_digest=NO_DIGEST,
        genesis="0a" * 32,
        seed_topoheight=1,
        seed_hash="0b" * 32,
        opened_at=now,
        drawn=SEATS,
        commit_until=now + timedelta(hours=12),
        reveal_until=now + timedelta(hours=24),
    )


def _seats(number: int, voters: int) -> list[str]:
    """Seven voters in turn: everybody sits in the same number of rounds."""
    return [_voter((number * SEATS + place) % voters) for place in range(SEATS)]


def _fill(folder: Path, count: int, voters: int, clock: SystemClock) -> None:
    """Write the rounds as a draw leaves them, in few transactions."""
    pool = {"owner": LOCAL_OWNER, "digest": NO_DIGEST, "document": "[]"}
    with closing(Database(None, folder, 1)) as database:
        database.write(partial(_insert, round_pools, [pool]))
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            rows = [round_values(_round(number, clock)) for number in numbers]
            drawn = [
                {
                    "round_id": f"rnd_{number:032x}", "voter": voter, "owner": LOCAL_OWNER,
                    "place": place, "stake": "100", "cluster": None, "running": 1,
                }
                for number in numbers
                for place, voter in enumerate(_seats(number, voters))
            ]  # fmt: skip
            database.write(partial(_insert, rounds, rows))
            database.write(partial(_insert, round_voters, drawn))


def _insert(table: Table, rows: list[dict[str, Any]], connection: Connection) -> None:
    connection.execute(table.insert(), rows)


def _hall(folder: Path, count: int) -> Hall:
    clock = SystemClock()
    ids = RandomIds(clock)
    store = open_store(None, folder, clock, ids)
    voters = count * SEATS // SHARE
    _fill(folder, count, voters, clock)
    service = RoundService(store.rounds, store.chain, clock, ids)
    # Rounds from all over the table, one seat of each: none of them is complete.
    spread = itertools.cycle(range(0, count, max(1, count // 997)))
    free = (
        (f"rnd_{number:032x}", _seats(number, voters)[turn // 998])
        for turn, number in zip(itertools.count(), spread, strict=False)
    )
    return Hall(store, service, free)


def measure(repeats: int, count: int = LARGE) -> Iterator[Ratio]:
    """Yield the ratios on SQLite; at most 900 repeats."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = _hall(Path(folder, "small"), SMALL), _hall(Path(folder, "large"), count)
        methods: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "commit accepted": (small.commit, large.commit),
            f"assignments of a voter, page of {PAGE}": (small.assignments, large.assignments),
            "look for rounds to draw or count": (small.look, large.look),
        }
        for name, (few, many) in methods.items():
            taken = interleave({"few": few, "many": many}, repeats)
            yield Ratio(
                "votes",
                f"{name}: {count:,} open rounds / {SMALL:,}",
                taken["many"].median,
                taken["few"].median,
                "s",
                2.0,
            )
        small.store.close()
        large.store.close()
