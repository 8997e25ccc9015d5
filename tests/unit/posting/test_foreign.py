"""Nodes that show a score under our key which nobody of ours gave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.fakes.chain import KEY
from tests.fakes.devnet import SECOND, VALIDATOR
from tests.unit.posting.settled import settled
from validator.domain.posting import PostState
from validator.posting.alerts import Alert
from validator.wire.tos.rules import Score

if TYPE_CHECKING:
    from tests.fakes.posting import PostHouse, WorldNode
    from validator.wire.tos.rules import Task


class Lying:
    """Shows a score of 99 under our key for one answer, on behalf of a node."""

    def __init__(self, node: WorldNode) -> None:
        self.about: str | None = None
        self._honest = node.task
        node.task = self.task  # type: ignore[method-assign]

    def task(self, task_id: bytes) -> Task | None:
        found = self._honest(task_id)
        if found is None or self.about is None:
            return found
        answers = tuple(
            replace(each, validation_scores=(Score(KEY.public, 99, each.submitted_at),))
            if each.answer_id.hex() == self.about
            else each
            for each in found.submitted_answers
        )
        return replace(found, submitted_answers=answers)


def test_a_node_that_shows_a_foreign_score_stops_what_is_not_begun_for_as_long_as_it_does(
    house: PostHouse,
) -> None:
    lying = Lying(house.nodes[0])
    first = house.answer(40)
    lying.about = first
    house.run(3)
    second = house.answer(20, SECOND)
    urgent = house.answer(90, VALIDATOR)  # whichever comes next, the first was seen already
    house.run(3)
    names = (first, second, urgent)
    assert {house.state(each) for each in names} == {PostState.UNSTARTED}
    assert "99 points under our key" in str(house.poster.halted)
    assert house.poster.status().halted == house.poster.halted
    assert house.alerts.counts == {Alert.FOREIGN_SCORE: 1}

    lying.about = None
    house.run(25)
    assert house.poster.halted is None
    settled(house, first, 40)
    settled(house, second, 20)
    assert house.alerts.counts == {Alert.FOREIGN_SCORE: 1}
    lying.about = second
    house.run(1)  # it is final, and looked at no more
    assert house.poster.halted is None


def test_a_foreign_score_for_what_is_out_stops_what_is_not_and_no_restart_is_needed(
    house: PostHouse,
) -> None:
    sent = house.answer(40)
    house.step()
    lying = Lying(house.nodes[0])
    lying.about = sent
    waiting = house.answer(30, SECOND)
    house.run(12)
    assert house.state(sent) is PostState.UNCONFIRMED
    assert house.state(waiting) is PostState.UNSTARTED
    lying.about = None
    house.run(25)

    settled(house, sent, 40)
    settled(house, waiting, 30)
    assert house.alerts.counts == {Alert.FOREIGN_SCORE: 1}


def test_an_answer_that_the_operator_withdraws_stops_no_other(house: PostHouse) -> None:
    lying = Lying(house.nodes[0])
    lying.about = house.answer(40)
    house.run(1)
    other = house.answer(30, SECOND)
    house.run(2)
    assert house.state(other) is PostState.UNSTARTED
    house.posts.withdraw(lying.about, "a score that is not ours")
    house.run(12)

    settled(house, other, 30)
