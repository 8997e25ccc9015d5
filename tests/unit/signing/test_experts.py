"""Verdicts of experts: who judged is in what is hashed, and a test's model is never signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain import KEY, TASK
from tests.fakes.signing import _BODY, _INTAKE, ask, check, statement
from tests.fakes.store import START, verdict_of
from validator.domain.submission import Origin
from validator.domain.verdict import Tier
from validator.errors import ApprovalNeededError, InvalidEvidenceError, UnfoundedVerdictError
from validator.evidence.seal import Grounds, draft
from validator.protection.values import Verdict
from validator.signing.requests import Approval
from validator.wire.canonical import canonical_json
from validator.wire.documents import verdict_to_json

if TYPE_CHECKING:
    from tests.fakes.signing import Rig
    from validator.signing.requests import AnswerClaim

JUDGE = {
    "seat": "small-1", "provider": "openai", "model": "m-1", "family": "alpha", "scripted": False,
}  # fmt: skip
REVIEW = {
    "record": {"sha256": "ab" * 32}, "tier": "standard", "judges": [JUDGE], "scripted": False,
}  # fmt: skip


def stated(answer: AnswerClaim, review: dict[str, Any] | None) -> str:
    """A statement of experts on an answer that no check could decide."""
    undecided = check(80, "reasoning", sufficient=False)
    told = json.loads(statement(answer, 80, tier=Tier.EXPERT, checks=(undecided,)).encode())
    if review is not None:
        told["predicate"]["review"] = review
    return canonical_json(told).decode()


def refused(house: Rig, review: dict[str, Any] | None) -> str:
    answer = house.chain.answer(1)
    with pytest.raises(UnfoundedVerdictError) as refusal:
        house.desk.signer.sign(ask(answer, 80, stated=stated(answer, review)))
    return refusal.value.why


def test_a_review_without_scripted_judges_needs_the_operators_word_and_no_more(house: Rig) -> None:
    answer = house.chain.answer(1)
    told = stated(answer, REVIEW)

    with pytest.raises(ApprovalNeededError, match="expert tier"):
        house.desk.signer.sign(ask(answer, 80, stated=told))
    root = Verdict(TASK, answer.id, 80).root(house.desk.database.genesis, KEY.public.data)
    approval = Approval(by="operator", root=root)
    assert house.desk.signer.sign(ask(answer, 80, stated=told, approval=approval)).is_new


def test_a_verdict_of_experts_that_names_none_is_refused(house: Rig) -> None:
    assert refused(house, None) == "no_review"


@pytest.mark.parametrize(
    "changes",
    [
        {"scripted": True},
        {"judges": [JUDGE, JUDGE | {"seat": "b", "scripted": True}]},
        {"judges": [JUDGE | {"model": "Scripted-honest"}]},
        {"judges": [JUDGE | {"provider": "scripted"}]},
    ],
)
def test_a_scripted_judge_is_refused_wherever_it_shows(house: Rig, changes: dict[str, Any]) -> None:
    assert refused(house, REVIEW | changes) == "scripted"


@pytest.mark.parametrize(
    "changes",
    [
        {"judges": []},
        {"judges": [{name: JUDGE[name] for name in JUDGE if name != "scripted"}]},
        {"judges": [{name: JUDGE[name] for name in JUDGE if name != "model"}]},
        {"scripted": "no"},
        {"tier": "grandmaster"},
    ],
)
def test_a_review_that_hides_who_judged_is_no_evidence(house: Rig, changes: dict[str, Any]) -> None:
    answer = house.chain.answer(1)

    with pytest.raises(InvalidEvidenceError):
        house.desk.signer.sign(ask(answer, 80, stated=stated(answer, REVIEW | changes)))


def test_a_verdicts_document_says_who_judged_and_its_statement_too() -> None:
    given = verdict_of(
        f"sub_{1:032x}", f"ver_{1:032x}", tier=Tier.EXPERT, score=80,
        checks=(check(80, "reasoning", sufficient=False),),
    )  # fmt: skip
    told = {**REVIEW, "record": "sha256:" + "ab" * 32}
    grounds = Grounds(_BODY, _INTAKE, Origin.CHAIN, "0a" * 32, START, {"wall_s": 10}, "policy/1")

    made = draft(verdict_to_json(given) | {"review": told}, grounds, bytes(32)).statement

    review = made.predicate.review
    assert review is not None
    assert review.model_dump(mode="json", by_alias=True, exclude_none=True) == REVIEW
    assert draft(verdict_to_json(given), grounds, bytes(32)).statement.predicate.review is None
