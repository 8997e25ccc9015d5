"""A follower over a development chain in this process, with a journal in a file."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes import devnet
from tests.fakes.nodes import FakeEndpoints, WorldNode
from tests.fakes.store import FrozenClock
from validator.following.follower import Follower
from validator.following.tracker import Tracker
from validator.store.chain import ChainStore
from validator.store.database import Database
from validator.store.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.wire.tos import PublicKey

_WRITES = ("append", "replace", "observe", "bind")


@cache
def _template() -> Path:
    """A database with the schema, to be copied: much faster than migrating each time."""
    path = Path(tempfile.mkdtemp(prefix="tosv-chain-")) / "template.sqlite3"
    with contextlib.closing(Database(f"sqlite:///{path}", path.parent, 1)) as database:
        migrate(database)
    return path


class Killed(BaseException):
    """The process ends here, as far as the follower can tell."""


@dataclass
class DyingStore:
    """A journal whose process is killed at the n-th write: before it, or after its commit."""

    store: ChainStore
    at: int
    after: bool
    writes: Iterator[int] = field(default_factory=itertools.count)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        return self._dying(found) if name in _WRITES else found

    def _dying(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **how: Any) -> Any:
            last = next(self.writes) == self.at
            if last and not self.after:
                raise Killed
            done = call(*given, **how)
            if last:
                raise Killed
            return done

        return run


@dataclass
class Following:
    """The chain, its node, the journal and a follower that can be started again."""

    world: devnet.World
    node: WorldNode
    endpoints: FakeEndpoints
    store: ChainStore
    clock: FrozenClock
    own: PublicKey | None
    url: str = ""
    follower: Follower = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, store: Any = None) -> None:
        """A new process: nothing is left but the journal."""
        self.follower = Follower(
            store or self.store, self.endpoints, Tracker(self.clock), self.clock, 60, 300_000,
            self.own,
        )  # fmt: skip

    def sync(self) -> None:
        """Step until there is nothing more to read."""
        while self.follower.step():
            pass

    @property
    def tracker(self) -> Tracker:
        return self.follower.tracker

    def events(self, *kinds: str) -> list[tuple[str, str | None]]:
        """Kind and answer (or task) of all events told, in their order."""
        told = self.store.chain_events(0, 10_000)
        return [(e.kind, e.answer_id or e.task_id) for e in told if not kinds or e.kind in kinds]


@contextlib.contextmanager
def following(
    world: devnet.World | None = None, own: PublicKey | None = None
) -> Iterator[Following]:
    """Open a journal of its own for this chain."""
    clock = FrozenClock()
    made = world or devnet.world()
    node = WorldNode(made)
    with tempfile.TemporaryDirectory(prefix="tosv-follow-") as folder:
        path = Path(folder) / "journal.sqlite3"
        shutil.copy(_template(), path)
        with contextlib.closing(Database(f"sqlite:///{path}", Path(folder), 2)) as database:
            store = ChainStore(database, clock)
            url = f"sqlite:///{path}"
            yield Following(made, node, FakeEndpoints([node]), store, clock, own, url)


class Inline:
    """Does every job at once."""

    size = 8

    def start(self, job: Callable[[], None]) -> None:
        job()
