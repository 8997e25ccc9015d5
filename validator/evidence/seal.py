"""From a verdict to signed evidence and the leaf of the log that names it.

Whoever holds the evidence key calls `seal`, adds the leaf to the log in the transaction that keeps
the envelope's bytes, and puts the bundles together once a checkpoint covers the leaf. Whoever does
not hold it makes a `draft` from the verdict's stored document, has its statement signed elsewhere,
and goes on with `Draft.signed`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from checkers.strict_json import loads
from validator.audit.leaf import Leaf, LeafKind
from validator.domain.submission import Origin
from validator.domain.verdict import VERDICT_SCHEMA
from validator.errors import InvalidEvidenceError
from validator.evidence.commitments import commitment
from validator.evidence.envelope import Envelope, sign_envelope
from validator.evidence.predicate import (
    CageRecord,
    CheckEntry,
    DigestSet,
    InputRecord,
    JudgeRecord,
    PlanRecord,
    Predicate,
    ReviewRecord,
    ToolRecord,
    Window,
)
from validator.evidence.statement import Statement, Subject, statement_of, text_digest
from validator.evidence.withheld import shown_digest, whole_digest
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.documents import as_judged, rfc3339, verdict_to_json
from validator.wire.sentences import summary, translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from validator.audit.ed25519 import EvidenceSigner
    from validator.domain.submission import Intake
    from validator.domain.verdict import Verdict

SUBMISSION = "submission"
"""Name of the input that is the submission's bytes as they were accepted."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a verdict rests on beside itself. None of it may come from a request.

    `body` is the submission as it was accepted; `owner` the tenant, or the genesis (64 hexadecimal
    digits) for `Origin.CHAIN`; `limits` the operator's ceilings in force; `policy` the version of
    the operator's policy; `recorded` further inputs by name (votes, model replies, samples);
    `chain_payload` the bytes that the chain key signs.
    """

    body: bytes = field(repr=False)  # what is hidden must not stand in a log by chance
    intake: Intake = field(repr=False)
    origin: Origin
    owner: str
    received_at: datetime
    limits: Mapping[str, float]
    policy: str
    recorded: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    chain_payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """What `seal` made. `salt` opens the commitments: it goes into the sealed bundle only.

    It is None where nothing is hidden, and so nothing was committed to.
    """

    envelope: Envelope
    leaf: Leaf
    verdict: Mapping[str, Any] = field(repr=False)
    grounds: Grounds
    salt: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement that waits for its signature, with all that the bundles will need."""

    statement: Statement
    verdict: Mapping[str, Any] = field(repr=False)
    grounds: Grounds
    salt: bytes | None = field(repr=False)

    def signed(self, envelope: Envelope, leaf: Leaf) -> Sealed:
        """Return what was sealed, once somebody signed; nothing is verified here."""
        return Sealed(envelope, leaf, self.verdict, self.grounds, self.salt)


