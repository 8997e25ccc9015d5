"""What cannot go on: what holds it, ends it or tells of it, and what proves nothing was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.devnet import SECOND
from tests.unit.posting.moody import moody
from validator import errors
from validator.domain.posting import PostState
from validator.posting.alerts import Alert
from validator.posting.setbacks import ABSENCES, MAX_STUCK

if TYPE_CHECKING:
    from tests.fakes.posting import PostHouse

REFUSED = errors.SigningRefusedError


def test_a_verdict_that_is_signed_and_that_no_node_takes_is_never_held(house: PostHouse) -> None:
    answer = house.answer(40)
    (node,) = house.nodes

    def away(data: bytes) -> None:
        raise errors.ChainUnreadableError(f"it takes no {len(data)} bytes")

    node.submit = away  # type: ignore[method-assign]
    signer = moody(house, errors.ChainUnreadableError("they differ"))
    house.run(MAX_STUCK - 2)
    signer.error = None
    house.run(5)

    post = house.post(answer)
    assert (post.state, post.nonce) == (PostState.IN_PROGRESS, 1)
    with pytest.raises(errors.PostMovedError):
        house.posts.withdraw(answer, "it waits for too long")


@pytest.mark.parametrize(
    "error",
    [errors.ApprovalNeededError("two"), errors.InvalidDocumentError("no"), REFUSED("no", "x")],
    ids=["held", "ended", "told"],
)
def test_a_refusal_holds_and_ends_nothing_of_which_the_signer_has_a_signature(
    house: PostHouse, error: errors.ValidatorError
) -> None:
    answer = house.answer(40)
    signer = moody(house)
    signer.loses_reply = True
    house.step()
    assert (house.state(answer), house.post(answer).nonce) == (PostState.IN_PROGRESS, None)
    signer.error, signer.loses_reply = error, False
    house.run(MAX_STUCK + 5)
    assert house.state(answer) is PostState.IN_PROGRESS
    assert house.alerts.counts == {Alert.NODE: 1}
    signer.error = None
    house.run(12)

    assert house.state(answer) is PostState.FINALIZED
    assert len(house.own_transactions()) == 1


def begun(house: PostHouse) -> str:
    """The one post that the signer was asked about."""
    (post,) = house.posts.find((PostState.IN_PROGRESS,))
    return post.answer_id


@pytest.mark.parametrize(
    "error",
    [
        errors.ChainUnreadableError("it does not show it"),
        errors.InvalidParameterError("nonce: of another form"),
        errors.NotFoundError("no such answer"),
        errors.StoreDamagedError("not about it"),
        errors.EvidenceKeyError("no key of salts"),
        REFUSED("no", "nonce_taken"),
        REFUSED("no", "at_or_above_high_watermark"),
        REFUSED("no", "a word of tomorrow"),
    ],
    ids=lambda error: getattr(error, "why", error.code),
)
def test_a_verdict_that_the_signer_never_gets_to_makes_room_for_others(
    house: PostHouse, error: errors.ValidatorError
) -> None:
    names = {house.answer(40), house.answer(30, SECOND)}
    signer = moody(house, error)
    house.step()
    stuck = signer.only = begun(house)
    (other,) = names - {stuck}
    for _ in range(MAX_STUCK * 2):
        house.step()  # many steps at one head are one try
    house.run(MAX_STUCK - 1)
    assert house.state(stuck) is PostState.IN_PROGRESS
    assert house.alerts.counts == {Alert.NODE: 1}
    house.run(ABSENCES)
    assert house.state(stuck) is PostState.HELD
    assert house.post(stuck).reason == error.detail
    house.run(12)

    assert house.state(other) is PostState.FINALIZED
    assert house.alerts.counts == {Alert.NODE: 1, Alert.OPERATOR: 1}
    signer.error = None
    house.posts.approve(stuck, "ops")
    house.run(12)
    assert house.state(stuck) is PostState.FINALIZED


@pytest.mark.parametrize(
    "error",
    [
        errors.SigningClosedError("paused by the operator"),
        errors.SignerUnavailableError("away"),
        errors.StoreUnavailableError("the disk is full"),
        REFUSED("no", "key_disabled"),
    ],
    ids=lambda error: getattr(error, "why", error.code),
)
def test_a_signer_that_signs_for_nobody_is_told_of_and_no_verdict_needs_an_approval_for_it(
    house: PostHouse, error: errors.ValidatorError
) -> None:
    answers = house.answer(40), house.answer(30, SECOND)
    signer = moody(house, error)
    house.run(MAX_STUCK * 3)
    assert house.alerts.counts == {Alert.NODE: 1}
    assert {house.state(each) for each in answers} == {PostState.IN_PROGRESS, PostState.UNSTARTED}
    signer.error = None
    house.run(25)

    assert {house.state(each) for each in answers} == {PostState.FINALIZED}


def test_a_begun_verdict_of_which_nothing_is_signed_is_over_past_its_deadline(
    house: PostHouse,
) -> None:
    answer = house.answer(40)
    signer = moody(house, errors.SigningClosedError("paused"))
    house.step()
    house.world.node.skip(2_000_000)
    house.world.mine()
    signer.error = None
    house.run(ABSENCES - 2)
    asked = signer.asked
    assert house.state(answer) is PostState.IN_PROGRESS
    house.run(2)

    post = house.post(answer)
    assert (post.state, post.nonce, signer.asked) == (PostState.FATAL_ERROR, None, asked)
    assert asked == 1
    assert "deadline" in str(post.reason)
    assert house.alerts.counts == {Alert.LATE: 1}


@pytest.mark.parametrize("unseen", range(ABSENCES))
def test_what_the_signer_shows_late_of_a_lost_request_is_neither_ended_nor_made_twice(
    house: PostHouse, unseen: int
) -> None:
    answer = house.answer(40)
    signer = moody(house)
    signer.loses_reply = True
    house.step()
    house.world.node.skip(2_000_000)
    house.world.mine()
    signer.loses_reply, signer.unseen = False, unseen
    house.run(15)

    assert house.post(answer).nonce == 1
    assert house.state(answer) is PostState.FINALIZED
    assert len(house.own_transactions()) == 1


def test_a_signer_that_is_away_between_two_looks_begins_the_count_again(house: PostHouse) -> None:
    answer = house.answer(40)
    away = errors.SignerUnavailableError("away")
    signer = moody(house, away)
    house.step()
    house.world.node.skip(2_000_000)
    for _ in range(ABSENCES * 2):
        signer.error = None if signer.error else away
        house.world.mine()
        house.step()

    assert house.state(answer) is PostState.IN_PROGRESS
    signer.error = None
    house.run(ABSENCES)
    assert house.state(answer) is PostState.FATAL_ERROR
    assert signer.asked == 1
