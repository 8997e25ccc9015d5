"""The signer itself: one key, one history, one log. Everything is on disk before the key moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from validator.audit.leaf import LeafKind
from validator.errors import (
    InvalidParameterError,
    NotFoundError,
    SigningRefusedError,
    StoreDamagedError,
    UnfoundedVerdictError,
    VerdictConflictError,
)
from validator.protection.permits import Transaction as Planned
from validator.protection.values import (
    Attempt,
    AttemptState,
    Observed,
    fingerprint,
    require_fingerprint,
)
from validator.signing.ceilings import require_no_gap, require_room, spent
from validator.signing.founded import request_of, require_founded, require_on_chain
from validator.wire.tos import (
    Reference,
    Transaction,
    ValidateAnswer,
    decode_canonical,
)
from validator.wire.tos.schnorr import SIGNATURE_SIZE

if TYPE_CHECKING:
    import sqlite3

    from validator.domain.clock import Clock
    from validator.evidence.statement import Statement
    from validator.protection.database import ProtectionDatabase
    from validator.protection.reconcile import Reading
    from validator.protection.values import Request, Row
    from validator.signing.book import Book, Kept
    from validator.signing.ceilings import Ceilings
    from validator.signing.chain import AnswerFacts
    from validator.signing.founded import Policy
    from validator.signing.gate import Gate
    from validator.signing.requests import Block, Mark, Rebuild, SignVerdict
    from validator.wire.tos import SecretKey

NO_MULTISIG: Final = b"\x00"
"""Between the signed bytes and the signature (protocol note, section 1.1, field 11)."""
NO_SIGNATURE: Final = bytes(SIGNATURE_SIZE)
"""In its place while the bytes are looked at: zero is a spelling that decodes and never holds."""
_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Signed:
    """What a caller gets: the row, the attempt with its bytes, and the evidence of the verdict.

    `kept` is None for a verdict that was not made here (read back from the chain, or imported).
    """

    row: Row
    attempt: Attempt
    is_new: bool
    kept: Kept | None


class Signer:
    """Answers one request at a time; every method may be called from any thread."""

    def __init__(
        self,
        key: SecretKey,
        database: ProtectionDatabase,
        book: Book,
        gate: Gate,
        ceilings: Ceilings,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._secret = key
        self._key = key.public.data
        self._database = database
        self._book = book
        self._gate = gate
        self._ceilings = ceilings
        self._policy = policy
        self._clock = clock
        self._turn = threading.RLock()

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the chain key, derived from the secret."""
        return self._key

    @property
    def ceilings(self) -> Ceilings:
        """What it signs at most, whoever asks."""
        return self._ceilings

    def sign(self, ask: SignVerdict) -> Signed:
        """Sign a verdict, or return what was signed of it.

        Raises SigningClosedError, UnfoundedVerdictError, ApprovalNeededError, CeilingError,
        VerdictConflictError, SigningRefusedError, ChainUnreadableError and StoreUnavailableError.
        """
        with self._turn:
            reading = self._gate.require_open()
            try:
                return self._sign(ask, reading)
            except (VerdictConflictError, SigningRefusedError, UnfoundedVerdictError) as error:
                # Not what was asked for: the leaf is public before the verdict is (row 13).
                body = {"answer": ask.answer.id.hex(), "code": error.code, "why": error.why}
                self._book.note(LeafKind.REFUSAL, body)
                raise

    def rebuild(self, ask: Rebuild) -> Signed:
        """Make another transaction of a recorded verdict, as the rules let it.

        Raises as `sign` does, and NotFoundError for an answer without a row.
        """
        with self._turn:
            reading = self._gate.require_open()
            row = self._row(ask.answer)
            facts = self._gate.answer(row.content.task, row.answer)
            transaction = self._transaction(row, ask.nonce, ask.fee, ask.reference)
            attempt = self._same(row, transaction)
            if attempt is None:
                self._require_room(row.answer, transaction, reading)
                attempt = self._database.prepare(
                    self._key,
                    row.answer,
                    ask.nonce,
                    transaction.unsigned(),
                    ask.fee,
                    _observed(reading, facts),
                )
            return self._signed(row, attempt, False)

    def mark(self, ask: Mark) -> Attempt:
        """Record what became of a transaction, once our own reading of the chain says so, too.

        Raises NotFoundError, InvalidParameterError, SigningClosedError and ChainUnreadableError.
        """
        with self._turn:
            row = self._row(ask.answer)
            attempts = self._database.attempts(self._key, row.answer)
            attempt = next((each for each in attempts if each.tx_hash == ask.tx_hash), None)
            if attempt is None:
                raise NotFoundError("No transaction of this verdict has this hash.")
            state = AttemptState(ask.state)
            if state is not AttemptState.SENT:
                self._require_seen(row, attempt, state)
            return self._database.advance(attempt.attempt_id, state)

    def prove(self, answer: bytes) -> Kept:
        """Return envelope, leaf and proof of a recorded verdict. Raises NotFoundError."""
        row = self._row(answer)
        if row.log_index is None:
            raise NotFoundError("The verdict was not made here; there is no evidence of it.")
        return self._book.kept(row.log_index)

    def pause(self, typed: str) -> None:
        """Sign nothing until `resume`. Raises FingerprintError."""
        require_fingerprint(self._key, typed)
        with self._turn:
            self._database.pause(self._key)
            self._gate.recheck()
            self._note_operator("pause")

    def resume(self, typed: str, *, vouch: bool) -> None:
        """End a pause; with `vouch` any halt, which declares the gap. Raises FingerprintError."""
        require_fingerprint(self._key, typed)
        with self._turn:
            if vouch:
                self._database.resume(self._key, typed)
            else:
                self._database.lift_pause(self._key, typed)
            self._gate.recheck()
            self._note_operator("vouch" if vouch else "resume")

    def _sign(self, ask: SignVerdict, reading: Reading) -> Signed:
        request = request_of(ask, self._key)
        row = self._database.row(self._key, request.verdict.answer)
        if row is not None:
            done = self._repeat(request)
            if done is not None:
                return done
        facts = self._gate.answer(ask.task, ask.answer.id)
        require_on_chain(ask, facts, self._key, reading.stable_height)
        statement = require_founded(ask, request, facts, self._policy)
        transaction = self._made(request, ask)
        self._require_room(request.verdict.answer, transaction, reading)
        granted, attempt = self._database.protect_attempt(
            request,
            Planned(ask.nonce, transaction.unsigned(), ask.fee),
            _observed(reading, facts),
            lambda cursor: self._write_beside(cursor, ask, statement),
        )
        return self._signed(granted.row, attempt, granted.is_new)

    def _repeat(self, request: Request) -> Signed | None:
        """Return what was made of this very verdict; None when it has no transaction yet."""
        row = self._database.protect(request).row
        attempts = self._database.attempts(self._key, row.answer)
        return self._signed(row, attempts[-1], False) if attempts else None

    def _signed(self, row: Row, attempt: Attempt, is_new: bool) -> Signed:
        attempt = attempt if attempt.transaction is not None else self._give_signature(row, attempt)
        kept = None if row.log_index is None else self._book.kept(row.log_index)
        return Signed(row, attempt, is_new, kept)

    def _give_signature(self, row: Row, attempt: Attempt) -> Attempt:
        """Sign the bytes that are on disk, and nothing else: the only place that uses the key."""
        planned = decode_canonical(attempt.message + NO_MULTISIG + NO_SIGNATURE)
        said = (planned.source.data, planned.payload, planned.nonce)
        if said != (self._key, _payload(row), attempt.nonce):
            raise StoreDamagedError("an attempt's message does not carry the verdict of its row")
        signed = replace(planned, signature=self._secret.sign(attempt.message))
        return self._database.keep_bytes(attempt.attempt_id, signed.hash(), signed.encode())

    def _row(self, answer: bytes) -> Row:
        row = self._database.row(self._key, answer)
        if row is None:
            raise NotFoundError("No verdict is recorded for this answer.")
        return row

    def _same(self, row: Row, transaction: Transaction) -> Attempt | None:
        message = transaction.unsigned()
        attempts = self._database.attempts(self._key, row.answer)
        return next((each for each in attempts if each.message == message), None)

    def _made(self, request: Request, ask: SignVerdict) -> Transaction:
        verdict = request.verdict
        payload = ValidateAnswer(verdict.task, verdict.answer, verdict.score)
        return self._around(payload, ask.nonce, ask.fee, ask.reference)

    def _transaction(self, row: Row, nonce: int, fee: int, block: Block) -> Transaction:
        return self._around(_payload(row), nonce, fee, block)

    def _around(self, payload: ValidateAnswer, nonce: int, fee: int, block: Block) -> Transaction:
        reference = Reference(block.hash, block.topoheight)
        return Transaction(self._secret.public, payload, fee, nonce, reference)

    def _require_room(self, answer: bytes, transaction: Transaction, reading: Reading) -> None:
        now_ms = int(self._clock.now().timestamp() * _MS)
        require_room(self._ceilings, spent(self._database, self._key, answer, now_ms), transaction)
        bound = self._database.known(self._key, None).nonces
        require_no_gap(transaction.nonce, reading.next_nonce, bound)

    def _require_seen(self, row: Row, attempt: Attempt, state: AttemptState) -> None:
        reading = self._gate.require_open()
        facts = self._gate.answer(row.content.task, row.answer)
        if state is AttemptState.CONFIRMED and facts.own_score != row.score:
            raise InvalidParameterError("state: the score does not read back at stable height")
        if attempt.nonce >= reading.next_nonce:
            raise InvalidParameterError("state: the nonce is not used up at stable height")
        if state is AttemptState.SPENT and facts.own_score is not None:
            raise InvalidParameterError("state: the chain shows a score for this answer")

    def _note_operator(self, what: str) -> None:
        body = {"what": what, "key": fingerprint(self._key)}
        self._book.note(LeafKind.OPERATOR_OVERRIDE, body)

    def _write_beside(self, cursor: sqlite3.Cursor, ask: SignVerdict, statement: Statement) -> int:
        """Write approval, envelope and leaf in the transaction of the row."""
        if ask.approval is not None:
            body = {"what": "approval", "by": ask.approval.by, "answer": ask.answer.id.hex()}
            self._book.append(cursor, LeafKind.OPERATOR_OVERRIDE, body)
        return self._book.keep(cursor, statement.encode(), statement.predicate.verdict_id)


def _observed(reading: Reading, facts: AnswerFacts) -> Observed:
    return Observed(reading.next_nonce, facts.own_score)


def _payload(row: Row) -> ValidateAnswer:
    if row.score is None:
        raise SigningRefusedError("the answer is never to be signed", "never_sign")
    return ValidateAnswer(row.content.task, row.answer, row.score)
