"""Our rows of tasks and answers: from blocks as they are played, and from what a node shows.

Blocks tell at once; a node tells what is so, whatever blocks we missed (protocol note, 6.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from validator.errors import ChainUnreadableError
from validator.following.facts import Reader, gone, too_large, trouble
from validator.store.chain_values import Changes
from validator.store.values import micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from validator.chain.ports import Node
    from validator.following.tracker import Played, Tracker
    from validator.store.chain import ChainStore
    from validator.store.chain_values import NewEvent
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Task

ASKED: Final = 64
"""Tasks, and miners, that a node is asked about in one step."""
REST_S: Final = (60.0, 600.0)
"""How long a task that is too large is left alone: first, and at most; it doubles each time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Rest:
    """A task that is too large is not asked for until then (monotonic clock)."""

    until_s: float
    pause_s: float


@dataclass(slots=True)
class Views:
    """Tasks and miners that a node must be asked about, and how that is written.

    A task that outgrew what is read of a reply is left alone for a while: its size, which anybody
    can buy, holds up no other task.
    """

    store: ChainStore
    tracker: Tracker
    own: PublicKey | None
    # In the order in which they became unsure, so that the first names are not asked for ever.
    _tasks: dict[bytes, None] = field(default_factory=dict)
    _keys: set[PublicKey] = field(default_factory=set)
    _resting: dict[bytes, _Rest] = field(default_factory=dict)
    _one_by_one: bool = False

    def of_block(self, played: Played) -> Changes:
        """Return what a block changed, to be written with it."""
        block = played.block

        def times(height: int) -> list[int]:
            own = [block.timestamp_ms] if height == block.height else []
            return own + self.store.times(height)

        reader = Reader(self.own, times)
        changes = Changes()
        for task in played.changed:
            changes += reader.changes(played.before.tasks.get(task.task_id), task)
        return changes

    def doubt(self, played: Played) -> None:
        """Remember what to ask a node about."""
        self._tasks |= dict.fromkeys(sorted(played.unsure_tasks))
        self._keys |= played.unsure_keys

    def mend(self, node: Node, still: Callable[[], bool]) -> None:
        """Ask about some of what is unsure; it stays unsure when a block came meanwhile."""
        names, keys = self._awake(self._tasks)[:ASKED], list(self._keys)[:ASKED]
        if names or keys:
            self._take(node, self._ask(node, names), keys, still)

    def scan(self, node: Node, still: Callable[[], bool]) -> bool:
        """Compare every active task, theirs and ours, and our account; False: to be repeated.

        Where all active tasks together are too large for a reply, those that we know are asked for
        one by one, in this step and the next ones.
        """
        ours = {bytes.fromhex(row.task_id) for row in self.store.active()}
        ours |= {t.task_id for t in self.tracker.mining().tasks.values() if t.status == "Active"}
        keys = [*self._keys, *(() if self.own is None else (self.own,))]
        try:
            shown = {task.task_id: task for task in node.active_tasks()}
        except ChainUnreadableError as error:
            if not error.too_large:
                raise
            self._tell_once(error.detail)
            self._tasks |= dict.fromkeys(sorted(ours))
            self._keys.update(keys)
            self.mend(node, still)
            return True
        self._one_by_one = False
        others = self._awake(sorted((ours | self._tasks.keys()) - shown.keys()))
        return self._take(node, {**shown, **self._ask(node, others)}, keys, still)

    def _take(
        self,
        node: Node,
        tasks: dict[bytes, Task | None],
        keys: Iterable[PublicKey],
        still: Callable[[], bool],
    ) -> bool:
        """Write what was shown, unless a block came meanwhile: then False."""
        asked = {key: node.miner(key) for key in keys}
        if not still():
            return False
        for miner in asked.values():
            self.tracker.mend(None, miner, self._time)
        self._observe(tasks.items())
        for name in tasks:
            self._tasks.pop(name, None)
            self._resting.pop(name, None)
        self._keys -= asked.keys()
        return True

    def _awake(self, names: Iterable[bytes]) -> list[bytes]:
        now = self.tracker.clock.monotonic()
        rests = self._resting
        return [name for name in names if name not in rests or rests[name].until_s <= now]

    def _ask(self, node: Node, names: Iterable[bytes]) -> dict[bytes, Task | None]:
        found: dict[bytes, Task | None] = {}
        for name in names:
            try:
                found[name] = node.task(name)
            except ChainUnreadableError as error:
                if not error.too_large:
                    raise
                self._rest(name, error.detail)
        return found

    def _rest(self, name: bytes, sentence: str) -> None:
        first, most = REST_S
        known = self._resting.get(name)
        if known is None:
            self._tell(too_large(name, sentence), sentence)
        pause = first if known is None else min(2 * known.pause_s, most)
        self._resting[name] = _Rest(self.tracker.clock.monotonic() + pause, pause)

    def _tell_once(self, sentence: str) -> None:
        if not self._one_by_one:
            about = f"active_tasks:{micros(self.tracker.clock.now())}"
            self._tell(trouble((f"{sentence}; tasks are read one by one",), about), sentence)
        self._one_by_one = True

    def _tell(self, event: NewEvent, sentence: str) -> None:
        self.store.observe(Changes(events=(event,)))
        log.warning("too much for a reply", task=event.task_id, why=sentence)

    def _observe(self, tasks: Iterable[tuple[bytes, Task | None]]) -> None:
        reader = Reader(self.own, self.store.times)
        for name, task in tasks:
            row, rows = self.store.task(name.hex()), self.store.answers(name.hex())
            if task is None:
                if row is not None and row.status != "gone":
                    self.store.observe(gone(row, rows))
                self.tracker.forget(name)
                continue
            old = self.tracker.mining().tasks.get(name)
            changes = reader.repairs(task, rows)
            if old != task or row is None or row.status != task.status.value:
                changes += reader.changes(old, task)
            self.store.observe(changes)
            self.tracker.mend(task, None, self._time)

    def _time(self, height: int) -> int | None:
        return max(self.store.times(height), default=None)
