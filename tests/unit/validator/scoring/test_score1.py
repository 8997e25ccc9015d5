from __future__ import annotations

import pytest

from checkers.protocol import Case, CheckResult, CheckStatus, Reason
from validator.domain.verdict import CheckRecord, Decision
from validator.scoring import confidence, decide


def check(  # the contract's defaults for `tests` unless said otherwise
    score: int | None = 100,
    status: CheckStatus | None = None,
    *,
    name: str = "tests",
    weight: int = 1,
    required: bool = True,
    sufficient: bool = True,
    pass_at: int = 100,
    reason: Reason = Reason.INTERNAL,
    cases: tuple[Case, ...] = (),
    in_process: bool = False,
) -> CheckRecord:
    if status is None:
        status = CheckStatus.PASS if (score or 0) >= pass_at else CheckStatus.FAIL
    result = CheckResult(
        name,
        status,
        score,
        f"{name} said so",
        reason=reason if status is CheckStatus.ERROR else None,
        cases=cases,
        in_process=in_process,
    )
    return CheckRecord(result, weight, required, sufficient, pass_at)


ERROR = check(None, CheckStatus.ERROR)
UNDECIDED = check(None, CheckStatus.UNDECIDED)
REASONING = {"name": "reasoning", "required": False, "sufficient": False, "pass_at": 70}


def decision(*records: CheckRecord, answer_empty: bool = False) -> tuple[Decision, int | None]:
    ruling = decide(records, answer_empty=answer_empty)
    return ruling.decision, ruling.score


def test_a_passed_sufficient_check_accepts() -> None:
    assert decision(check(100)) == (Decision.ACCEPT, 100)


def test_the_total_is_the_weighted_floor() -> None:
    assert decision(check(100, weight=2), check(75, weight=1, **REASONING)) == (Decision.ACCEPT, 91)


def test_70_accepts_and_just_below_rejects() -> None:
    half = check(100, weight=50)

    assert decision(half, check(40, weight=50, **REASONING)) == (Decision.ACCEPT, 70)
    assert decision(half, check(39, weight=50, **REASONING)) == (Decision.REJECT, 69)


def test_a_failed_required_check_caps_the_points_at_20() -> None:
    assert decision(check(90)) == (Decision.REJECT, 20)
    assert decision(check(5)) == (Decision.REJECT, 5)


def test_necessary_checks_alone_escalate() -> None:
    syntax = check(100, name="syntax", sufficient=False)

    assert decision(syntax) == (Decision.ESCALATE, None)


def test_necessary_checks_alone_can_reject() -> None:
    assert decision(check(0, name="syntax", sufficient=False)) == (Decision.REJECT, 0)


def test_no_check_at_all_escalates() -> None:
    assert decision() == (Decision.ESCALATE, None)


def test_an_empty_answer_that_passes_everything_escalates() -> None:
    ruling = decide([check(100)], answer_empty=True)

    assert ruling.decision is Decision.ESCALATE
    assert "empty" in ruling.reasons[0]


def test_an_error_of_the_only_check_abstains() -> None:
    ruling = decide([ERROR], answer_empty=False)

    assert (ruling.decision, ruling.score) == (Decision.ABSTAIN, None)
    assert "not the answer" in ruling.reasons[0]


def test_an_undecided_only_check_escalates() -> None:
    assert decision(UNDECIDED) == (Decision.ESCALATE, None)


def test_an_error_that_cannot_matter_leaves_the_decision_standing() -> None:
    light = check(None, CheckStatus.ERROR, weight=1, **REASONING)

    assert decision(check(100, weight=9), light) == (Decision.ACCEPT, 100)


def test_an_error_beside_a_failed_required_check_still_rejects() -> None:
    assert decision(check(50), ERROR) == (Decision.REJECT, 20)


def test_a_light_error_beside_an_undecided_check_that_matters_escalates() -> None:
    light = check(None, CheckStatus.ERROR, weight=1, **REASONING)

    assert decision(check(None, CheckStatus.UNDECIDED, weight=9), light)[0] is Decision.ESCALATE


def test_an_error_that_matters_beside_an_undecided_check_abstains() -> None:
    assert decision(UNDECIDED, ERROR)[0] is Decision.ABSTAIN


def test_skipped_checks_count_for_nothing() -> None:
    skipped = check(None, CheckStatus.SKIPPED, weight=1000)

    assert decision(check(100), skipped) == (Decision.ACCEPT, 100)
    assert decision(skipped) == (Decision.ESCALATE, None)


def test_checks_without_weight_cannot_accept_but_can_reject() -> None:
    assert decision(check(100, weight=0)) == (Decision.ESCALATE, None)
    assert decision(check(0, weight=0)) == (Decision.REJECT, 0)


def test_a_sufficient_check_that_failed_without_being_required_does_not_accept() -> None:
    failed = check(60, weight=1, required=False)
    rest = check(100, name="syntax", weight=99, sufficient=False)

    ruling = decide([failed, rest], answer_empty=False)

    assert ruling.decision is Decision.ESCALATE
    assert ruling.reasons == ("No check that can prove an answer right passed",)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_cause_of_an_error_is_said_in_words(reason: Reason) -> None:
    ruling = decide([check(None, CheckStatus.ERROR, reason=reason)], answer_empty=False)

    assert "could not be made (" in ruling.reasons[0]


def test_the_first_reason_of_a_rejection_is_the_failed_required_check() -> None:
    minor = check(0, **REASONING)

    ruling = decide([minor, check(0)], answer_empty=False)

    assert ruling.reasons[0] == "The required check tests failed: tests said so"
    assert ruling.reasons[1] == "The check reasoning failed: reasoning said so"


def test_the_first_reason_of_an_acceptance_is_the_check_that_proves_it() -> None:
    syntax = check(100, name="syntax", sufficient=False)

    assert decide([syntax, check(100)], answer_empty=False).reasons[0].startswith("The check tests")


def test_a_total_below_70_is_the_reason_where_no_required_check_failed() -> None:
    ruling = decide([check(10, **REASONING)], answer_empty=False)

    assert ruling.reasons[0] == "The total of 10 points is below the 70 that an answer needs"


def test_skipped_proofs_are_named_as_such() -> None:
    skipped = check(None, CheckStatus.SKIPPED)

    ruling = decide([skipped, check(100, sufficient=False)], answer_empty=False)

    assert ruling.reasons == ("No check that can prove an answer right was run",)


def test_confidence_falls_with_everything_that_wobbles() -> None:
    sure = confidence([check(100)], Decision.ACCEPT, 100)
    shaky_case = Case("1", CheckStatus.PASS, marginal=True)

    assert sure == 0.99
    assert confidence([check(100, cases=(shaky_case,))], Decision.ACCEPT, 100) < sure
    assert confidence([check(100, in_process=True)], Decision.ACCEPT, 100) < sure
    assert confidence([check(100), ERROR], Decision.ACCEPT, 100) < sure
    assert confidence([check(100)], Decision.ACCEPT, 72) < sure
    assert confidence([check(90, **REASONING)], Decision.ESCALATE, None) < sure
    assert confidence([ERROR], Decision.ABSTAIN, None) < 0.5
