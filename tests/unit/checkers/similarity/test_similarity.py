from __future__ import annotations

import json
import random
from typing import Any

import pytest

from checkers import jail
from checkers.similarity import prints
from checkers.similarity.index import MAX_FOUND, SimilarityIndex
from checkers.similarity.measure import NEAR_COPY, Nearness, compare, near_from
from checkers.similarity.prints import Kind, Part, Print, PrintError, take_prints
from tests.components import require_shared_data

VOCABULARY = [f"word{number}" for number in range(3000)]


def prose(seed: int, length: int = 150) -> str:
    return " ".join(random.Random(seed).choices(VOCABULARY, k=length))


def changed(text: str, share: float, seed: int) -> str:
    rng = random.Random(seed)
    return " ".join("x" if rng.random() < share else word for word in text.split())


def taken(*texts: str, language: str = "text") -> list[Print]:
    return take_prints([Part(str(n), t.encode(), language) for n, t in enumerate(texts)])


def test_a_text_with_a_tenth_of_its_words_changed_is_a_near_copy() -> None:
    one, other = taken(prose(1), changed(prose(1), 0.1, 2))

    assert compare(one, other).nearness(NEAR_COPY[Kind.TEXT]) is Nearness.NEAR


def test_two_texts_of_the_same_vocabulary_are_apart() -> None:
    one, other = taken(prose(1), prose(2))

    assert compare(one, other).nearness(NEAR_COPY[Kind.TEXT]) is Nearness.APART


def test_a_copy_with_much_around_it_is_seen_from_the_copied_side() -> None:
    one, other = taken(prose(1), f"{prose(3, 400)} {prose(1)} {prose(4, 400)}")

    assert compare(one, other).similarity < NEAR_COPY[Kind.TEXT]
    assert compare(one, other).nearness(NEAR_COPY[Kind.TEXT]) is Nearness.NEAR
    assert compare(other, one).nearness(NEAR_COPY[Kind.TEXT]) is Nearness.APART


def test_a_repeated_line_is_not_contained_in_everything() -> None:
    one, other = taken("ab cd " * 500, "ab cd " * 3 + prose(1, 600))

    assert compare(one, other).contained == 0


def test_tiny_answers_that_are_equal_are_only_reported() -> None:
    one, other = taken("the answer is 42", "The answer is 42.")

    assert compare(one, other).same
    assert compare(one, other).nearness(NEAR_COPY[Kind.TEXT]) is Nearness.REPORTED


def test_what_holds_nothing_is_like_nothing() -> None:
    one, other = taken("", "...")

    assert compare(one, other).similarity == 0
    assert compare(one, other).nearness(0.1) is Nearness.APART


def test_code_is_not_compared_with_text() -> None:
    one, other = taken("a = 1", language="python") + taken("a = 1")

    with pytest.raises(ValueError, match="code and of text"):
        compare(one, other)


def test_where_honest_answers_are_alike_only_what_stands_out_is_a_copy() -> None:
    alike = [0.86, 0.88, 0.9, 0.87, 0.91, 0.89, 0.9]

    assert near_from(Kind.CODE) == NEAR_COPY[Kind.CODE]
    assert near_from(Kind.CODE, [0.2] * 4) == NEAR_COPY[Kind.CODE]
    assert near_from(Kind.CODE, [0.2, 0.25, 0.3, 0.22, 0.31]) == NEAR_COPY[Kind.CODE]
    assert 0.91 < near_from(Kind.CODE, alike) < 1
    # A third of the pairs are copies: that hides none of them.
    assert near_from(Kind.CODE, [0.2, 0.25, 0.3, 0.22, 0.31, 0.27, 1.0, 1.0, 1.0]) < 0.9


def test_where_all_honest_answers_are_the_same_likeness_means_nothing() -> None:
    one, other = taken(prose(1), prose(1))
    bound = near_from(Kind.TEXT, [1.0] * 6)

    assert compare(one, other).nearness(bound) is Nearness.REPORTED
    assert compare(one, other).nearness(1.0) is Nearness.SAME


