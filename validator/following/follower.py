"""Reads a chain block by block into the journal, and holds our view of it to what nodes show.

Each block is one transaction, so that a kill anywhere leaves a journal that the next step goes on
from. Every step compares the part that is not stable, whole: in a DAG the order below a block that
stays can change, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from validator.errors import ChainUnreadableError, FollowingHaltedError
from validator.following import facts
from validator.following.acts import from_journal, to_journal
from validator.following.views import Views
from validator.store.chain_values import Changes
from validator.store.values import micros
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.chain.ports import Node
    from validator.chain.values import Block, NodeInfo
    from validator.domain.clock import Clock
    from validator.following.tracker import Tracker
    from validator.store.chain import ChainStore
    from validator.store.chain_values import BlockRow
    from validator.wire.tos import PublicKey

STABLE_DEPTH: Final = 8
"""Heights below the tip from which on nothing changes any more (protocol note, 6.5)."""
BLOCKS: Final = 200
"""Read in one step."""
_PAGE: Final = 500
_COMPARED: Final = 256
"""More blocks than can stand in the heights that are not stable."""


class Endpoints(Protocol):
    """The nodes of the settings, seen as one."""

    def use(self) -> Node:
        """Return the node to read from now. Raises ChainUnreadableError when there is none."""

    def failed(self, name: str) -> None:
        """Hear that a node could not be read, so that another one is used next."""

    def disagreements(self) -> Sequence[object]:
        """Return what nodes differ about (genesis, stable blocks), empty when they agree."""


class Phase(StrEnum):
    """How following goes."""

    STARTING = "starting"
    CATCHING_UP = "catching_up"
    FOLLOWING = "following"
    UNREADABLE = "unreadable"  # no endpoint can be read: asked again
    DIFFERING = "differing"  # endpoints differ about what is stable: nothing is read or judged
    HALTED = "halted"  # what we know to be stable is otherwise on the chain, or blocks are missing


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the follower is. `sentence` says what is wrong, if anything is."""

    phase: Phase = Phase.STARTING
    sentence: str | None = None
    endpoint: str | None = None
    height: int = 0
    topoheight: int = 0
    stable_height: int = 0
    lag: int = 0
    """Blocks that the node has and the journal has not."""

    @property
    def is_sound(self) -> bool:
        """Whether anything may be judged or posted on what we know."""
        return self.phase is Phase.FOLLOWING


