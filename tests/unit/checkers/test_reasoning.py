from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


TASK = (
    "Merge overlapping intervals of a booking calendar and return the merged spans in ascending"
    " order of their beginning."
)
ELSEWHERE = (
    "The recipe needs two eggs and a little flour, and it is best to let the dough rest for one"
    " hour before you put it into the oven, because then the crust will become light and crisp."
)


def categories(reasoning: str, content: str = "42", description: str = "") -> list[str]:
    result = judge(ASKED, content, reasoning=reasoning, description=description)
    return [finding.category for finding in result.findings]


def test_an_argument_about_something_else_is_unrelated() -> None:
    assert categories(ELSEWHERE, description=TASK) == ["unrelated"]
    assert categories(ARGUMENT, description=TASK) == []


def test_another_language_than_the_task_s_is_not_called_unrelated() -> None:
    german = (
        "Man sortiert zuerst nach dem Anfang, denn dann liegen Zeiten, die sich schneiden, immer"
        " direkt hintereinander, und ein einziger Durchgang genügt, um sie der Reihe nach zu"
        " vereinigen; am teuersten bleibt damit das Sortieren selbst."
    )
    assert categories(german, description=TASK) == []


def test_stock_phrases_and_sentences_said_before_are_padding() -> None:
    stock = (
        "It is important to note that all things considered this plays a crucial role. Needless to"
        " say, at the end of the day there are many factors to consider, and last but not least it"
        " is worth noting that sorting helps. I hope this helps, feel free to ask for more."
    )
    assert categories(stock) == ["padding"]
    said = "We sort them by start. One pass is enough here. " * 2
    other = "The cost is dominated by sorting those spans."
    assert categories(said + said.upper() + other) == ["padding"]
    assert categories(ARGUMENT + " " + "=" * 400) == ["padding"]


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("so the answer is 41.", "42"),
        ("thus the result = **1,204**", "1240"),
        (r"and finally \boxed{-3}", "3"),
        ("Hence the answer is: no", "Yes."),
        ("so the answer is B", "(C)"),
        ("the total is 12.51", "12.5"),
        ("The answer is 3. No, I forgot one: the answer is 4.", "3"),
        ("the answer is 12 %", "0.13"),
    ],
)
def test_an_argument_that_ends_elsewhere_contradicts_its_answer(ending: str, content: str) -> None:
    found = categories(f"{ARGUMENT} {ending}", content)

    assert found == ([] if ending == "the total is 12.51" else ["contradiction"])


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("so the answer is 42.", "42"),
        ("so the answer is not 41 but what we found", "42"),
        ("the value of x is 3.14159", "3.14"),
        ("the answer is 12 %", "0.12"),
        ("the answer is 1,204", "1204"),
        ("the answer is \N{MINUS SIGN}3", "-3"),
        ("the answer is 2/3", "0.667"),
        ("the answer is 5. Checked: the answer is 4.", "4"),
        ("the answer is true", "yes"),
        ("the answer is a tree", "b"),
        ("the answer is B", "42"),
        ("the result is 10^6", "1000000"),
    ],
)
def test_what_agrees_or_cannot_be_compared_is_no_contradiction(ending: str, content: str) -> None:
    assert categories(f"{ARGUMENT} {ending}", content) == []


def test_an_argument_that_gives_up_says_so() -> None:
    assert categories(ARGUMENT + " I could not solve the last part.") == ["gives_up"]
    assert categories("As an AI language model " + ARGUMENT) == ["gives_up"]


@given(text=st.text(max_size=400), content=st.text(max_size=60))
def test_no_text_breaks_the_measures(text: str, content: str) -> None:
    result = judge(ASKED, content, reasoning=text)

    assert result.status in (CheckStatus.PASS, CheckStatus.FAIL)


def test_long_hostile_texts_cost_linear_time() -> None:
    for piece in ("the answer is ", "\\boxed{", "1,234", "i could not ", "a. ", "(((", "9" * 50):
        assert judge(ASKED, piece * 1000, reasoning=piece * 40_000).duration_s < 20


def test_how_many_points_are_missing_is_not_told() -> None:
    told = {
        judge({**ASKED, "must_mention": words}, "42", reasoning=ARGUMENT).summary
        for words in (["heap"], ["heap", "tree"], ["sort", "heap"])
    }

    assert told == {"does not mention all that is asked for"}
