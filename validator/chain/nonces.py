"""An account's nonce at a stable block: what a node tells only of its newest one.

`get_nonce` gives the newest nonce and the topoheight at which it became that. Above the stable
block the account's transactions are counted back, of every type: each takes a nonce, also one
that a rule then refused (protocol note, 6.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from validator.errors import ChainUnreadableError
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.chain.blocks import RawBlock
    from validator.chain.values import TransactionFacts
    from validator.wire.tos import PublicKey

MAX_UNSTABLE: Final = 256
"""Blocks above the stable one that are read for it: 8 heights, and the side blocks beside them."""


class Counted(Protocol):
    """What is asked of a node, beyond the port, to count nonces."""

    @property
    def name(self) -> str:
        """Its name in the settings."""

    def newest_nonce(self, key: PublicKey) -> tuple[int, int] | None:
        """Return the next nonce and the topoheight at which it became that; None: no account."""

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        """Return the ordered block there; `whole`: with its transactions."""

    def transactions(self, hashes: Sequence[bytes]) -> dict[bytes, TransactionFacts | None]:
        """Return what is known of some transactions."""


def nonce_at(node: Counted, key: PublicKey, topoheight: int) -> int:
    """Return the nonce of the account's next transaction after the block there, a stable one.

    Where two transactions of one nonce are in the blocks above, and nothing tells which of them
    took it, the least nonce is returned: it rises once the blocks are stable. Raises
    ChainUnreadableError, also while the node re-orders its blocks.
    """
    newest = node.newest_nonce(key)
    if newest is None:
        return 0
    nonce, changed_at = newest
    if changed_at <= topoheight:
        return nonce
    if changed_at - topoheight > MAX_UNSTABLE:
        raise ChainUnreadableError(
            f"node {plain(node.name, 64)}: get_nonce tells of a block far above the stable one"
        )
    taken = _taken(node, key, range(topoheight + 1, changed_at + 1))
    first = nonce
    while first - 1 in taken:
        first -= 1
    if first == nonce:
        raise ChainUnreadableError(
            f"node {plain(node.name, 64)}: no block shows what took the account's last nonce"
        )
    return first


def _taken(node: Counted, key: PublicKey, heights: range) -> frozenset[int]:
    """Nonces of the account's transactions in these blocks, but for what ran in an earlier one.

    An earlier one only where these blocks are the same at the end: a re-order in between would let
    a transaction that another unstable block ran pass for one that a stable block ran.
    """
    blocks = [node.raw_block(height) for height in heights]
    ours = {
        entry.tx_hash: entry.nonce
        for block in blocks
        for entry in block.entries
        if entry.source == key
    }
    here = {block.hash for block in blocks}
    known = node.transactions(tuple(ours))
    if any(node.raw_block(b.topoheight, whole=False).hash != b.hash for b in blocks):
        raise ChainUnreadableError(
            f"node {plain(node.name, 64)}: it re-ordered its blocks while they were read"
        )
    return frozenset(
        nonce for tx_hash, nonce in ours.items() if not _ran_elsewhere(known[tx_hash], here)
    )


def _ran_elsewhere(facts: TransactionFacts | None, here: set[bytes]) -> bool:
    return facts is not None and facts.executed_in is not None and facts.executed_in not in here