@dataclass(slots=True)
class Follower:
    """One chain, one journal. Not safe for threads: one loop calls `step`."""

    store: ChainStore
    endpoints: Endpoints
    tracker: Tracker
    clock: Clock
    scan_s: float
    near_ms: int
    own: PublicKey | None = None
    standing: Standing = field(default_factory=Standing)
    _views: Views = field(init=False)
    _genesis: str | None = None
    _scanned_s: float | None = None
    _known: set[str] = field(default_factory=set)
    _differences: int = 0
    """How many were told since nodes began to differ."""
    _near: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._views = Views(self.store, self.tracker, self.own)

    @property
    def genesis(self) -> str | None:
        """The chain that is followed, None until it is known."""
        return self._genesis

    def step(self) -> bool:
        """Do a bounded piece of work; True when there is more to read at once.

        What a node does wrong ends in `standing`. Raises StoreUnavailableError; then the next step
        goes on from what the journal holds.
        """
        try:
            return self._step()
        except ChainUnreadableError as error:
            self._stand(Phase.UNREADABLE, error.detail)
        except FollowingHaltedError as error:
            self._stand(Phase.HALTED, error.detail)
        return False

    def _step(self) -> bool:
        if self._differ():
            return False
        node = self.endpoints.use()
        try:
            return self._follow(node)
        except ChainUnreadableError:
            self.endpoints.failed(node.name)
            raise

    def _follow(self, node: Node) -> bool:
        info = node.info()
        self._check_genesis(node)
        self._replay()
        low = self._changed_from(node, info)
        if low is not None:
            self.store.replace(low, facts.reorder(low))
            self._scanned_s = None
        top = self._read(node, info)
        behind = info.topoheight - top.topoheight
        phase = Phase.CATCHING_UP if behind else Phase.FOLLOWING
        said = None
        if behind < 0:
            said = f"endpoint {node.name} is {-behind} blocks behind the journal"
        self._stand(phase, said, node.name, info, max(0, behind))
        if behind == 0 and top.hash == info.top_hash.hex():
            self._hold_to_the_chain(node, top)
        return behind > 0

    def _stand(
        self,
        phase: Phase,
        sentence: str | None,
        endpoint: str | None = None,
        info: NodeInfo | None = None,
        lag: int = 0,
    ) -> None:
        said = None if sentence is None else plain(sentence)
        self.standing = replace(
            self.standing, phase=phase, sentence=said, endpoint=endpoint, lag=lag
        )
        if info is not None:
            self.standing = replace(
                self.standing,
                height=info.height,
                topoheight=info.topoheight,
                stable_height=min(info.stable_height, max(0, info.height - STABLE_DEPTH)),
            )

    def _differ(self) -> bool:
        """Say whether endpoints differ; tell the operator when that begins, grows and ends.

        Sentences name a block, which is another one soon: they are not what is compared.
        """
        found = tuple(plain(str(one)) for one in self.endpoints.disagreements())
        if found:
            if len(found) > self._differences:
                self._tell(found, f"differ:{len(found)}")
                self._differences = len(found)
            self._stand(Phase.DIFFERING, found[0])
        elif self._differences:
            self._tell(("nodes agree again",), "agree")
            self._differences = 0
        return bool(found)

    def _tell(self, sentences: Sequence[str], about: str) -> None:
        event = facts.trouble(sentences, f"{about}:{micros(self.clock.now())}")
        self.store.observe(Changes(events=(event,)))

    def _check_genesis(self, node: Node) -> None:
        if node.name in self._known:
            return
        shown = node.genesis().hex()
        self._genesis = self._genesis or self.store.genesis()
        if self._genesis is None:
            self.store.bind(shown)
            self._genesis = shown
        if shown != self._genesis:
            raise FollowingHaltedError(
                f"endpoint {node.name} shows the chain {shown[:16]}, but the journal is of"
                f" {self._genesis[:16]}"
            )
        self._known.add(node.name)

    def _replay(self) -> None:
        """Play what the journal has and the tracker has not: all of it after a start."""
        while rows := self.store.seen(self.tracker.seq, _PAGE):
            for row in rows:
                self.tracker.take(self.tracker.look(from_journal(row)), row.seq)

    def _changed_from(self, node: Node, info: NodeInfo) -> int | None:
        """Return the lowest topoheight at which the node has another block than the journal.

        Raises FollowingHaltedError when that is a block which was stable already.
        """
        low = None
        for row, stable in self._unstable():
            if row.topoheight > info.topoheight or row.topoheight < (info.pruned_topoheight or 0):
                continue
            if node.block(row.topoheight).hash.hex() != row.hash:
                if stable:
                    raise FollowingHaltedError(
                        f"endpoint {node.name} has another block at topoheight {row.topoheight}"
                        f" than the journal, which was stable at height {row.height}"
                    )
                low = row.topoheight
        return low

    def _unstable(self) -> list[tuple[BlockRow, bool]]:
        """Return the blocks that may still change, the highest first, and one that may not."""
        rows = self.store.newest(_COMPARED)
        stable = max((row.height for row in rows), default=0) - STABLE_DEPTH
        found: list[tuple[BlockRow, bool]] = []
        for row in rows:
            found.append((row, row.height <= stable))
            if row.height <= stable:
                break
        return found

    def _read(self, node: Node, info: NodeInfo) -> _Top:
        """Read the next blocks, each with what it changed; return the last one there is."""
        tip = self.store.tip()
        pruned = info.pruned_topoheight or 0
        start = pruned if tip is None else tip.topoheight + 1
        if start < pruned:
            raise FollowingHaltedError(
                f"endpoint {node.name} has no blocks below topoheight {pruned}, and the journal"
                f" ends at {start - 1}; name a node that has them"
            )
        top = _Top(start - 1, "") if tip is None else _Top(tip.topoheight, tip.hash)
        for topoheight in range(start, min(info.topoheight + 1, start + BLOCKS)):
            block = node.block(topoheight)
            if block.topoheight != topoheight:
                raise ChainUnreadableError(
                    f"endpoint {node.name} gave block {block.topoheight} for {topoheight}"
                )
            self._write(block, hasty=block.height <= info.stable_height)
            top = _Top(topoheight, block.hash.hex())
        return top

    def _write(self, block: Block, *, hasty: bool) -> None:
        played = self.tracker.look(block)
        changes = self._views.of_block(played)
        seq = self.store.append(to_journal(block), changes, hasty=hasty)
        self.tracker.take(played, seq)
        self._views.doubt(played)

    def _hold_to_the_chain(self, node: Node, top: _Top) -> None:
        """Ask the node about what blocks left unsure and, now and then, about everything."""

        def still() -> bool:
            """A reading counts only if no block came while it was made."""
            return node.info().top_hash.hex() == top.hash

        now = self.clock.monotonic()
        if self._scanned_s is None or now - self._scanned_s >= self.scan_s:
            if self._views.scan(node, still):
                self._scanned_s = now
        else:
            self._views.mend(node, still)
        chain_ms = self.tracker.now_ms()
        for task in self.store.near(chain_ms, chain_ms + self.near_ms):
            if task.task_id not in self._near:
                event = facts.deadline_near(task, chain_ms)
                self.store.observe(Changes(events=(event,)))
                self._near.add(task.task_id)


@dataclass(frozen=True, slots=True)
class _Top:
    topoheight: int
    hash: str
