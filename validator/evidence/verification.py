"""Does a bundle hold: offline, with the public key alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkers.strict_json import StrictJsonError, loads
from validator.audit.leaf import LeafKind, read_leaf
from validator.errors import EvidenceRefusedError, InvalidEvidenceError, UnexpectedTaskError
from validator.evidence.commitments import commitment
from validator.evidence.envelope import IN_TOTO
from validator.evidence.seal import SUBMISSION
from validator.evidence.statement import Statement, read_statement
from validator.evidence.withheld import shown_digest, whole_digest
from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from validator.audit.checkpoint import Checkpoint
    from validator.audit.ed25519 import PublicKey
    from validator.evidence.bundle import PublicBundle, SealedBundle
    from validator.evidence.predicate import DigestSet


@dataclass(frozen=True, slots=True)
class Holding:
    """What a bundle proves: the statement, who signed it, and where the log has it."""

    statement: Statement
    key_ids: tuple[str, ...]
    checkpoint: Checkpoint
    place: int


def verify_public(bundle: PublicBundle, key: PublicKey) -> Holding:
    """Return what the bundle proves to whoever trusts this key.

    Raises EvidenceRefusedError for anything that does not hold, InvalidEvidenceError for signed
    bytes that are no statement of ours.
    """
    verified = bundle.envelope.verify([key])
    if verified.payload_type != IN_TOTO:
        raise EvidenceRefusedError(f"the envelope does not hold {IN_TOTO}")
    statement = read_statement(verified.payload)
    leaf = read_leaf(bundle.leaf)
    wanted = {
        "verdict_id": statement.predicate.verdict_id,
        "envelope": bundle.envelope.digest,
    }
    if leaf.kind is not LeafKind.VERDICT or dict(leaf.body) != wanted:
        raise EvidenceRefusedError("the leaf of the log is about another envelope")
    checkpoint = bundle.proof.verify(bundle.leaf, key)
    return Holding(statement, verified.key_ids, checkpoint, bundle.proof.index)


def verify_sealed(bundle: SealedBundle, key: PublicKey) -> Holding:
    """Return what the public part proves, once everything sealed has been held against it."""
    holding = verify_public(bundle.public, key)
    statement = holding.statement
    task = submitted_task(bundle.submission)
    openings = list(_openings(bundle, statement, task))
    for what, digest, found in openings:
        if not opens(digest, bundle.salt, what, found):
            raise EvidenceRefusedError(f"{what} of the sealed bundle is not what was signed")
    if bundle.salt is not None and all(digest.sha256 for _, digest, _ in openings):
        raise EvidenceRefusedError("the sealed bundle has a salt, and nothing that it opens")
    return holding


def need_task(
    statement: Statement,
    digest: str | None,
    task: Mapping[str, Any] | None,
    salt: bytes | None = None,
) -> None:
    """Raise UnexpectedTaskError unless the statement is about the task that the reader expects.

    That is named by its digest (`sha256:<hex>` or the digits), or given as a whole. `salt` is the
    sealed bundle's. Without it a task with hidden inputs cannot be recognised: another one may look
    the same as far as it may be seen.
    """
    found = statement.digest("task")
    stated = "sha256:" + ("" if found is None or found.sha256 is None else found.sha256)
    if digest is None and task is None:
        raise UnexpectedTaskError(f"the evidence is about task {stated}; is it yours?")
    if digest is not None:
        wanted = "sha256:" + digest.removeprefix("sha256:").lower()
        if wanted != stated and not _is_sealed_task(statement, salt, wanted):
            raise UnexpectedTaskError(f"the evidence is about task {stated}, another one")
    if task is not None:
        shown, whole = shown_digest(task), whole_digest(task)
        if shown != stated:
            raise UnexpectedTaskError(f"the evidence is about task {stated}, another one")
        if whole != shown and not _is_sealed_task(statement, salt, whole):
            raise UnexpectedTaskError(
                "what may be seen of the task is the same; whether its hidden part is, only the"
                " right sealed bundle shows"
            )


def _is_sealed_task(statement: Statement, salt: bytes | None, digest: str) -> bool:
    sealed = statement.digest("sealed-task")
    return sealed is not None and opens(sealed, salt, "task", digest)


def submitted_task(body: bytes) -> dict[str, Any]:
    """Return `task` of a submission's bytes. Raises InvalidEvidenceError."""
    try:
        found = loads(body)
    except StrictJsonError as error:
        raise InvalidEvidenceError(f"the submission {error}") from None
    task = found.get("task") if isinstance(found, dict) else None
    if not isinstance(task, dict) or not has_form(task):
        raise InvalidEvidenceError("the submission has no task of the contract's form")
    return task


def opens(stated: DigestSet, salt: bytes | None, label: str, digest: str) -> bool:
    """Return True when a statement's digest is that of `sha256:<hex>`, plain or salted."""
    if stated.sha256 is not None:
        return hmac.compare_digest(stated.sha256, digest.removeprefix("sha256:"))
    if stated.salted_sha256 is not None and salt is not None:
        return hmac.compare_digest(stated.salted_sha256, commitment(salt, label, digest))
    return False


def _openings(
    bundle: SealedBundle, statement: Statement, task: Mapping[str, Any]
) -> Iterator[tuple[str, DigestSet, str]]:
    """Yield label, stated digest and found digest of everything that the bundle opens."""
    sealed = statement.digest("sealed-task")
    shown = statement.digest("task")
    if sealed is not None:
        yield "task", sealed, whole_digest(task)
    if shown is not None:
        yield "task", shown, shown_digest(task)
    contents = {SUBMISSION: bundle.submission, **bundle.recorded}
    stated = {item.name: item.digest for item in statement.predicate.inputs}
    if set(contents) != set(stated):
        raise EvidenceRefusedError("the sealed bundle does not have the inputs that were signed")
    for name, content in contents.items():
        yield f"input/{name}", stated[name], sha256_digest(content)
    document = sha256_digest(canonical_json(dict(bundle.verdict)))
    yield "document", statement.predicate.document, document
    checks = _checks(bundle.verdict)
    if len(checks) != len(statement.predicate.checks):
        raise EvidenceRefusedError("the sealed bundle does not have the checks that were signed")
    for place, entry in enumerate(statement.predicate.checks):
        yield f"check/{place}", entry.evidence, sha256_digest(canonical_json(checks[place]))


def _checks(verdict: Mapping[str, Any]) -> list[Any]:
    found = verdict.get("checks")
    return found if isinstance(found, list) else []


def has_form(task: Mapping[str, Any]) -> bool:
    """Whether the parts that `withheld` looks into have the form that intake makes sure of."""
    checks = task.get("checks")
    if checks is None:
        return True
    if not isinstance(checks, list) or not all(isinstance(check, dict) for check in checks):
        return False
    parts = [check.get(name) for check in checks for name in ("cases", "calls")]
    return all(
        part is None or (isinstance(part, list) and all(isinstance(case, dict) for case in part))
        for part in parts
    )
