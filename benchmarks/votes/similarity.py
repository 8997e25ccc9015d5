"""Likeness of answers: labelled pairs (how well), and an index of 20,000 answers (how fast)."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.timing import Ratio
from checkers.similarity.index import SimilarityIndex
from checkers.similarity.measure import NEAR_COPY, compare
from checkers.similarity.prints import Kind, Part, Print, take_prints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checkers.similarity.measure import Likeness

GROUP: Final = "votes"
PAIRS: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "similarity"

# Required figures of the design, votes, section 7.
PYTHON_AUC, PYTHON_RECALL = 0.995, 0.99
TEXT_AUC, TEXT_RECALL = 0.995, 0.98
JAVA_AUC, JAVA_F1 = 0.945, 0.82
PRECISION: Final = 0.95
PAIR_S, SEARCH_S, LOOKUP_S = 0.0001, 0.001, 0.00005
FOUND: Final = 0.924  # of copies with a tenth of the words changed: what rensa alone found there

ANSWERS: Final = 20_000
WORDS: Final = 150
VOCABULARY: Final = 5_000
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair, its likeness, and whether one is a copy of the other."""

    level: str
    copied: bool
    likeness: Likeness
    prints: tuple[Print, Print]


def measure(short: bool) -> Iterator[Ratio]:
    """Measure likeness on the public pairs, and the search among many answers."""
    yield from similarity_table(short)


def similarity_table(short: bool = False) -> list[Ratio]:
    """Return the rows; `short` has an index of 2,000. Without the labelled data they are left out.

    Of the classroom exercises those of levels L1 and L2 count, without the tiny ones: on them
    likeness is only reported, and honest answers to the shortest are one and the same program.
    """
    rows: list[Ratio] = []
    if PAIRS.exists():
        python, text = _labelled("pyfunc", "python"), _labelled("text", "text")
        java = _labelled("java_classroom", "java")
        fair = [pair for pair in java if not pair.copied or pair.level in ("L1", "L2")]
        judged = [pair for pair in fair if not pair.likeness.tiny]
        rows += _accuracy("Python", python, PYTHON_AUC, PYTHON_RECALL)
        rows += _accuracy("text", text, TEXT_AUC, TEXT_RECALL)
        rows += [
            _share("Java exercises L1, L2: AUC", area(judged), JAVA_AUC),
            _share("Java exercises L1, L2: best F1", best_f1(judged), JAVA_F1),
            _share("Java exercises L1, L2 and tiny ones: AUC", area(fair)),
            _share("Java exercises, all levels: AUC", area(java)),
        ]
        rows += [_pair_time(name, pairs) for name, pairs in (("Python", python), ("text", text))]
    else:
        print("similarity: left out the labelled pairs, ../shared/data/similarity is not there")
    return [*rows, *_search(2_000 if short else ANSWERS)]


