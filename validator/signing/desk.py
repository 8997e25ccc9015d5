"""From a message to its answer: which request goes to whom, and what is told of a refusal."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.errors import InvalidParameterError, ValidatorError
from validator.protection.values import Verdict, fingerprint
from validator.signing import requests
from validator.signing.ceilings import spent
from validator.signing.chain import AnswerFacts, OwnVerdict, Snapshot
from validator.signing.frames import frame, read_content
from validator.signing.replies import attempt_to_json, kept_to_json, problem_of, signed_to_json
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from validator.audit.checkpoint import Checkpoint
    from validator.domain.clock import Clock
    from validator.protection.database import ProtectionDatabase
    from validator.signing.beside import BesideKey
    from validator.signing.book import Book
    from validator.signing.gate import Gate
    from validator.signing.signer import Signer
    from validator.signing.told import Telling, ToldChain

log = logging.getLogger(__name__)
_MS = 1000


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a request may need. `told` is None where an adapter reads the chain."""

    signer: Signer
    database: ProtectionDatabase
    book: Book
    gate: Gate
    beside: BesideKey
    told: ToldChain | None
    network: str
    clock: Clock

    def answer(self, content: bytes) -> bytes:
        """Return the framed answer to a message; it never raises for what a client may send."""
        try:
            ask = requests.read_ask(read_content(content))
            reply = {"ok": self._do(ask)}
        except ValidatorError as error:
            return frame({"problem": problem_of(error)})
        except Exception as error:
            # A traceback holds lines of ours and no values; the client gets neither.
            log.exception("a request failed")
            defect = ValidatorError(f"an internal error: {type(error).__name__}")
            return frame({"problem": problem_of(defect)})
        return frame(reply)

    def _do(self, ask: requests.Ask) -> dict[str, Any]:
        match ask:
            case requests.Status():
                return self._status()
            case requests.Prove():
                return kept_to_json(self.signer.prove(ask.answer))
            case _:
                reply = self._change(ask)
                self.beside.keep_mark(self.database.mark())
                return reply

    def _change(self, ask: requests.Ask) -> dict[str, Any]:
        match ask:
            case requests.SignVerdict():
                return signed_to_json(self.signer.sign(ask))
            case requests.Rebuild():
                return signed_to_json(self.signer.rebuild(ask))
            case requests.Mark():
                return attempt_to_json(self.signer.mark(ask))
            case requests.Reconcile():
                return self._reconcile(ask)
            case _:
                return self._operate(ask)

    def _operate(self, ask: requests.Ask) -> dict[str, Any]:
        match ask:
            case requests.Pause():
                self.signer.pause(ask.fingerprint)
                return self._state()
            case requests.Resume():
                self.signer.resume(ask.fingerprint, vouch=ask.vouch)
                return self._state()
            case requests.Published():
                size = self.book.publish(ask.checkpoint.encode()).size
                return {"size": size}
            case _:
                return {"checkpoint": self.book.checkpoint().decode()}

    def _reconcile(self, ask: requests.Reconcile) -> dict[str, Any]:
        if self.told is None:
            raise InvalidParameterError("do: this signer reads the chain itself")
        self.told.tell({name: _telling(seen) for name, seen in ask.endpoints.items()})
        self.gate.poll()
        return self._state()

    def _state(self) -> dict[str, Any]:
        state, reading = self.gate.state, self.gate.reading
        return {
            "phase": state.phase.value,
            "reasons": [reason.value for reason in state.reasons],
            "fault": self.gate.fault,
            "quiet_blocks": state.clear,
            "stable_height": None if reading is None else reading.stable_height,
            "next_nonce": None if reading is None else reading.next_nonce,
        }

    def _status(self) -> dict[str, Any]:
        key = self.signer.public_key
        known = self.database.known(key, None).key
        used = spent(self.database, key, b"", int(self.clock.now().timestamp() * _MS))
        head, published, last = self.book.head, self.book.published, self.book.last_verdict_at()
        return self._state() | {
            "network": self.network,
            "genesis": self.database.genesis.hex(),
            "public_key": key.hex(),
            "fingerprint": fingerprint(key),
            "halted": known.halted,
            "gap_declared": known.declared,
            "low_watermark": known.low,
            "high_watermark": known.high,
            "reconciled_height": known.reconciled,
            "open_attempts": len(self.database.open_attempts(key)),
            "transactions_in_hour": used.in_hour,
            "fees_in_day": used.fees_in_day,
            "ceilings": dataclasses.asdict(self.signer.ceilings),
            "tally": dict(self.database.tally),
            "last_verdict_at": None if last is None else rfc3339(last),
            "log": {"origin": head.origin} | _place(head),
            "published": None if published is None else _place(published),
        }


def _place(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"size": checkpoint.size, "root": checkpoint.root.hex()}


def _telling(seen: requests.ToldEndpoint) -> Telling:
    snapshot = Snapshot(
        genesis=seen.genesis,
        stable_height=seen.stable_height,
        since=seen.since,
        next_nonce=seen.next_nonce,
        pruned_height=seen.pruned_height,
        verdicts=tuple(_verdict(each) for each in seen.verdicts),
        pending=frozenset(seen.pending),
    )
    return snapshot, [_answer(each) for each in seen.answers]


def _verdict(told: requests.ToldVerdict) -> OwnVerdict:
    return OwnVerdict(
        Verdict(told.task, told.answer, told.score),
        told.submitter,
        told.answer_hash,
        told.answer_height,
        told.nonce,
        told.transaction,
    )


def _answer(told: requests.ToldAnswer) -> AnswerFacts:
    claim = told.answer
    return AnswerFacts(
        told.task,
        told.publisher,
        told.reward,
        claim.id,
        claim.submitter,
        claim.answer_hash,
        claim.content,
        claim.height,
        claim.timestamp_ms,
        told.own_score,
    )
