"""What a page of a review shows, and that a bent record ends in one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.reviews import CANARY, GOLD, record_of
from validator.errors import ReviewRecordError
from validator.experts.page import page_of


def bent(**changes: Any) -> bytes:
    return json.dumps(json.loads(record_of(80)) | changes).encode()


def test_a_quote_is_marked_where_it_is() -> None:
    (piece,) = page_of(record_of(80), str)["answer"]

    (mark,) = piece["marks"]
    assert piece["text"][mark["start"] : mark["end"]] == "world"
    assert (mark["seat"], mark["tier"]) == ("small-1", "standard")


def test_a_quote_that_is_not_there_is_not_marked() -> None:
    (piece,) = page_of(record_of(80), lambda text: "x" + text)["answer"]

    assert piece["marks"] == []


def test_prompts_canary_and_gold_are_not_on_it() -> None:
    shown = json.dumps(page_of(record_of(80), str))

    assert CANARY not in shown
    assert GOLD not in shown
    assert "because" not in shown


def test_a_debate_is_shown_with_the_plain_median_beside_it() -> None:
    record = json.loads(record_of(80))
    debate = {
        "issues": ["right"], "turns": [{"round": 1, "seat": "a"}], "claims": [], "rulings": [],
        "chair": "c", "plain_median": 60, "debated_median": 70, "labels": {}, "settled": {},
    }  # fmt: skip
    record["steps"][0]["debate"] = debate

    (shown,) = page_of(json.dumps(record).encode(), str)["debate"]

    assert (shown["plain_median"], shown["debated_median"], shown["tier"]) == (60, 70, "standard")
    assert "labels" not in shown


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"[]",
        b"{}",
        b'{"case": 1, "case": 2}',
        bent(steps=None),
        bent(calls=[{}]),
        bent(case={"answer": [], "rubric": None}),
    ],
)
def test_what_is_no_record_is_one_sentence(record: bytes) -> None:
    with pytest.raises(ReviewRecordError):
        page_of(record, str)
