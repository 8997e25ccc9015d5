from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from validator.errors import EvidenceRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.audit.merkle import Nodes

HASH = st.binary(min_size=32, max_size=32)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"leaf %d" % n) for n in range(count)]


def root_by_the_book(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node_hash(root_by_the_book(hashes[:k]), root_by_the_book(hashes[k:]))


def nodes_of(hashes: Sequence[bytes]) -> Nodes:
    def read(level: int, place: int) -> bytes:
        begin = place << level
        part = hashes[begin : begin + (1 << level)]
        assert len(part) == 1 << level, "a subtree that is not whole was asked for"
        return root_by_the_book(part)

    return read


@given(st.integers(0, 130))
def test_the_frontier_s_root_is_that_of_the_book(count: int) -> None:
    hashes = leaves(count)
    grown = Frontier()
    for hash_ in hashes:
        grown, completed = grown.append(hash_)
        level = len(completed) - 1
        assert completed[-1] == nodes_of(hashes)(level, (grown.size - 1) >> level)

    assert grown.root() == root_by_the_book(hashes)
    assert frontier(nodes_of(hashes), count) == grown
    assert len(grown.roots) == count.bit_count()


@given(st.data(), st.integers(1, 130))
def test_a_proof_that_was_made_holds_and_for_nothing_else(data: st.DataObject, size: int) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(nodes_of(hashes), index, size)
    root = root_by_the_book(hashes)

    verify_inclusion(hashes[index], index, size, proof, root)
    for wrong_index in {index ^ 1, index + 1, size} - {index}:
        with pytest.raises(EvidenceRefusedError):
            verify_inclusion(hashes[index], wrong_index, size, proof, root)
    with pytest.raises(EvidenceRefusedError):
        verify_inclusion(leaf_hash(b"another"), index, size, proof, root)


@given(st.data(), st.integers(1, 130))
def test_an_older_tree_is_proven_to_be_a_beginning(data: st.DataObject, second: int) -> None:
    hashes = leaves(second)
    first = data.draw(st.integers(1, second))
    proof = consistency_proof(nodes_of(hashes), first, second)
    old, new = root_by_the_book(hashes[:first]), root_by_the_book(hashes)

    verify_consistency(first, second, proof, old, new)
    with pytest.raises(EvidenceRefusedError):
        verify_consistency(first, second, proof, leaf_hash(b"fork"), new)
    with pytest.raises(EvidenceRefusedError):
        verify_consistency(first, second, [*proof, leaf_hash(b"more")], old, new)


@given(st.integers(), st.integers(), st.lists(HASH, max_size=70), HASH, HASH)
def test_nothing_but_a_refusal_comes_of_invented_proofs(
    one: int, two: int, proof: list[bytes], first: bytes, second: bytes
) -> None:
    with pytest.raises(EvidenceRefusedError):
        verify_inclusion(leaf_hash(first), one, two, proof, second)
    if first != second:
        with pytest.raises(EvidenceRefusedError):
            verify_consistency(one, two, proof, first, second)


@given(st.integers(2, 64), st.binary(max_size=31))
def test_a_hash_of_another_length_is_refused(size: int, short: bytes) -> None:
    hashes = leaves(size)
    proof = (short, *inclusion_proof(nodes_of(hashes), 0, size)[1:])

    with pytest.raises(EvidenceRefusedError, match="32 bytes"):
        verify_inclusion(hashes[0], 0, size, proof, root_by_the_book(hashes))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 4), (4, 4)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="is not in a tree"):
        inclusion_proof(nodes_of(leaves(size)), index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 4), (5, 4)])
def test_a_tree_that_is_no_beginning_has_no_proof(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="has no proof"):
        consistency_proof(nodes_of(leaves(second)), first, second)
