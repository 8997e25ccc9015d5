"""The laws of `score/1`, and an oracle written from the contract's text by another route."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from checkers.protocol import CheckResult, CheckStatus, Reason
from validator.domain.verdict import CheckRecord, Decision
from validator.scoring import confidence, decide

OPEN = (CheckStatus.ERROR, CheckStatus.UNDECIDED)
RANK = {Decision.REJECT: 0, Decision.ESCALATE: 1, Decision.ACCEPT: 2}


@st.composite
def records(draw: st.DrawFn) -> CheckRecord:
    pass_at = draw(st.sampled_from([1, 50, 70, 100]))
    status = draw(st.sampled_from(list(CheckStatus)))
    score = None
    if status in (CheckStatus.PASS, CheckStatus.FAIL):
        score = draw(st.integers(0, 100) | st.sampled_from([0, 69, 70, 100]))
        status = CheckStatus.PASS if score >= pass_at else CheckStatus.FAIL
    reason = draw(st.sampled_from(list(Reason))) if status is CheckStatus.ERROR else None
    name = draw(st.sampled_from(["tests", "math", "schema", "reasoning"]))
    return CheckRecord(
        CheckResult(name, status, score, "summary", reason=reason),
        weight=draw(st.sampled_from([0, 1, 2, 3, 1000])),
        required=draw(st.booleans()),
        sufficient=draw(st.booleans()),
        pass_at=pass_at,
    )


plans = st.lists(records(), max_size=6)


def oracle_decided(plan: list[tuple[CheckRecord, int]], *, answer_empty: bool) -> Decision:
    """One pass over the contract's second point, in fractions, for known points."""
    if [1 for record, points in plan if record.required and points < record.pass_at]:
        return Decision.REJECT
    weight = sum(record.weight for record, _ in plan)
    if not weight:
        return Decision.ESCALATE
    mean = Fraction(sum(record.weight * points for record, points in plan), weight)
    if mean < 70:
        return Decision.REJECT
    proofs = [record for record, points in plan if record.sufficient and points >= record.pass_at]
    if answer_empty or not proofs:
        return Decision.ESCALATE
    return Decision.ACCEPT


def oracle(plan: list[CheckRecord], *, answer_empty: bool) -> Decision:
    """The contract's third point: both ends, and who is to blame where they differ."""
    counted = [record for record in plan if record.result.status is not CheckStatus.SKIPPED]

    def at(errors: int, undecided: int) -> Decision:
        supposed = {CheckStatus.ERROR: errors, CheckStatus.UNDECIDED: undecided}
        points = [
            (r, supposed[r.result.status] if r.result.score is None else r.result.score)
            for r in counted
        ]
        return oracle_decided(points, answer_empty=answer_empty)

    if at(0, 0) == at(100, 100):
        return at(0, 0)
    blame_us = at(0, 0) != at(100, 0) or at(0, 100) != at(100, 100)
    return Decision.ABSTAIN if blame_us else Decision.ESCALATE


@given(plans, st.booleans())
def test_the_rule_agrees_with_an_oracle(plan: list[CheckRecord], answer_empty: bool) -> None:
    assert decide(plan, answer_empty=answer_empty).decision is oracle(
        plan, answer_empty=answer_empty
    )


@given(plans, st.booleans())
def test_only_accept_and_reject_have_points_and_in_their_ranges(
    plan: list[CheckRecord], answer_empty: bool
) -> None:
    ruling = decide(plan, answer_empty=answer_empty)

    if ruling.decision in (Decision.ESCALATE, Decision.ABSTAIN):
        assert ruling.score is None
    else:
        assert ruling.score is not None
        low, high = (70, 100) if ruling.decision is Decision.ACCEPT else (0, 69)
        assert low <= ruling.score <= high


@given(plans)
def test_an_empty_answer_is_never_accepted(plan: list[CheckRecord]) -> None:
    assert decide(plan, answer_empty=True).decision is not Decision.ACCEPT


