from __future__ import annotations

from checkers.protocol import CheckStatus
from tests.unit.checkers.bench import judge

ARGUMENT = (
    "We sort the intervals by their start, because then two intervals overlap exactly when the next"
    " one starts before the current one ends; so one pass over the sorted list is enough, and the"
    " cost is dominated by sorting, which takes n log n comparisons."
)
ASKED = {"check": "reasoning", "min_words": 20}


def test_an_argument_passes() -> None:
    assert judge(ASKED, "42", reasoning=ARGUMENT).status is CheckStatus.PASS


def test_without_an_argument_it_fails() -> None:
    for text in (None, "", "   ", "!!! ??? ..."):
        assert judge(ASKED, None if text is None else " ", reasoning=text).score == 0


def test_a_copy_of_the_task_or_of_the_answer_fails() -> None:
    assert judge(ASKED, "42", reasoning=ARGUMENT, description=ARGUMENT).score == 0
    assert judge(ASKED, ARGUMENT, reasoning=ARGUMENT.upper()).score == 0


def test_repetition_fails() -> None:
    assert judge(ASKED, "42", reasoning="because it is so " * 20).score == 0
    assert judge(ASKED, "42", reasoning="word " * 50).score == 0


def test_a_short_text_and_a_missing_mention_fail() -> None:
    assert judge(ASKED, "42", reasoning="Because it is so.").status is CheckStatus.FAIL
    options = {**ASKED, "must_mention": ["n log n", "interval tree"]}
    assert judge(options, "42", reasoning=ARGUMENT).status is CheckStatus.FAIL
    options = {**ASKED, "must_mention": ["N LOG N", "sort"]}
    assert judge(options, "42", reasoning=ARGUMENT).status is CheckStatus.PASS


def test_a_hostile_text_costs_linear_time() -> None:
    combining = "a" + "\u0301\u0323" * 500_000

    assert judge(ASKED, "42", reasoning=combining).duration_s < 20
