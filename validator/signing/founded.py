"""Does what is asked rest on anything? What the signer recomputes before it asks its history.

Threat model, rows 2, 12, 17, 19 and 31, and decision 12 of the architecture: task and answer as
the chain has them, evidence about these very bytes, a score that the check results give by the
rule, a basis that was run and not played, a cage that holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers.protocol import CheckResult, CheckStatus, Reason
from validator.domain.verdict import RULES, CheckRecord, Decision, Tier
from validator.errors import (
    ApprovalNeededError,
    InvalidEvidenceError,
    UnfoundedVerdictError,
)
from validator.evidence.statement import Statement, read_statement
from validator.protection.values import Request, Verdict
from validator.scoring import decide
from validator.wire.tos import answer_hash, answer_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.evidence.predicate import CheckEntry, Predicate
    from validator.signing.chain import AnswerFacts
    from validator.signing.requests import AnswerClaim, SignVerdict

ACCEPT_FROM: Final = 70
"""The score that closes a task (protocol note, section 7.4)."""
HOSTS: Final = 2
"""Hosts whose workers must agree on a great reward."""
SCRIPTED: Final = "scripted"
"""What a basis calls itself that replays recorded words in place of a model or a program."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator's settings say of evidence.

    `weak_cages`: a cage that does not hold everything is good enough (devnet alone).
    `alone_reward_max`: greatest reward, in units, for which one worker's accept is enough.
    """

    weak_cages: bool
    alone_reward_max: int


def request_of(ask: SignVerdict, public_key: bytes) -> Request:
    """Return what the history is asked, with the ids recomputed. Raises UnfoundedVerdictError."""
    claim = ask.answer
    if answer_hash(claim.content) != claim.answer_hash:
        raise _unfounded("answer.answer_hash: it is not the hash of the content", "answer_hash")
    made = answer_id(ask.task, claim.submitter, claim.answer_hash, claim.height, claim.timestamp_ms)
    if made != claim.id:
        raise _unfounded(
            "answer.id: it does not follow from task, answer and its block", "answer_id"
        )
    return Request(
        genesis=ask.genesis,
        public_key=public_key,
        verdict=Verdict(ask.task, claim.id, ask.score),
        submitter=claim.submitter,
        answer_hash=claim.answer_hash,
        height=claim.height,
    )


def require_on_chain(ask: SignVerdict, facts: AnswerFacts, key: bytes, stable: int) -> None:
    """Raise UnfoundedVerdictError unless the chain shows this answer, and we may judge it."""
    claim = ask.answer
    # A time that the chain does not show any more is proven by the id (`request_of`).
    time = claim.timestamp_ms if facts.timestamp_ms is None else facts.timestamp_ms
    shown = (facts.submitter, facts.answer_hash, facts.content, facts.height, time)
    if shown != _claimed(claim) or facts.answer != claim.id:
        raise _unfounded("answer: the chain shows it otherwise", "other_answer")
    if facts.height > stable:
        raise _unfounded("answer: its block is not stable yet", "not_stable")
    if key in (facts.publisher, facts.submitter):
        raise _unfounded("answer: the chain takes no verdict on one's own task or answer", "own")


def require_founded(
    ask: SignVerdict, request: Request, facts: AnswerFacts, policy: Policy
) -> Statement:
    """Return the statement, once it bears the verdict that is asked for.

    Raises UnfoundedVerdictError, ApprovalNeededError, and InvalidEvidenceError for bytes that are
    no statement.
    """
    statement = read_statement(ask.statement.encode())
    if statement.encode() != ask.statement.encode():
        raise InvalidEvidenceError("the statement is not in its one spelling")
    predicate = statement.predicate
    _require_subjects(statement, request)
    _require_basis(predicate, policy)
    _require_score(ask, predicate)
    _require_judges(predicate)
    _require_second_word(ask, predicate, request, facts, policy)
    return statement


def _claimed(claim: AnswerClaim) -> tuple[bytes, bytes, str, int, int]:
    return (claim.submitter, claim.answer_hash, claim.content, claim.height, claim.timestamp_ms)


def _require_subjects(statement: Statement, request: Request) -> None:
    predicate = statement.predicate
    if predicate.origin != f"chain:{request.genesis.hex()}":
        raise _unfounded("statement: its origin is not this chain", "origin")
    payload = hashlib.sha256(request.verdict.payload).hexdigest()
    stated = predicate.chain_payload
    if stated is None or stated.sha256 != payload:
        raise _unfounded("statement: it is not about these chain bytes", "chain_payload")


def _require_basis(predicate: Predicate, policy: Policy) -> None:
    if predicate.rules != RULES:
        raise _unfounded(f"statement: this signer knows the rule {RULES} alone", "rules")
    if predicate.sandbox.weak and not policy.weak_cages:
        raise _unfounded(
            f"statement: the cage {predicate.sandbox.backend} was weak; devnet alone takes that",
            "weak_cage",
        )
    if any(SCRIPTED in word.lower() for word in _basis_words(predicate)):
        raise _unfounded("statement: its basis was scripted", "scripted")


def _require_judges(predicate: Predicate) -> None:
    """An opinion of models names each of them, and none of them was a test's (row 31)."""
    review = predicate.review
    if review is None:
        if predicate.tier == Tier.EXPERT.value:
            raise _unfounded("statement: it names no review that experts gave", "no_review")
        return
    if review.scripted or any(judge.scripted for judge in review.judges):
        raise _unfounded("statement: its basis was scripted", "scripted")


