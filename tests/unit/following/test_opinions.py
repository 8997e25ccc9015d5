"""Tasks that only an opinion can decide, where nobody here could give one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain_content import TESTS, task_document
from tests.unit.following.test_answers import house  # noqa: F401 - a fixture
from validator.following.opinions import NOT_CONFIGURED, Opinions, needs_opinion
from validator.store.chain_values import TaskStanding

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.following.test_answers import House

REASONING = {"check": "reasoning", "min_words": 20}


@pytest.mark.parametrize(
    ("task", "needed"),
    [
        ({"type": "general"}, True),
        ({"type": "security_audit"}, True),
        ({"type": "algorithm_optimization"}, True),
        ({"type": "code"}, True),
        ({"type": "code_syntax"}, False),
        ({"type": "code", "checks": [TESTS]}, False),
        ({"type": "general", "checks": [REASONING]}, True),
        ({"type": "general", "checks": [REASONING | {"sufficient": True}]}, False),
        ({"type": "math", "checks": [{"check": "math", "expected": "4"}]}, False),
        ({"type": "math", "checks": [{"check": "math", "expected": "4", "sufficient": False}]},
         True),
        ({"type": "poem"}, False),
        ({"type": "code", "checks": [{"check": "magic"}]}, False),
    ],
)  # fmt: skip
def test_an_opinion_is_needed_where_no_check_can_accept(task: dict[str, Any], needed: bool) -> None:
    assert (needs_opinion(task) is not None) is needed


def market(house: House, judges: Callable[[str], bool], **task: Any) -> None:  # noqa: F811
    house.judging.opinions = Opinions(judges)
    house.market(task_document({"type": "code", "language": "python", **task}))
    house.turn()


def test_without_experts_such_a_task_is_declined_before_any_work(house: House) -> None:  # noqa: F811
    market(house, lambda _: False, checks=[REASONING])
    house.answer()
    house.turn(4)

    assert house.task.standing is TaskStanding.DECLINED
    assert str(house.task.sentence).startswith(f"declined: {NOT_CONFIGURED}")
    assert house.bodies == []


def test_with_experts_for_its_type_it_is_watched(house: House) -> None:  # noqa: F811
    asked: list[str] = []

    def judges(task_type: str) -> bool:
        asked.append(task_type)
        return True

    market(house, judges, checks=[REASONING])

    assert house.task.standing is TaskStanding.WATCHED
    assert asked == ["code"]


def test_what_a_check_decides_needs_nobody(house: House) -> None:  # noqa: F811
    market(house, lambda _: pytest.fail("nobody had to be asked"))

    assert house.task.standing is TaskStanding.WATCHED


def test_a_task_in_plain_text_is_the_operators_own_wish(house: House) -> None:  # noqa: F811
    house.plain_text = True
    house.restart()
    house.judging.opinions = Opinions(lambda _: False)
    house.market()
    house.publish("Compute 7*7 and explain.", task=b"\x01" * 32)
    house.turn()

    row = house.chain.store.task("01" * 32)
    assert row is not None
    assert row.standing is TaskStanding.WATCHED
