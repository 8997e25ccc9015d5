"""The poster over a node in another process, killed at a named point, or healthy."""

from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.posting import OWN, FakeEvidence, InTurn
from validator.chain.node import NodeClient
from validator.domain.clock import SystemClock
from validator.domain.posting import PostMode, PostState
from validator.posting.alerts import Alerts
from validator.posting.broadcaster import Broadcaster
from validator.posting.line import SignerLine
from validator.posting.nodes import Nodes
from validator.posting.parts import Parts
from validator.posting.poster import Poster
from validator.settings import PostSettings
from validator.signing.client import SOCKET, SignerClient
from validator.store.database import Database
from validator.store.posts import PostStore
from validator.wire.tos import Network

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_S = 0.02
AUTHKEY = b"a development chain"


class Chain(BaseManager):
    """The follower's state, served by the test."""


Chain.register("tracked")


class Remote:
    """Calls of a served object."""

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *given: self._proxy._callmethod(method, given)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying(kind: type, name: str, *, after: bool, when: Callable[..., bool]) -> None:
    """Let a method be the last thing that this process does, where `when` holds of the call."""
    method: Callable[..., Any] = getattr(kind, name)

    def last(self: object, *given: Any, **named: Any) -> Any:
        if not after and when(*given):
            _die()
        found = method(self, *given, **named)
        if after and when(found):
            _die()
        return found

    setattr(kind, name, last)


def _moves(before: PostState, after: PostState) -> None:
    def when(_: str, left: PostState, entered: PostState) -> bool:
        return (left, entered) == (before, after)

    _dying(PostStore, "move", after=False, when=when)


def _always(*_: object) -> bool:
    return True


POINTS: dict[str, Callable[[], None]] = {
    "result_saved": lambda: _dying(PostStore, "gather", after=False, when=_always),
    "verdict_aggregated": lambda: _dying(PostStore, "_insert", after=True, when=_always),
    "outbox_inserted": lambda: _dying(PostStore, "gather", after=True, when=bool),
    "begun": lambda: _dying(Broadcaster, "_carry_on", after=False, when=_always),
    "attempt_saved": lambda: _dying(Broadcaster, "_give", after=False, when=_always),
    "sent": lambda: _dying(Nodes, "submit", after=True, when=_always),
    "answered": lambda: _moves(PostState.IN_PROGRESS, PostState.UNCONFIRMED),
    "mined": lambda: _moves(PostState.UNCONFIRMED, PostState.CONFIRMED),
    "re_ordered": lambda: _moves(PostState.CONFIRMED, PostState.UNCONFIRMED),
    "stable": lambda: _moves(PostState.CONFIRMED, PostState.FINALIZED),
}


def main(folder: Path, address: str, url: str) -> None:
    """Post until something kills us."""
    chain = Chain(address, authkey=AUTHKEY)
    chain.connect()
    database = Database(None, folder, 1)
    posts = PostStore(database, SystemClock())
    node = NodeClient("node", url, Network.DEVNET, 10, 16 * 1024 * 1024)
    parts = Parts(
        OWN,
        node.genesis(),
        Nodes([node], InTurn([node])),
        Remote(chain.tracked()),  # type: ignore[attr-defined]
        FakeEvidence(posts, node.genesis()),
        posts,
        SignerLine(lambda: SignerClient(folder / SOCKET)),
        Alerts(),
        PostSettings(wait_ms=0),
    )
    poster = Poster(parts, PostMode.AUTO)
    while True:
        poster.step()
        time.sleep(STEP_S)


if __name__ == "__main__":
    point = os.environ["STAGE_POSTER"]
    if point:
        POINTS[point]()
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
