"""Our rows of tasks and answers: from blocks as they are played, and from what a node shows.

Blocks tell at once; a node tells what is so, whatever blocks we missed (protocol note, 6.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from validator.following.facts import Reader, gone
from validator.store.chain_values import Changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from validator.chain.ports import Node
    from validator.following.tracker import Played, Tracker
    from validator.store.chain import ChainStore
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Task

ASKED: Final = 64
"""Tasks, and miners, that a node is asked about in one step."""


@dataclass(slots=True)
class Views:
    """Tasks and miners that a node must be asked about, and how that is written."""

    store: ChainStore
    tracker: Tracker
    own: PublicKey | None
    _tasks: set[bytes] = field(default_factory=set)
    _keys: set[PublicKey] = field(default_factory=set)

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
        self._tasks |= played.unsure_tasks
        self._keys |= played.unsure_keys

    def mend(self, node: Node, still: Callable[[], bool]) -> None:
        """Ask about some of what is unsure; it stays unsure when a block came meanwhile."""
        names, keys = sorted(self._tasks)[:ASKED], list(self._keys)[:ASKED]
        if not names and not keys:
            return
        tasks = {name: node.task(name) for name in names}
        miners = [node.miner(key) for key in keys]
        if not still():
            return
        for miner in miners:
            self.tracker.mend(None, miner, self._time)
        self._observe(tasks.items())
        self._tasks -= set(names)
        self._keys -= set(keys)

    def scan(self, node: Node, still: Callable[[], bool]) -> bool:
        """Compare every active task, theirs and ours, and our account; False: to be repeated."""
        shown = {task.task_id: task for task in node.active_tasks()}
        ours = {bytes.fromhex(row.task_id) for row in self.store.active()}
        ours |= {t.task_id for t in self.tracker.mining().tasks.values() if t.status == "Active"}
        tasks: dict[bytes, Task | None] = dict(shown)
        for name in sorted((ours | self._tasks) - set(shown)):
            tasks[name] = node.task(name)
        keys = [*self._keys, *(() if self.own is None else (self.own,))]
        miners = [node.miner(key) for key in keys]
        if not still():
            return False
        for miner in miners:
            self.tracker.mend(None, miner, self._time)
        self._observe(tasks.items())
        self._tasks -= set(tasks)
        self._keys -= set(keys)
        return True

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
