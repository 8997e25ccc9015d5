"""What broadcaster and confirmer share: their neighbours, and the chain's newest numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.domain.posting import PostState
from validator.signing.requests import Block

if TYPE_CHECKING:
    from validator.chain.ports import Node
    from validator.chain.values import NodeInfo
    from validator.posting.alerts import Alerts
    from validator.posting.nodes import Nodes
    from validator.posting.ports import Evidence, Signing, Tracked
    from validator.settings import PostSettings
    from validator.store.posts import PostStore
    from validator.wire.tos import PublicKey

WATCHED: Final = (PostState.UNCONFIRMED, PostState.CONFIRMED)
"""What is out: the confirmer looks after it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The neighbours. `key` and `genesis` are the signer's own: a pruned node has no genesis."""

    key: PublicKey
    genesis: bytes
    nodes: Nodes
    tracked: Tracked
    evidence: Evidence
    store: PostStore
    signing: Signing
    alerts: Alerts
    settings: PostSettings


@dataclass(frozen=True, slots=True)
class Head:
    """One look at the chain, through one node.

    `reference`: a stable block, so that no re-order takes it away; `next_nonce`: of our account at
    the newest block; `now_ms`: the chain's time as tracked.
    """

    info: NodeInfo
    reference: Block
    next_nonce: int
    now_ms: int


def look(parts: Parts) -> Head:
    """Return the chain's head. Raises ChainUnreadableError."""

    def ask(node: Node) -> Head:
        info = node.info()
        stable = node.block(info.stable_topoheight)
        return Head(
            info=info,
            reference=Block(hash=stable.hash, topoheight=stable.topoheight),
            next_nonce=node.next_nonce(parts.key),
            now_ms=parts.tracked.now_ms(),
        )

    return parts.nodes.read(ask)
