"""Labelled pairs: how many right answers are accepted, and no wrong one."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from checkers.math.compare import judge
from tests.components import SOAK, require_shared_data

Pair = tuple[str, bool, str, str]
OWN = Path(__file__).with_name("math_pairs.txt")
HARD = ("unit", "scientific", "unicode", "complex")


def own_pairs() -> list[Pair]:
    lines = [line for line in OWN.read_text(encoding="utf-8").splitlines() if " ¦ " in line]
    fields = [line.split(" ¦ ") for line in lines if not line.startswith("#")]
    return [(kind, sign == "=", expected, answer) for kind, sign, expected, answer in fields]


def public_pairs() -> list[Pair]:
    items = map(json.loads, require_shared_data("math/pairs.jsonl").read_text().splitlines())
    pairs = [(each["kind"], each["equivalent"], each["expected"], each["answer"]) for each in items]
    return pairs if SOAK else pairs[::3]


def verdict(expected: str, answer: str) -> str:
    return judge({"expected": [expected], "answer": answer})["answer"]


@pytest.mark.parametrize(
    ("kind", "equivalent", "expected", "answer"),
    own_pairs(),
    ids=[f"{place}-{pair[0]}" for place, pair in enumerate(own_pairs())],
)
def test_own_pairs_are_judged_as_labelled(
    kind: str, equivalent: bool, expected: str, answer: str
) -> None:
    found = verdict(expected, answer)

    assert found == "equal" if equivalent else found in ("different", "undecided"), kind


def test_public_pairs_are_judged_as_labelled() -> None:
    tally: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for kind, equivalent, expected, answer in public_pairs():
        tally[kind][equivalent, verdict(expected, answer)] += 1

    def total(equivalent: bool, *verdicts: str) -> int:
        return sum(kinds[equivalent, each] for kinds in tally.values() for each in verdicts)

    rights = total(True, "equal", "different", "undecided")
    assert total(False, "equal") == 0
    assert total(True, "equal") / rights >= 0.94
    assert total(True, "different") <= 3
    for kind in HARD:
        kinds = tally[kind]
        right = kinds[True, "equal"]
        assert right == right + kinds[True, "different"] + kinds[True, "undecided"], kind
