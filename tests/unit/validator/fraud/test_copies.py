from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.validator.fraud.making import copy
from validator.fraud.copies import Source, near_duplicates
from validator.fraud.precedence import ChainAnswer, Precedence, Standing, precedence

FIRST = ChainAnswer("one", "alice", 100, 80)


def test_only_the_later_author_is_flagged_with_an_answer_of_his_own() -> None:
    found = near_duplicates([copy("thief", "victim", 20, "src", 10)], margin=2)

    assert [(flag.account, flag.weight) for flag in found] == [("thief", 0.6)]
    assert "src" not in found[0].evidence
    assert found[0].as_flag().kind == "near_duplicate"


@pytest.mark.parametrize("before", [18, 20, 25])
def test_nobody_is_flagged_where_the_order_is_unclear_or_the_other_way(before: int) -> None:
    assert near_duplicates([copy("x", "y", 20, "src", before)], margin=2) == []


def test_what_both_took_from_the_tasks_material_is_no_copy() -> None:
    assert near_duplicates([copy("x", "y", 20, "src", 1, source_derived=0.96)], 0) == []
    assert near_duplicates([copy("x", "y", 20, "src", 1, source_derived=0.5)], 0)


def test_one_may_mend_ones_own_answer_and_not_sell_it_twice() -> None:
    mended = copy("x", "x", 20, "src", 1)
    again = replace(mended, source=Source.OTHER_TASK)

    assert near_duplicates([mended], 0) == []
    assert [flag.weight for flag in near_duplicates([again], 0)] == [0.2]


@pytest.mark.parametrize(
    ("source", "weight"), [(Source.TASK, 0.4), (Source.MATERIAL, 0.1), (Source.OTHER_TASK, 0.4)]
)
def test_each_source_has_its_weight(source: Source, weight: float) -> None:
    one = replace(copy("x", "y", 20, "src", 1), source=source)

    assert [flag.weight for flag in near_duplicates([one], 0)] == [weight]


def test_a_copy_on_the_chain_scores_below_its_original() -> None:
    copied = ChainAnswer("two", "bob", 120)

    assert precedence(copied, [FIRST], 5) == Precedence(Standing.CAPPED, 79, ("one",))
    better = replace(FIRST, answer_id="b", submitter="carol", score=90)
    assert precedence(copied, [FIRST, better], 5).at_most == 79


def test_an_order_within_some_blocks_goes_up_from_both_sides() -> None:
    near = ChainAnswer("two", "bob", 104, 60)

    assert precedence(near, [FIRST], 5).standing is Standing.UNCLEAR
    assert precedence(FIRST, [near], 5).standing is Standing.UNCLEAR
    assert precedence(near, [FIRST], 3).standing is Standing.CAPPED


def test_an_original_without_a_score_goes_up() -> None:
    found = precedence(ChainAnswer("two", "bob", 120), [replace(FIRST, score=None)], 5)

    assert found == Precedence(Standing.UNCLEAR, because_of=("one",))


def test_the_original_is_not_touched_by_later_copies_nor_by_ones_own() -> None:
    later = ChainAnswer("two", "bob", 300, 90)

    assert precedence(FIRST, [later], 5) == Precedence(Standing.FREE)
    assert precedence(replace(later, submitter="alice"), [FIRST], 5).standing is Standing.FREE


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 100)), max_size=6), st.integers(0, 9))
def test_no_capped_answer_reaches_an_earlier_one(
    others: list[tuple[int, int]], blocks: int
) -> None:
    alike = [ChainAnswer(f"o{n}", f"m{n}", at, score) for n, (at, score) in enumerate(others)]
    found = precedence(ChainAnswer("x", "bob", 200), alike, blocks)
    earlier = [one.score for one in alike if one.height < 200 and one.score is not None]

    if found.standing is Standing.CAPPED:
        assert all(found.at_most < score for score in earlier)
    if found.standing is Standing.FREE:
        assert earlier == []
