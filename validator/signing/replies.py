"""The signer's answers as JSON, and refusals as problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.errors import SigningRefusedError, ValidatorError, VerdictConflictError
from validator.wire.problem import problem_to_json

if TYPE_CHECKING:
    from validator.protection.values import Attempt
    from validator.signing.book import Kept
    from validator.signing.signer import Signed

PRECONDITION_FAILED: Final = 412
"""Status of what the history refuses, on the socket; over HTTP it is the error's own (409)."""


def signed_to_json(signed: Signed) -> dict[str, Any]:
    """Return a signature's answer; `evidence` is null for a verdict that was not made here."""
    row = signed.row
    return {
        "answer": row.answer.hex(),
        "score": row.score,
        "root": None if row.root is None else row.root.hex(),
        "new": signed.is_new,
        **attempt_to_json(signed.attempt),
        "evidence": None if signed.kept is None else kept_to_json(signed.kept),
    }


def attempt_to_json(attempt: Attempt) -> dict[str, Any]:
    """Return a transaction: its bytes and hash in hexadecimal digits, the fee in units."""
    return {
        "nonce": attempt.nonce,
        "fee": attempt.fee,
        "state": attempt.state.value,
        "tx_hash": None if attempt.tx_hash is None else attempt.tx_hash.hex(),
        "transaction": None if attempt.transaction is None else attempt.transaction.hex(),
    }


def kept_to_json(kept: Kept) -> dict[str, Any]:
    """Return evidence: envelope and leaf as their own canonical JSON, the proof as text."""
    return {
        "index": kept.index,
        "leaf": kept.leaf.decode(),
        "envelope": kept.envelope.decode(),
        "proof": kept.proof.decode(),
    }


def problem_of(error: ValidatorError) -> dict[str, Any]:
    """Return a refusal: RFC 9457 details, `kind` for programs, and which rule said so (`why`)."""
    problem = problem_to_json(error)
    problem["kind"] = error.title.lower().replace(" ", "-")
    problem["why"] = getattr(error, "why", None)
    if isinstance(error, VerdictConflictError | SigningRefusedError):
        problem["status"] = PRECONDITION_FAILED
    return problem
