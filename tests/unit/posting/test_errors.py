"""Every row of the table of errors, seen at the poster: what becomes of the post."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from tests.fakes.devnet import SECOND, world
from tests.fakes.posting import DeskClient, PostHouse, post_house
from tests.unit.posting.moody import Moody, moody
from validator import errors
from validator.domain.posting import PostState
from validator.posting.alerts import Alert
from validator.posting.line import SignerLine
from validator.posting.outcomes import BY_WHY, Outcome, outcome
from validator.protection.rules import Refusal
from validator.store.chain_tables import posts

if TYPE_CHECKING:
    from pathlib import Path


REFUSED = errors.SigningRefusedError


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (errors.SigningClosedError("quiet"), PostState.IN_PROGRESS, {}),
        (errors.SignerUnavailableError("away"), PostState.IN_PROGRESS, {}),
        (errors.ChainUnreadableError("they differ"), PostState.IN_PROGRESS, {}),
        (errors.CeilingError("too many", "per_hour"), PostState.IN_PROGRESS, {}),
        (errors.UnfoundedVerdictError("not yet", "not_stable"), PostState.IN_PROGRESS, {}),
        (errors.StoreUnavailableError("busy"), PostState.IN_PROGRESS, {}),
        (errors.ValidatorError("a defect"), PostState.IN_PROGRESS, {}),
        (errors.ApprovalNeededError("two hosts"), PostState.HELD, {Alert.OPERATOR: 1}),
        (
            errors.UnfoundedVerdictError("no", "score"),
            PostState.FATAL_ERROR, {Alert.REFUSED: 1},
        ),
        (errors.InvalidEvidenceError("no"), PostState.FATAL_ERROR, {Alert.REFUSED: 1}),
        (REFUSED("no", "nonce_taken"), PostState.IN_PROGRESS, {}),
        (REFUSED("no", "nonce_spent"), PostState.IN_PROGRESS, {}),
        (REFUSED("no", "nonce_open"), PostState.IN_PROGRESS, {}),
        (REFUSED("no", "not_observed"), PostState.IN_PROGRESS, {}),
        (REFUSED("no", "key_halted"), PostState.IN_PROGRESS, {Alert.NODE: 1}),
        (REFUSED("no", "on_chain"), PostState.UNCONFIRMED, {}),
        (REFUSED("no", "foreign_score"), PostState.IN_PROGRESS, {Alert.FOREIGN_SCORE: 1}),
        (REFUSED("no", "a word of tomorrow"), PostState.IN_PROGRESS, {Alert.NODE: 1}),
        (REFUSED("no", "other_answer"), PostState.FATAL_ERROR, {Alert.REFUSED: 1}),
        (REFUSED("no", "never_sign"), PostState.FATAL_ERROR, {Alert.REFUSED: 1}),
        (
            REFUSED("no", "at_or_below_low_watermark"),
            PostState.FATAL_ERROR, {Alert.REFUSED: 1},
        ),
        (
            errors.VerdictConflictError("no", "other_score"),
            PostState.FATAL_ERROR, {Alert.CONFLICT: 1},
        ),
    ],
)  # fmt: skip
def test_each_refusal_of_the_signer_has_its_outcome(
    house: PostHouse, error: errors.ValidatorError, state: PostState, told: dict[Alert, int]
) -> None:
    answer = house.answer(40)
    signer = moody(house, error)
    house.step()

    post = house.post(answer)
    assert post.state is state
    assert house.alerts.counts == told
    assert house.scores(answer) == []
    if state is not PostState.UNCONFIRMED and outcome(error) is not Outcome.HALT:
        assert post.reason == error.detail
    if outcome(error) is Outcome.HALT:
        assert house.poster.halted == error.detail
    elif state is PostState.IN_PROGRESS:
        signer.error = None
        house.run(12)
        assert house.state(answer) is PostState.FINALIZED
        assert house.scores(answer) == [40]


def test_every_refusal_of_the_history_has_its_outcome_by_name() -> None:
    words = {why.value for why in Refusal if not why.is_conflict}
    assert words == set(BY_WHY)


ENDINGS = [
    errors.ApprovalNeededError("two hosts"),
    errors.CeilingError("too many", "per_hour"),
    errors.InvalidDocumentError("not JSON"),
    errors.InvalidEvidenceError("no"),
    errors.UnfoundedVerdictError("no", "score"),
    errors.UnfoundedVerdictError("no", "not_stable"),
    errors.VerdictConflictError("no", "other_root"),
    *(REFUSED("no", word) for word in sorted(BY_WHY) if word != "foreign_score"),
]


@pytest.mark.parametrize("error", ENDINGS, ids=lambda error: getattr(error, "why", error.code))
def test_what_may_be_at_a_node_is_neither_ended_nor_held(error: errors.ValidatorError) -> None:
    assert outcome(error, signed=True) in (Outcome.WAIT, Outcome.TELL)


def test_a_foreign_score_that_the_signer_proved_halts_whatever_is_signed() -> None:
    assert outcome(REFUSED("no", "foreign_score"), signed=True) is Outcome.HALT


@pytest.mark.parametrize(
    "error",
    [
        REFUSED("no", "never_sign"),
        errors.ApprovalNeededError("two"),
        errors.InvalidEvidenceError("no"),
    ],
    ids=["final", "approval", "evidence"],
)
def test_a_refusal_after_a_verdict_was_given_to_a_node_leaves_it_and_tells(
    house: PostHouse, error: errors.ValidatorError
) -> None:
    answer = house.answer(40)
    (node,) = house.nodes
    node.loses_reply = True
    house.step()
    assert house.post(answer).nonce == 1
    signer = moody(house, error)
    house.step()

    assert house.state(answer) is PostState.IN_PROGRESS
    assert house.alerts.counts == {Alert.NODE: 1}
    signer.error = None
    node.loses_reply = False
    house.run(12)
    assert house.state(answer) is PostState.FINALIZED
    assert house.scores(answer) == [40]


@pytest.mark.parametrize(
    ("refusal", "state", "told"),
    [
        ("nonce", PostState.UNCONFIRMED, {}),
        ("reference", PostState.IN_PROGRESS, {}),
        ("syncing", PostState.IN_PROGRESS, {}),
        ("fee", PostState.IN_PROGRESS, {Alert.NODE: 1}),
        ("funds", PostState.IN_PROGRESS, {Alert.NODE: 1}),
        ("other", PostState.IN_PROGRESS, {Alert.NODE: 1}),
        ("a word of tomorrow", PostState.IN_PROGRESS, {Alert.NODE: 1}),
    ],
)
def test_each_refusal_of_a_node_has_its_outcome(
    house: PostHouse, refusal: str, state: PostState, told: dict[Alert, int]
) -> None:
    answer = house.answer(40)
    (node,) = house.nodes
    node.refuses = refusal
    house.step()
    assert house.state(answer) is state
    assert house.alerts.counts == told

    node.refuses = None
    house.run(20)
    assert house.state(answer) is PostState.FINALIZED
    assert house.scores(answer) == [40]
    assert len(house.own_transactions()) == 1


def test_a_node_that_wants_a_greater_fee_gets_it_under_the_same_nonce(tmp_path: Path) -> None:
    with post_house(tmp_path, world()) as house:
        answer = house.answer(40)
        (node,) = house.nodes
        node.refuses = "fee"
        house.run(1)
        node.refuses = None
        rich = house.settings.model_copy(update={"fee": 20_000})
        object.__setattr__(house.poster._parts, "settings", rich)
        take = node.submit

        def picky(data: bytes) -> None:
            if len(node.given) == 0 and (20_000).to_bytes(8, "big") not in data:
                raise errors.SubmitRefusedError("fee too low", "fee")
            take(data)

        node.submit = picky  # type: ignore[method-assign]
        house.run(12)

        (sent,) = house.own_transactions()
        assert (sent.fee, sent.nonce) == (20_000, 1)
        assert house.state(answer) is PostState.FINALIZED


def test_a_lost_reply_leaves_the_attempt_and_the_next_head_goes_on(house: PostHouse) -> None:
    answer = house.answer(40)
    (node,) = house.nodes
    node.loses_reply = True
    house.step()
    assert house.state(answer) is PostState.IN_PROGRESS
    node.loses_reply = False
    house.run(12)

    assert house.state(answer) is PostState.FINALIZED
    assert len(house.own_transactions()) == 1


@pytest.mark.parametrize("blocks", [0, 2], ids=["not-yet-mined", "mined"])
def test_a_verdict_that_the_signer_recorded_wins_over_one_made_since(
    house: PostHouse, blocks: int
) -> None:
    answer = house.answer(55)
    house.step()
    for _ in range(blocks):
        house.world.mine()
    _forget(house, answer, 66)
    house.run(15)

    post = house.post(answer)
    assert (post.state, post.score) == (PostState.FINALIZED, 55)
    assert house.scores(answer) == [55]
    assert house.alerts.counts == {Alert.CONFLICT: 1}
    assert house.poster.halted is None


def _forget(house: PostHouse, answer: str, score: int) -> None:
    """Put the row back to what an older database, and another judgement, make of it."""
    old = {"state": "unstarted", "score": score, "nonce": None, "tx_hash": None, "root": None}
    house.database.write(
        lambda c: c.execute(update(posts).where(posts.c.answer_id == answer).values(**old))
    )


def test_a_verdict_posted_in_a_lost_past_is_read_back_and_not_posted_again(
    house: PostHouse,
) -> None:
    answer = house.answer(40)
    house.run(12)
    _forget(house, answer, 40)
    house.run(3)

    assert house.state(answer) is PostState.FINALIZED
    assert len(house.own_transactions()) == 1


def test_without_evidence_nothing_is_signed_and_others_go_first(house: PostHouse) -> None:
    answer, other = house.answer(40), house.answer(30, SECOND)
    house.evidence.missing.add(answer)
    house.run(12)

    assert house.state(answer) is PostState.UNSTARTED
    assert house.post(answer).reason == "no evidence was kept"
    assert house.state(other) is PostState.FINALIZED
    house.evidence.missing.clear()
    house.run(12)
    assert house.state(answer) is PostState.FINALIZED


def test_evidence_that_cannot_be_kept_holds_up_the_end_and_not_the_verdict(
    house: PostHouse,
) -> None:
    answer = house.answer(40)
    house.evidence.full = True
    house.run(12)
    assert house.state(answer) is PostState.CONFIRMED
    assert house.scores(answer) == [40]
    house.evidence.full = False
    house.run(1)

    assert house.state(answer) is PostState.FINALIZED
    assert answer in house.evidence.kept


def test_a_post_that_fails_many_heads_in_a_row_is_told_of_once(house: PostHouse) -> None:
    answer = house.answer(40)
    house.evidence.full = True
    house.run(10)
    before = house.alerts.counts
    for _ in range(house.settings.stuck_blocks * 2):
        house.step()  # many steps at one head are one failure
    assert (before, house.alerts.counts) == ({}, {})
    house.run(house.settings.stuck_blocks * 2)
    assert house.alerts.counts == {Alert.STUCK: 1}

    house.evidence.full = False
    house.run(1)
    assert house.state(answer) is PostState.FINALIZED


def test_evidence_that_fits_no_more_is_told_of_and_does_not_hold_up_the_end(
    house: PostHouse,
) -> None:
    answer = house.answer(40)
    house.evidence.unfit = True
    house.run(12)

    assert house.state(answer) is PostState.FINALIZED
    assert house.alerts.counts == {Alert.EVIDENCE: 1}


def test_a_great_reward_is_held_for_the_operator_and_goes_out_with_the_word(
    tmp_path: Path,
) -> None:
    with post_house(tmp_path, world(), wait_ms=0) as house:
        object.__setattr__(house.signer.desk.signer._policy, "alone_reward_max", 10**9)
        answer = house.answer(90)
        house.run(2)
        assert house.state(answer) is PostState.HELD
        assert "workers of 2 hosts" in str(house.post(answer).reason)
        house.posts.approve(answer, "ops")
        house.run(12)

        assert house.state(answer) is PostState.FINALIZED
        assert house.scores(answer) == [90]


def test_the_line_is_opened_anew_when_it_broke_and_asks_once_more(house: PostHouse) -> None:
    opened: list[Moody] = []

    def connect() -> Moody:
        opened.append(Moody(DeskClient(house.signer), errors.SignerUnavailableError("gone")))
        return opened[-1]

    line = SignerLine(connect)
    for expected in (1, 2):
        with pytest.raises(errors.SignerUnavailableError):
            line.sign(None)  # type: ignore[arg-type]
        assert len(opened) == expected
    assert [each.asked for each in opened] == [1, 1]
    assert [each.closed for each in opened] == [[1], [1]]
