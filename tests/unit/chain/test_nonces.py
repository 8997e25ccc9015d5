"""The nonce at a stable block, counted back from the newest one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from validator.chain.blocks import BlockEntry, RawBlock
from validator.chain.nonces import MAX_UNSTABLE, nonce_at
from validator.chain.values import TransactionFacts
from validator.errors import ChainUnreadableError
from validator.wire.tos import PublicKey

OURS, OTHER = PublicKey(b"\x01" * 32), PublicKey(b"\x02" * 32)
STABLE = 100


def block_hash(topoheight: int) -> bytes:
    return topoheight.to_bytes(32, "big")


@dataclass
class Node:
    """Blocks by topoheight: in each the (hash, nonce) of our transactions."""

    newest: tuple[int, int] | None
    blocks: dict[int, list[tuple[bytes, int]]] = field(default_factory=dict)
    executed: dict[bytes, int] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)
    name: str = "n"
    moved: dict[int, bytes] = field(default_factory=dict)
    """Hashes of the blocks there once somebody asked for transactions: a re-order."""
    reordered: bool = False

    def newest_nonce(self, key: PublicKey) -> tuple[int, int] | None:
        assert key == OURS
        return self.newest

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        if whole:
            self.read.append(topoheight)
        elif self.reordered and topoheight in self.moved:
            return RawBlock(self.moved[topoheight], topoheight, topoheight, 0, ())
        ours = [BlockEntry(h, OURS, n, None, None) for h, n in self.blocks.get(topoheight, [])]
        entries = (*ours, BlockEntry(b"\x09" * 32, OTHER, 7, None, None))
        return RawBlock(block_hash(topoheight), topoheight, topoheight, 0, entries)

    def transactions(self, hashes: tuple[bytes, ...]) -> dict[bytes, TransactionFacts | None]:
        self.reordered = True
        places = {each: self.executed[each] for each in hashes if each in self.executed}
        ran = {each: self.moved.get(place, block_hash(place)) for each, place in places.items()}
        return {each: TransactionFacts(each, 0, (), ran.get(each), False) for each in hashes}


A, B = b"\x0a" * 32, b"\x0b" * 32


def test_an_account_that_is_none_has_nonce_0_and_an_old_one_its_newest() -> None:
    assert nonce_at(Node(None), OURS, STABLE) == 0
    quiet = Node((5, STABLE))
    assert nonce_at(quiet, OURS, STABLE) == 5
    assert quiet.read == []


def test_what_newer_blocks_took_is_counted_back_also_where_a_rule_refused_it() -> None:
    node = Node((7, 103), {101: [(A, 5)], 103: [(B, 6)]}, executed={A: 101})
    assert nonce_at(node, OURS, STABLE) == 5
    assert node.read == [101, 102, 103]


def test_a_transaction_that_ran_in_a_stable_block_is_not_counted_again() -> None:
    node = Node((7, 103), {101: [(A, 5)], 103: [(B, 6)]}, executed={A: 99, B: 103})
    assert nonce_at(node, OURS, STABLE) == 6


def test_a_rival_of_an_older_nonce_gives_the_least_that_may_be() -> None:
    node = Node((7, 103), {102: [(A, 5)], 103: [(B, 6)]}, executed={B: 103})
    assert nonce_at(node, OURS, STABLE) == 5
    gap = Node((7, 103), {102: [(A, 3)], 103: [(B, 6)]}, executed={B: 103})
    assert nonce_at(gap, OURS, STABLE) == 6


def test_a_newest_nonce_that_no_block_explains_is_unreadable() -> None:
    with pytest.raises(ChainUnreadableError, match="no block shows what took"):
        nonce_at(Node((7, 103)), OURS, STABLE)
    far = Node((7, STABLE + MAX_UNSTABLE + 1))
    with pytest.raises(ChainUnreadableError, match="far above the stable one"):
        nonce_at(far, OURS, STABLE)
    assert far.read == []


@pytest.mark.parametrize("place", [101, 103])
def test_a_re_order_while_blocks_are_read_never_gives_a_nonce(place: int) -> None:
    # A runs in another block of the same place by now: no stable block ran it.
    node = Node(
        (7, 103), {place: [(A, 5)], 102: [(B, 6)]}, {A: place, B: 102}, moved={place: b"m" * 32}
    )
    with pytest.raises(ChainUnreadableError, match="re-ordered its blocks while"):
        nonce_at(node, OURS, STABLE)