def _basis_words(predicate: Predicate) -> list[str]:
    tools = [check.tool for check in predicate.checks if check.tool is not None]
    judges = [] if predicate.review is None else predicate.review.judges
    return [
        predicate.engine,
        predicate.sandbox.backend,
        *(word for tool in tools for word in (tool.name, tool.version)),
        *(word for pair in predicate.versions.items() for word in pair),
        *(item.name for item in predicate.inputs),
        *(word for one in judges for word in (one.seat, one.provider, one.model, one.family)),
    ]


def _require_score(ask: SignVerdict, predicate: Predicate) -> None:
    if predicate.score != ask.score:
        raise _unfounded("score: the statement has another one", "score")
    decided = Decision.ACCEPT if ask.score >= ACCEPT_FROM else Decision.REJECT
    if predicate.decision != decided.value:
        raise _unfounded("statement: its decision does not go with its score", "decision")
    ruling = decide(
        [_record(entry) for entry in predicate.checks],
        answer_empty=not ask.answer.content.strip(),
    )
    if predicate.tier == Tier.AUTOMATIC.value:
        if (ruling.decision, ruling.score) != (decided, ask.score):
            raise _unfounded("score: the check results do not give it", "score")
        _require_apart(predicate, decided)
    elif ruling.decision in (Decision.ACCEPT, Decision.REJECT) and ruling.decision is not decided:
        raise _unfounded("statement: an opinion does not overrule executed checks", "overruled")


def _require_apart(predicate: Predicate, decided: Decision) -> None:
    """A harness in the answer's own process never accepts alone (row 12)."""
    if decided is Decision.ACCEPT and not any(
        entry.sufficient and entry.status == CheckStatus.PASS.value and not entry.in_process
        for entry in predicate.checks
    ):
        raise _unfounded("statement: only checks in the answer's own process passed", "in_process")


def _record(entry: CheckEntry) -> CheckRecord:
    try:
        result = CheckResult(
            entry.check,
            CheckStatus(entry.status),
            entry.score,
            summary="",
            reason=None if entry.reason is None else Reason(entry.reason),
            in_process=entry.in_process,
        )
    except ValueError:
        raise _unfounded(f"statement: check {entry.check} contradicts itself", "checks") from None
    passed = result.score is not None and result.score >= entry.pass_at
    if result.score is not None and passed is not (result.status is CheckStatus.PASS):
        raise _unfounded(f"statement: check {entry.check} contradicts itself", "checks")
    return CheckRecord(result, entry.weight, entry.required, entry.sufficient, entry.pass_at)


def _require_second_word(
    ask: SignVerdict, predicate: Predicate, request: Request, facts: AnswerFacts, policy: Policy
) -> None:
    """An opinion, and an accept that moves much, need more than one worker's word (row 2)."""
    if ask.approval is not None:
        if ask.approval.root != request.root:
            raise _unfounded("approval.root: it names another verdict", "approval")
        return
    if predicate.tier != Tier.AUTOMATIC.value:
        raise ApprovalNeededError(
            f"answer {request.verdict.answer.hex()[:16]}...: no check recomputes a verdict of the"
            f" {predicate.tier} tier; the operator must approve it"
        )
    if ask.score < ACCEPT_FROM or facts.reward <= policy.alone_reward_max:
        return
    if len(_agreeing_hosts(ask, predicate.result_digest)) < HOSTS:
        raise ApprovalNeededError(
            f"answer {request.verdict.answer.hex()[:16]}...: the reward {facts.reward} is above"
            f" {policy.alone_reward_max}; workers of {HOSTS} hosts must find the same"
        )


def _agreeing_hosts(ask: SignVerdict, digest: str) -> set[str]:
    results: Sequence[tuple[str, str]] = [(each.host, each.result_digest) for each in ask.workers]
    if any(found != digest for _, found in results):
        raise _unfounded("workers: their results differ", "workers")
    return {host for host, _ in results}


def _unfounded(detail: str, why: str) -> UnfoundedVerdictError:
    return UnfoundedVerdictError(detail, why)