def _labelled(name: str, language: str) -> list[Labelled]:
    found = []
    lines = (PAIRS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        parts = [Part(side, row[side].encode(), language) for side in ("a", "b")]
        one, other = take_prints(parts)
        found.append(Labelled(row["level"], bool(row["label"]), compare(one, other), (one, other)))
    return found


def _accuracy(name: str, pairs: Sequence[Labelled], auc: float, recall: float) -> Iterator[Ratio]:
    yield _share(f"{name}: AUC", area(pairs), auc)
    yield _share(f"{name}: recall at precision {PRECISION}", recall_at(pairs), recall)
    yield _share(f"{name}: best F1", best_f1(pairs))
    bound = NEAR_COPY[pairs[0].prints[0].kind]
    flagged = [pair.copied for pair in pairs if pair.likeness.similarity >= bound]
    yield _share(f"{name}: precision at the threshold {bound}", sum(flagged) / len(flagged))


def area(pairs: Sequence[Labelled]) -> float:
    """Area under the ROC curve: how often a copy is more alike than an honest pair (ties half)."""
    copies = [pair.likeness.similarity for pair in pairs if pair.copied]
    honest = [pair.likeness.similarity for pair in pairs if not pair.copied]
    won = sum((one > other) + (one == other) / 2 for one in copies for other in honest)
    return won / (len(copies) * len(honest))


def recall_at(pairs: Sequence[Labelled]) -> float:
    """Return the most recall of a threshold with precision of at least `PRECISION`."""
    return max((recall for precision, recall in _curve(pairs) if precision >= PRECISION), default=0)


def best_f1(pairs: Sequence[Labelled]) -> float:
    """Return the best harmonic mean of precision and recall over all thresholds."""
    return max(2 * one * other / (one + other) for one, other in _curve(pairs) if one + other)


def _curve(pairs: Sequence[Labelled]) -> Iterator[tuple[float, float]]:
    """Precision and recall at each threshold that keeps equal figures together."""
    ordered = sorted(pairs, key=lambda pair: -pair.likeness.similarity)
    copies, right, flagged = sum(pair.copied for pair in pairs), 0, 0
    for _, group in itertools.groupby(ordered, key=lambda pair: pair.likeness.similarity):
        for pair in group:
            flagged, right = flagged + 1, right + pair.copied
        yield right / flagged, right / copies


def _pair_time(name: str, pairs: Sequence[Labelled]) -> Ratio:
    seconds = [_timed(lambda pair=pair: compare(*pair.prints)) for pair in pairs]  # type: ignore[misc]
    return _time(f"{name}: one pair", statistics.median(seconds), PAIR_S)


def _search(answers: int) -> Iterator[Ratio]:
    """An index of texts over one vocabulary, and copies with a tenth of the words changed."""
    rng = random.Random(7)
    words = [f"w{number}" for number in range(VOCABULARY)]
    texts = [" ".join(rng.choices(words, k=WORDS)) for _ in range(answers)]
    made = [one for at in range(0, answers, BATCH) for one in _taken(texts[at : at + BATCH])]
    index = SimilarityIndex(Kind.TEXT)
    inserts = [
        _timed(lambda number=number, one=one: index.add(str(number), one))  # type: ignore[misc]
        for number, one in enumerate(made)
    ]
    sample = rng.sample(range(answers), 300)
    copies = _taken([_changed(texts[number], rng, words) for number in sample])
    best = [index.nearest(copy) for copy in copies]
    found = [bool(one) and one[0].key == str(n) for one, n in zip(best, sample, strict=True)]
    lookups = [_timed(lambda copy=copy: index.candidates(copy)) for copy in copies]  # type: ignore[misc]
    searches = [_timed(lambda copy=copy: index.nearest(copy)) for copy in copies]  # type: ignore[misc]
    size = f"{answers:,} answers"
    yield _share(f"{size}: copies found, a tenth of the words changed", sum(found) / 300, FOUND)
    yield _time(f"{size}: add one", statistics.median(inserts), None)
    yield _time(f"{size}: candidates (rensa)", statistics.median(lookups), LOOKUP_S)
    yield _time(f"{size}: search, measured", statistics.median(searches), SEARCH_S)


def _taken(texts: Sequence[str]) -> list[Print]:
    return take_prints([Part(str(number), text.encode()) for number, text in enumerate(texts)])


def _changed(text: str, rng: random.Random, words: Sequence[str]) -> str:
    return " ".join(rng.choice(words) if rng.random() < 0.1 else word for word in text.split())


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _share(name: str, value: float, goal: float | None = None) -> Ratio:
    return Ratio(GROUP, f"similarity, {name}", value, 1.0, "", goal, at_most=False)


def _time(name: str, seconds: float, bound: float | None) -> Ratio:
    """Seconds as a multiple of the bound that the design sets, which is 1 of itself."""
    floor = bound or seconds
    return Ratio(GROUP, f"similarity, {name}", seconds, floor, "s", None if bound is None else 1.0)