@given(plans)
def test_nothing_is_accepted_without_a_sufficient_check_that_passed(
    plan: list[CheckRecord],
) -> None:
    if decide(plan, answer_empty=False).decision is Decision.ACCEPT:
        assert any(
            record.sufficient and record.result.status is CheckStatus.PASS for record in plan
        )


@given(plans)
def test_a_failed_required_check_rejects_with_at_most_20(plan: list[CheckRecord]) -> None:
    assume(any(r.required and r.result.status is CheckStatus.FAIL for r in plan))

    ruling = decide(plan, answer_empty=False)

    assert ruling.decision is Decision.REJECT
    assert ruling.score is not None
    assert ruling.score <= 20


def errored(record: CheckRecord) -> CheckRecord:
    result = CheckResult(record.result.check, CheckStatus.ERROR, None, "?", reason=Reason.INTERNAL)
    return replace(record, result=result)


def scored(record: CheckRecord, points: int) -> CheckRecord:
    status = CheckStatus.PASS if points >= record.pass_at else CheckStatus.FAIL
    return replace(record, result=CheckResult(record.result.check, status, points, "?"))


@given(plans, st.data())
def test_an_error_never_becomes_a_fail(plan: list[CheckRecord], data: st.DataObject) -> None:
    """An error in place of a result rejects only where any result in its place would."""
    assume(plan)
    at = data.draw(st.integers(0, len(plan) - 1))
    assume(plan[at].result.status is not CheckStatus.SKIPPED)
    with_error = [*plan[:at], errored(plan[at]), *plan[at + 1 :]]

    if decide(with_error, answer_empty=False).decision is Decision.REJECT:
        points = data.draw(st.integers(0, 100))
        known = [*plan[:at], scored(plan[at], points), *plan[at + 1 :]]
        assert decide(known, answer_empty=False).decision is Decision.REJECT


@given(plans, st.booleans(), st.data())
def test_more_points_never_make_a_decision_worse(
    plan: list[CheckRecord], answer_empty: bool, data: st.DataObject
) -> None:
    known = [r for r in plan if r.result.score is not None]
    assume(known)
    at = data.draw(st.integers(0, len(known) - 1))
    better = data.draw(st.integers(known[at].result.score or 0, 100))
    raised = [*known[:at], scored(known[at], better), *known[at + 1 :]]

    before = decide(known, answer_empty=answer_empty)
    after = decide(raised, answer_empty=answer_empty)

    assert RANK[after.decision] >= RANK[before.decision]


@given(plans)
def test_abstain_always_names_an_error_of_ours(plan: list[CheckRecord]) -> None:
    if decide(plan, answer_empty=False).decision is Decision.ABSTAIN:
        assert any(record.result.status is CheckStatus.ERROR for record in plan)


@given(plans, st.booleans())
def test_a_skipped_check_changes_nothing(plan: list[CheckRecord], answer_empty: bool) -> None:
    counted = [record for record in plan if record.result.status is not CheckStatus.SKIPPED]

    with_skipped = decide(plan, answer_empty=answer_empty)
    without = decide(counted, answer_empty=answer_empty)

    assert (with_skipped.decision, with_skipped.score) == (without.decision, without.score)


@given(plans, st.booleans(), st.randoms())
def test_the_order_of_checks_does_not_matter(
    plan: list[CheckRecord], answer_empty: bool, random: object
) -> None:
    shuffled = list(plan)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    before = decide(plan, answer_empty=answer_empty)
    after = decide(shuffled, answer_empty=answer_empty)

    assert (before.decision, before.score) == (after.decision, after.score)


@given(plans, st.booleans())
def test_every_decision_has_a_reason_and_a_confidence(
    plan: list[CheckRecord], answer_empty: bool
) -> None:
    ruling = decide(plan, answer_empty=answer_empty)

    assert ruling.reasons
    assert all(reason.strip() for reason in ruling.reasons)
    assert 0 <= confidence(plan, ruling.decision, ruling.score) <= 1
