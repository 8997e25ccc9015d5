from __future__ import annotations

import random
import time
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from checkers.similarity import aligned

WORDS = random.Random(0).sample(range(2**32), 200)


def row(seed: int, length: int) -> array[int]:
    return array("I", random.Random(seed).choices(WORDS, k=length))


def reworded(tokens: array[int], share: float, seed: int) -> array[int]:
    """Replace, drop and add tokens, so that nothing keeps its place."""
    rng = random.Random(seed)
    made = array("I")
    for token in tokens:
        draw = rng.random()
        if draw < share / 3:
            continue
        made.append(token if draw > 2 * share / 3 else rng.choice(WORDS))
        if draw > 1 - share / 3:
            made.append(rng.choice(WORDS))
    return made


TOKENS = st.lists(st.integers(0, 3), max_size=120).map(lambda found: array("I", found))


@given(TOKENS, TOKENS, TOKENS)
def test_it_is_never_above_the_exact_ratio(
    before: array[int], one: array[int], other: array[int]
) -> None:
    shared = array("I", range(100, 130))
    left, right = before + shared + one, other + shared

    exact = Indel.normalized_similarity(left, right)

    assert aligned.ratio(left, right) <= exact + 1e-9


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4])
def test_a_long_copy_is_measured_as_exactly(share: float) -> None:
    one = row(1, 6000)
    other = row(2, 900) + reworded(one, share, 3)

    exact = Indel.normalized_similarity(one, other)

    assert aligned.ratio(one, other) == pytest.approx(exact, abs=0.02)


def test_two_long_honest_ones_stay_apart() -> None:
    assert aligned.ratio(row(1, 9000), row(2, 9000)) < 0.2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (row(1, 50_000), row(2, 50_000)),
        (row(1, 50_000), reworded(row(1, 50_000), 0.1, 5)),
        (array("I", [1, 2, 3] * 16_000), array("I", [1, 2, 4] * 16_000)),
        (array("I", range(50_000)), array("I", range(50_000, 0, -1))),
        (row(1, 50_000), row(2, 400)),
    ],
    ids=["honest", "copy", "periodic", "reversed", "short beside long"],
)
def test_fifty_thousand_tokens_cost_a_fraction_of_the_exact_ratio(
    one: array[int], other: array[int]
) -> None:
    start = time.process_time()
    aligned.ratio(one, other)

    assert time.process_time() - start < 0.4  # some .05 s; the exact ratio takes .7