def draft(document: Mapping[str, Any], grounds: Grounds, salt: bytes) -> Draft:
    """State a verdict from its document, as it was stored or as it is shown. Pure.

    Raises InvalidEvidenceError for a document that no statement can hold.
    """
    task = loads(grounds.body)["task"]
    marks = _Marks(salt, hides=shown_digest(task) != whole_digest(task))
    if document.get("schema") != VERDICT_SCHEMA:
        raise InvalidEvidenceError(f"schema of the verdict's document must be {VERDICT_SCHEMA}")
    verdict = as_judged(document)
    try:
        statement = statement_of(
            _subjects(task, grounds, marks), _predicate(verdict, grounds, marks)
        )
    except ValidationError as error:
        raise InvalidEvidenceError(f"the statement: {summary(translate(error, {}))}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        kind = type(error).__name__
        raise InvalidEvidenceError(
            f"the verdict's document is not of the form {VERDICT_SCHEMA} ({kind})"
        ) from None
    return Draft(statement, verdict, grounds, salt if marks.hides else None)


def seal(
    verdict: Verdict, grounds: Grounds, signers: Sequence[EvidenceSigner], salt: bytes
) -> Sealed:
    """State a verdict, sign the statement, and say what the log has to record.

    Pure but for the signatures: the same arguments and keys give the same bytes. Raises
    InvalidEvidenceError for a verdict that no statement can hold, and EvidenceKeyError.
    """
    made = draft(verdict_to_json(verdict), grounds, salt)
    envelope = sign_envelope(made.statement.encode(), signers)
    # No digest of the result: whoever sees the log early could find a decision by trying.
    body = {"verdict_id": verdict.verdict_id, "envelope": envelope.digest}
    return made.signed(envelope, Leaf(LeafKind.VERDICT, verdict.created_at, body))


def origin_text(origin: Origin, owner: str) -> str:
    """Return what a statement calls an origin: `api:<tenant>`, `cli:<owner>`, `chain:<genesis>`."""
    return f"{origin.value}:{owner}"


@dataclass(frozen=True, slots=True)
class _Marks:
    """Digests as a statement may show them: salted where the task hides something."""

    salt: bytes
    hides: bool

    def of(self, label: str, digest: str) -> DigestSet:
        if self.hides:
            return DigestSet(saltedSha256=commitment(self.salt, label, digest))
        return plain_digest(digest)


def plain_digest(digest: str) -> DigestSet:
    """Return `sha256:<hex>` in the form of a statement."""
    return DigestSet(sha256=digest.removeprefix("sha256:"))


def _subjects(task: Mapping[str, Any], grounds: Grounds, marks: _Marks) -> list[Subject]:
    origin = origin_text(grounds.origin, grounds.owner)
    found = [
        Subject(name="answer", digest=plain_digest(grounds.intake.answer_digest)),
        Subject(name="task", digest=plain_digest(shown_digest(task))),
    ]
    if marks.hides:
        whole = commitment(marks.salt, "task", grounds.intake.task_digest)
        found.append(Subject(name="sealed-task", digest=DigestSet(saltedSha256=whole)))
    found.append(Subject(name="origin", digest=DigestSet(sha256=text_digest(origin))))
    if grounds.origin is Origin.CHAIN:
        found.append(Subject(name="genesis", digest=DigestSet(tosGenesis=grounds.owner)))
    return found


def _predicate(verdict: Mapping[str, Any], grounds: Grounds, marks: _Marks) -> Predicate:
    payload, plan, cage = grounds.chain_payload, verdict["plan"], verdict["sandbox"]
    return Predicate(
        verdict_id=verdict["verdict_id"],
        submission_id=verdict["submission_id"],
        supersedes=verdict["supersedes"],
        task_id=verdict["task_id"],
        answer_id=verdict["answer_id"],
        origin=origin_text(grounds.origin, grounds.owner),
        decision=verdict["decision"],
        score=verdict["score"],
        tier=verdict["tier"],
        rules=verdict["rules"],
        policy=grounds.policy,
        engine=verdict["engine"],
        plan=PlanRecord(id=plan["id"], digest=marks.of("plan", plan["digest"])),
        checks=[_check(place, check, marks) for place, check in enumerate(verdict["checks"])],
        limits=dict(grounds.limits),
        inputs=[
            InputRecord(name=name, digest=marks.of(f"input/{name}", sha256_digest(content)))
            for name, content in _inputs(grounds).items()
        ],
        sandbox=CageRecord(
            backend=cage["backend"],
            image=cage["image"],
            images=dict(cage["images"]),
            weak=list(cage["weak"]),
        ),
        versions=dict(verdict["versions"]),
        window=Window(received_at=rfc3339(grounds.received_at), judged_at=verdict["created_at"]),
        result_digest=verdict["result_digest"],
        document=marks.of("document", sha256_digest(canonical_json(verdict))),
        chain_payload=None if payload is None else plain_digest(sha256_digest(payload)),
        review=_review(verdict.get("review")),
    )


def _review(told: Mapping[str, Any] | None) -> ReviewRecord | None:
    """Who judged, without a salt: the record has 128 random bits of its own."""
    if told is None:
        return None
    return ReviewRecord(
        record=plain_digest(told["record"]),
        tier=told["tier"],
        judges=[JudgeRecord(**judge) for judge in told["judges"]],
        scripted=told["scripted"],
    )


def _inputs(grounds: Grounds) -> dict[str, bytes]:
    return {SUBMISSION: grounds.body, **grounds.recorded}


def _check(place: int, check: Mapping[str, Any], marks: _Marks) -> CheckEntry:
    tool = check["tool"]
    return CheckEntry(
        check=check["check"],
        status=check["status"],
        score=check["score"],
        weight=check["weight"],
        required=check["required"],
        sufficient=check["sufficient"],
        pass_at=check["pass_at"],
        reason=check["reason"],
        in_process=check["in_process"],
        tool=None if tool is None else ToolRecord(name=tool["name"], version=tool["version"]),
        evidence=marks.of(f"check/{place}", sha256_digest(canonical_json(check))),
    )