def test_the_index_finds_changed_copies_among_many_others() -> None:
    index = SimilarityIndex(Kind.TEXT)
    texts = [prose(seed) for seed in range(600)]
    made = [found for at in range(0, 600, 100) for found in taken(*texts[at : at + 100])]
    for number, one in enumerate(made):
        index.add(f"answer{number}", one)
    copies = taken(*(changed(texts[seed], 0.1, seed) for seed in range(100)))

    best = [index.nearest(copy) for copy in copies]

    found = sum(bool(one) and one[0].key == f"answer{seed}" for seed, one in enumerate(best))
    assert found >= 97
    assert len(index) == 600
    assert (
        sum(len(index.candidates(one)) for one in taken(*(prose(9000 + n) for n in range(20)))) < 20
    )


def test_a_thousand_equal_answers_cost_a_search_no_more_than_a_few() -> None:
    index = SimilarityIndex(Kind.TEXT)
    one = taken(prose(1))[0]
    for number in range(1000):
        index.add(str(number), one)

    assert len(index.nearest(one)) == MAX_FOUND
    assert index.nearest(one)[0].likeness.same


def test_an_index_holds_one_kind_and_nothing_empty() -> None:
    index = SimilarityIndex(Kind.TEXT)
    index.add("empty", taken("")[0])

    assert len(index) == 0
    assert index.nearest(taken("")[0]) == []
    with pytest.raises(ValueError, match="holds text, not code"):
        index.add("code", taken("a = 1", language="python")[0])


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00\x01" * 1000, b"(" * 200_000, b"`${" * 50_000, b"'" * 99_999, b"\\" * 99_999,
        b"a" * 2_000_000, b"/*" * 100_000, b'"""' * 99_999, b"\n" * 300_000, b"{[" * 100_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["python", "javascript", "c"])
def test_hostile_bytes_get_a_print(data: bytes, language: str) -> None:
    made = take_prints([Part("x", data, language)])[0]

    assert len(made.tokens) <= 50_000


def test_nine_hundred_thousand_tokens_are_cut_and_said_to_be() -> None:
    made = take_prints([Part("x", b"a = b\n" * 300_000, "python")])[0]

    assert (len(made.tokens), made.cut) == (50_000, True)


def test_code_that_its_lexer_cannot_read_is_read_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    real = jail.run

    def slow(work: str, request: Any, **rest: Any) -> Any:
        if request["languages"] != ["text"]:
            raise jail.JailError("too slow")
        return real(work, request, **rest)

    monkeypatch.setattr(prints.jail, "run", slow)
    made = take_prints([Part("a.py", b"one two", "python"), Part("b", b"three")])

    assert [one.kind for one in made] == [Kind.TEXT, Kind.TEXT]
    assert [one.fell_back for one in made] == [True, False]


def test_what_cannot_even_be_read_as_text_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise jail.JailError("killed")

    monkeypatch.setattr(prints.jail, "run", never)
    with pytest.raises(PrintError, match="could not be read within the limits"):
        take_prints([Part("a.py", b"one", "python")])


@pytest.mark.parametrize(("name", "language"), [("pyfunc", "python"), ("text", "text")])
def test_labelled_copies_are_told_from_honest_pairs(name: str, language: str) -> None:
    rows = [
        json.loads(line)
        for line in (require_shared_data("similarity") / f"{name}.jsonl").read_text().splitlines()
    ][::4]
    likes = [compare(*taken(row["a"], row["b"], language=language)) for row in rows]
    labels = [bool(row["label"]) for row in rows]
    said = [
        like.nearness(NEAR_COPY[Kind.TEXT if language == "text" else Kind.CODE])
        in (Nearness.SAME, Nearness.NEAR)
        for like in likes
    ]
    judged = [
        (label, found)
        for label, found, like in zip(labels, said, likes, strict=True)
        if not like.tiny
    ]

    assert sum(label and not found for label, found in judged) <= 0.1 * sum(labels)
    assert sum(found and not label for label, found in judged) <= 1
