"""What is asked of the signer, made of a post, its answer and the chain's newest numbers."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.signing.requests import (
    AnswerClaim,
    Approval,
    Block,
    Mark,
    Rebuild,
    SignVerdict,
)
from validator.wire.tos import ValidateAnswer, encode_payload

if TYPE_CHECKING:
    from typing import Literal

    from validator.domain.posting import Post
    from validator.signing.client import KeptEvidence
    from validator.store.posts import AnswerRow
    from validator.wire.tos import PublicKey

ROOT_DOMAIN: Final = b"tosv/validate/1\x00"
"""The signer's own (reference of the signer): an approval names the root, and only the signer,
which the poster must not import, has code of its own for it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a transaction is built on. `fee` in units; the block of `reference` is stable."""

    genesis: bytes
    nonce: int
    fee: int
    reference: Block


def signing_root(genesis: bytes, key: PublicKey, post: Post) -> bytes:
    """Return SHA-256 over domain, genesis, public key and the 66 payload bytes."""
    payload = ValidateAnswer(bytes.fromhex(post.task_id), bytes.fromhex(post.answer_id), post.score)
    return hashlib.sha256(ROOT_DOMAIN + genesis + key.data + encode_payload(payload)).digest()


def sign_ask(
    post: Post, answer: AnswerRow, statement: str, terms: Terms, key: PublicKey
) -> SignVerdict:
    """Return the request to sign a post's verdict, with the operator's approval where there is."""
    approval = None
    if post.approved_by is not None:
        approval = Approval(by=post.approved_by, root=signing_root(terms.genesis, key, post))
    return SignVerdict(
        genesis=terms.genesis,
        task=bytes.fromhex(post.task_id),
        answer=AnswerClaim(
            id=bytes.fromhex(answer.answer_id),
            submitter=bytes.fromhex(answer.submitter),
            answer_hash=bytes.fromhex(answer.answer_hash),
            content=answer.content,
            height=answer.height,
            timestamp_ms=answer.timestamp_ms,
        ),
        score=post.score,
        statement=statement,
        nonce=terms.nonce,
        fee=terms.fee,
        reference=terms.reference,
        approval=approval,
    )


def rebuild_ask(post: Post, terms: Terms) -> Rebuild:
    """Return the request for another transaction of a signed verdict."""
    return Rebuild(
        answer=bytes.fromhex(post.answer_id),
        nonce=terms.nonce,
        fee=terms.fee,
        reference=terms.reference,
    )


def mark_ask(answer_id: str, tx_hash: bytes, state: Literal["sent", "spent", "confirmed"]) -> Mark:
    """Return the request to record what became of a transaction."""
    return Mark(answer=bytes.fromhex(answer_id), tx_hash=tx_hash, state=state)


def recorded(kept: KeptEvidence) -> tuple[int, str]:
    """Return the score, and the statement, that the signer's evidence is about (a DSSE envelope).

    The signer's own file is not hostile: it verified what it keeps before it signed.
    """
    envelope = json.loads(kept.envelope)
    statement = base64.b64decode(envelope["payload"]).decode()
    return int(json.loads(statement)["predicate"]["score"]), statement
