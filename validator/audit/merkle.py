"""Merkle trees as RFC 6962, section 2.1, has them; proofs verified as RFC 9162, section 2.1, says.

Hashes are the 32 bytes of SHA-256. Proofs are made from the hashes of perfect subtrees, so that a
log of n leaves needs about log2(n)^2 of them and never its leaves.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from validator.errors import EvidenceRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()
"""Root of a tree without leaves (RFC 6962, section 2.1)."""

MAX_SIZE: Final = 2**63 - 1
"""Leaves that sizes and places may name: what SQLite's integers hold."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"

Proof = tuple[bytes, ...]


class Nodes(Protocol):
    """Where the hashes of perfect subtrees come from."""

    def __call__(self, level: int, place: int) -> bytes:
        """Return the hash over the leaves from `place << level`, `1 << level` of them."""


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf's bytes."""
    return hashlib.sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(_NODE + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, largest first.

    There is one for each bit that is set in `size`: at most 63 hashes stand for the whole log.
    """

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> tuple[Frontier, tuple[bytes, ...]]:
        """Return the frontier with one more leaf hash, and the hashes that this leaf completes.

        The n-th of these is the root of a perfect subtree of `1 << n` leaves that ends with the
        new leaf; the first is the leaf itself.
        """
        roots, completed = list(self.roots), [leaf]
        rest = self.size
        while rest & 1:
            completed.append(node_hash(roots.pop(), completed[-1]))
            rest >>= 1
        roots.append(completed[-1])
        return Frontier(self.size + 1, tuple(roots)), tuple(completed)

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.roots:
            return EMPTY_ROOT
        total = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            total = node_hash(left, total)
        return total


def frontier(nodes: Nodes, size: int) -> Frontier:
    """Return the frontier of the first `size` leaves."""
    roots, begin = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            roots.append(nodes(level, begin >> level))
            begin += 1 << level
    return Frontier(size, tuple(roots))


def inclusion_proof(nodes: Nodes, index: int, size: int) -> Proof:
    """Return the path of leaf `index` in the tree of the first `size` leaves, lowest hash first.

    RFC 6962, section 2.1.1. Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(_range_hash(nodes, begin, middle))
            begin = middle
    return tuple(reversed(path))


def consistency_proof(nodes: Nodes, first: int, second: int) -> Proof:
    """Return the proof that the tree of `first` leaves is a beginning of that of `second`.

    RFC 6962, section 2.1.2. Raises ValueError unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError(f"a tree of {first} leaves has no proof in one of {second}")
    path, begin, end = [], 0, second
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(_range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(_range_hash(nodes, begin, middle))
            begin = middle
    if begin:  # the old tree is not a subtree whose root the verifier knows
        path.append(_range_hash(nodes, begin, end))
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise EvidenceRefusedError unless the leaf hash is at `index` in the tree of this root.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise EvidenceRefusedError(f"leaf {index} is not in a tree of {size}")
    _need_hashes((leaf, root, *proof))
    place, last, total = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise EvidenceRefusedError("the inclusion proof is too long")
        if place & 1 or place == last:
            total = node_hash(step, total)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            total = node_hash(total, step)
        place, last = place >> 1, last >> 1
    if last:
        raise EvidenceRefusedError("the inclusion proof is too short")
    if not hmac.compare_digest(total, root):
        raise EvidenceRefusedError("the inclusion proof does not lead to the checkpoint's root")


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Raise EvidenceRefusedError unless the tree of root1 is a beginning of that of root2.

    RFC 9162, section 2.1.4.2. An empty first tree is refused: it is a beginning of everything.
    """
    if not 0 < first <= second:
        raise EvidenceRefusedError(
            f"a tree of {first} leaves cannot be held against one of {second}"
        )
    if first == second:
        if proof or not hmac.compare_digest(root1, root2):
            raise EvidenceRefusedError("two trees of one size differ")
        return
    _need_hashes((root1, root2, *proof))
    # A whole perfect subtree is its own proof: the verifier has its hash.
    path = list(proof) if first & (first - 1) else [root1, *proof]
    if not path:
        raise EvidenceRefusedError("the consistency proof is too short")
    old, new = _climb(first, second, path)
    if not (hmac.compare_digest(old, root1) and hmac.compare_digest(new, root2)):
        raise EvidenceRefusedError("the consistency proof does not lead to both roots")


def _climb(first: int, second: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees that a consistency proof leads to."""
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            raise EvidenceRefusedError("the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    if last:
        raise EvidenceRefusedError("the consistency proof is too short")
    return old, new


def _range_hash(nodes: Nodes, begin: int, end: int) -> bytes:
    """Return the hash of a subtree: perfect ones as they are, others put together."""
    count = end - begin
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, begin >> level)
    middle = begin + _split(count)
    return node_hash(_range_hash(nodes, begin, middle), _range_hash(nodes, middle, end))


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _need_hashes(values: Sequence[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in values):
        raise EvidenceRefusedError(f"a hash of the log has {HASH_SIZE} bytes")
