"""Several nodes of one chain: which one to use, and whether they show the same stable chain.

A node is believed alone only as far as there is no other one. Nothing may be judged or posted
while two of them differ about genesis or about a stable block (threat model, row 17).
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.errors import ChainUnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from validator.chain.ports import Node
    from validator.chain.values import NodeInfo
    from validator.domain.clock import Clock

BEHIND: Final = 3
"""Blocks below the best node at which one is still used: news takes a moment to travel."""
FRESH_S: Final = 3.0
"""How long a look at all nodes holds; a block comes about every 3 s."""
REST_S: Final = (5.0, 60.0)
"""How long a node that failed is left alone: first, and at most; it doubles each time."""
STEADY: Final = 3
"""Looks in a row at which a node stood well before it takes over from one that works."""
MANY: Final = 3
"""Nodes from which on the second highest place is the best: one alone cannot pretend it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was last seen of a node. `fault`: why it cannot be used; None: it can.

    `lag`: blocks below the best place that is believed; None where it did not answer.
    """

    name: str
    info: NodeInfo | None
    lag: int | None
    fault: str | None
    in_use: bool


@dataclass(slots=True)
class _Seen:
    """What is remembered of one node. `agreed`: highest block at which another one agreed."""

    info: NodeInfo | None = None
    genesis: bytes | None = None
    fault: str | None = "it was not asked yet"
    rest_s: float = 0.0
    rests_until: float = float("-inf")
    steady: int = 0
    agreed: int = -1


class Endpoints:
    """The nodes in the operator's order. Threads may share it."""

    def __init__(self, nodes: Sequence[Node], clock: Clock) -> None:
        self._nodes = tuple(nodes)
        self._clock = clock
        self._seen = {node.name: _Seen() for node in self._nodes}
        self._turn = threading.Lock()
        self._looked_at = float("-inf")
        self._differing: dict[tuple[str, str], str] = {}
        self._genesis: bytes | None = None
        self._using: str | None = None
        self._best = 0

    def use(self) -> Node:
        """Return the node to read and write now. Raises ChainUnreadableError.

        It is the first that answers and is not behind. One that takes over from another that works
        has stood well for some looks before. While nodes differ there is none.
        """
        with self._turn:
            self._look_if_old()
            if self._differing:
                raise ChainUnreadableError("; ".join(self._differing.values()))
            self._using = self._choice()
            for node in self._nodes:
                if node.name == self._using:
                    return node
            faults = "; ".join(f"{name}: {seen.fault}" for name, seen in self._seen.items())
            raise ChainUnreadableError(f"no node can be used ({faults or 'chain.nodes is empty'})")

    def failed(self, name: str) -> None:
        """Say that a node failed in use: it is left alone for a while, and the next one is used."""
        with self._turn:
            self._rest(self._seen[name], "it failed in use")

    def disagreements(self) -> tuple[str, ...]:
        """Return one sentence for each node that shows another chain than the first; asks now."""
        with self._turn:
            self._look()
            return tuple(self._differing.values())

    def standing(self) -> tuple[Standing, ...]:
        """Return what was last seen of each node; asks when that is old."""
        with self._turn:
            self._look_if_old()
            return tuple(
                Standing(
                    name,
                    seen.info,
                    None if seen.info is None else self._lag(seen.info),
                    seen.fault,
                    name == self._using,
                )
                for name, seen in self._seen.items()
            )

    def _look_if_old(self) -> None:
        if self._clock.monotonic() - self._looked_at >= FRESH_S:
            self._look()

    def _look(self) -> None:
        """Ask all nodes that do not rest, at once, so that a slow one holds up no more than one."""
        now = self._clock.monotonic()
        asked = [node for node in self._nodes if self._seen[node.name].rests_until <= now]
        self._all(asked, self._ask)
        self._compare([node for node in asked if self._seen[node.name].fault is None])
        self._measure([node for node in asked if self._seen[node.name].fault is None])
        for node in asked:
            seen = self._seen[node.name]
            if seen.info is not None and seen.fault is None:
                lag = self._lag(seen.info)
                if lag > BEHIND:
                    seen.fault = f"it is {lag} blocks behind"
            seen.steady = seen.steady + 1 if seen.fault is None else 0
        self._looked_at = self._clock.monotonic()

    def _ask(self, node: Node) -> None:
        seen = self._seen[node.name]
        try:
            info = node.info()
            # A pruned node has its first block no more: what it showed before stands, and the
            # stable blocks are compared all the same.
            if info.pruned_topoheight is None or seen.genesis is None:
                seen.genesis = node.genesis()
        except ChainUnreadableError as error:
            self._rest(seen, error.detail)
            return
        seen.info, seen.fault = info, None

    def _rest(self, seen: _Seen, fault: str) -> None:
        first, most = REST_S
        seen.rest_s = min(2 * seen.rest_s, most) if seen.rest_s else first
        seen.rests_until = self._clock.monotonic() + seen.rest_s
        seen.info, seen.fault, seen.steady = None, fault, 0

    def _compare(self, nodes: Sequence[Node]) -> None:
        """Compare genesis, and the block at the least stable topoheight.

        A difference stands until the node is seen to agree: one that ends a difference by not
        answering has not ended it.
        """
        at = min((self._info(node).stable_topoheight for node in nodes), default=0)
        blocks = self._shown(nodes, at) if len(nodes) > 1 else {}
        for node in nodes:
            self._compare_genesis(node.name)
        first, *others = blocks or ("",)
        for name in others:
            if blocks[name] == blocks[first]:
                self._differing.pop((name, "block"), None)
                for same in (first, name):
                    self._seen[same].agreed = max(self._seen[same].agreed, at)
            else:
                self._differing[name, "block"] = (
                    f"nodes {first} and {name} differ about the stable block at topoheight {at}"
                )
        if others and set(blocks.values()) == {blocks[first]}:
            self._differing.pop((first, "block"), None)

    def _shown(self, nodes: Sequence[Node], at: int) -> dict[str, bytes]:
        """The hash that each shows there. The one that is least far is never pruned above it.

        One that is cannot be compared, and is used only where all that it hides was compared
        before: else being pruned would be a way out of every comparison.
        """
        blocks: dict[str, bytes] = {}

        def read(node: Node) -> None:
            try:
                blocks[node.name] = node.block(at).hash
            except ChainUnreadableError as error:
                self._rest(self._seen[node.name], error.detail)

        whole = []
        for node in nodes:
            seen, pruned = self._seen[node.name], self._info(node).pruned_topoheight or 0
            if pruned <= at:
                whole.append(node)
            elif pruned > seen.agreed:
                seen.fault = f"it is pruned above topoheight {at}, where nodes are compared"
        self._all(whole, read)
        return blocks

    def _compare_genesis(self, name: str) -> None:
        """The first genesis that is seen is that of the chain."""
        shown = self._seen[name].genesis
        self._genesis = self._genesis or shown
        if shown == self._genesis:
            self._differing.pop((name, "genesis"), None)
        else:
            self._differing[name, "genesis"] = (
                f"node {name} shows another genesis block than was seen first"
            )

    def _info(self, node: Node) -> NodeInfo:
        info = self._seen[node.name].info
        if info is None:  # only those that just answered are compared
            raise ChainUnreadableError(f"node {node.name} was not asked")
        return info

    def _choice(self) -> str | None:
        well = [name for name, seen in self._seen.items() if seen.fault is None]
        if self._using not in well:
            return well[0] if well else None
        for name in well:
            if name == self._using or self._seen[name].steady >= STEADY:
                self._seen[name].rest_s = 0.0
                return name
        return self._using

    def _measure(self, nodes: Sequence[Node]) -> None:
        """Set the place that lags are counted from, so that no word alone makes the others late.

        Of several nodes it is the second highest. Of two it is the higher one, which must show its
        stable block where it says that the other one is behind.
        """
        order = sorted(nodes, key=lambda node: self._info(node).topoheight, reverse=True)
        places = [self._info(node).topoheight for node in order]
        if len(places) >= MANY or (len(places) > 1 and self._alone_ahead(order[0], places)):
            del places[0]
        self._best = places[0] if places else 0

    def _alone_ahead(self, node: Node, places: Sequence[int]) -> bool:
        if places[0] - places[1] <= BEHIND:
            return False
        try:
            node.block(self._info(node).stable_topoheight)
        except ChainUnreadableError as error:
            self._rest(self._seen[node.name], error.detail)
            return True
        return False

    def _lag(self, info: NodeInfo) -> int:
        return max(0, self._best - info.topoheight)

    @staticmethod
    def _all(nodes: Sequence[Node], what: Callable[[Node], None]) -> None:
        if len(nodes) < 2:  # noqa: PLR2004 - alone it needs no thread
            for node in nodes:
                what(node)
            return
        with ThreadPoolExecutor(len(nodes), "endpoints") as threads:
            list(threads.map(what, nodes))
