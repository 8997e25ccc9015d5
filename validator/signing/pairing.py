"""Chain key and evidence key sign each other, so that either shows whose the other is (row 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from validator.audit.leaf import LeafKind, read_leaf
from validator.keys import Purpose, Statement, sign_statement

if TYPE_CHECKING:
    from validator.audit.ed25519 import EvidenceSigner
    from validator.signing.book import Book
    from validator.wire.tos import SecretKey

DOMAIN: Final = b"tosv/key-pair/1\x00"
"""Begins what the evidence key signs: domain, genesis, the chain key's 32 bytes."""
ROUND: Final = "1"


def pair_keys(book: Book, genesis: bytes, chain: SecretKey, evidence: EvidenceSigner) -> None:
    """Record the pair in the log, once: a leaf `key_change` whenever one of them is new."""
    theirs = evidence.public.raw
    statement = Statement(Purpose.EVIDENCE_KEY, genesis, ROUND, theirs)
    body = {
        "genesis": genesis.hex(),
        "chain_key": chain.public.hex(),
        "evidence_key": theirs.hex(),
        "chain_signature": sign_statement(chain, statement).hex(),
        "evidence_signature": evidence.sign(DOMAIN + genesis + chain.public.data).hex(),
    }
    newest = book.newest(LeafKind.KEY_CHANGE)
    if newest is None or dict(read_leaf(newest).body) != body:
        book.note(LeafKind.KEY_CHANGE, body)
