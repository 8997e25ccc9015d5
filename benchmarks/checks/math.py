"""Maths answers: labelled pairs beside Math-Verify alone, and what the jail costs."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from math_verify import parse, verify

from benchmarks.timing import Ratio, interleave
from checkers import jail
from checkers.math.check import SECONDS
from checkers.math.compare import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP: Final = "checks"
PAIRS: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "math" / "pairs.jsonl"
KINDS: Final = ("unit", "scientific", "unicode", "complex")
# Required figures of the design, maths and data formats, section 6.
RECALL, FALSE_ACCEPTS, KIND_RECALL, ISOLATION = 0.94, 3.0, 0.75, 20.0
TRIVIAL: Final = {"expected": ["\\frac{1}{2}"], "answer": "0.5"}


_log = logging.getLogger(__name__)


def measure(short: bool) -> Iterator[Ratio]:
    """Measure accuracy on the public pairs (a quarter of them when short), then the jail's cost."""
    if PAIRS.exists():
        pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
        yield from _accuracy(pairs[::4] if short else pairs)
    else:
        print("math: left out the labelled pairs, ../shared/data/math is not there")
    yield from _isolation(10 if short else 40)


def _accuracy(pairs: list[dict[str, Any]]) -> Iterator[Ratio]:
    ours = [_ours(pair["expected"], pair["answer"]) for pair in pairs]
    theirs = [_math_verify(pair["expected"], pair["answer"]) for pair in pairs]
    yield _share("math: right answers accepted", _recall(pairs, ours), RECALL)
    yield _share("math: wrong answers accepted", _wrong(pairs, ours), FALSE_ACCEPTS, at_most=True)
    yield _share("math-verify alone: right answers accepted", _recall(pairs, theirs))
    yield _share("math-verify alone: wrong answers accepted", _wrong(pairs, theirs))
    for kind in KINDS:
        kept = [(pair, found) for pair, found in zip(pairs, ours, strict=True)
                if pair["kind"] == kind]  # fmt: skip
        some = [pair for pair, _ in kept]
        if any(pair["equivalent"] for pair in some):
            found = [said for _, said in kept]
            yield _share(f"math: right answers of kind {kind}", _recall(some, found), KIND_RECALL)


def _ours(expected: str, answer: str) -> bool:
    try:
        request = {"expected": [expected], "answer": answer}
        return bool(jail.run("math", request, seconds=SECONDS)["answer"] == "equal")
    except jail.JailError:
        return False


def _math_verify(expected: str, answer: str) -> bool:
    """Wrapped in `$` where it is bare: its best setting by the design's table."""

    def wrapped(text: str) -> str:
        return text if "$" in text or "\\" in text[:2] or len(text) > 200 else f"${text}$"

    try:
        return bool(verify(parse(wrapped(expected)), parse(wrapped(answer))))
    except Exception as error:  # noqa: BLE001 - a peer's defect is "not equal", as in the design
        _log.debug("math-verify failed: %s", error)
        return False


def _recall(pairs: list[dict[str, Any]], found: list[bool]) -> float:
    right = [said for pair, said in zip(pairs, found, strict=True) if pair["equivalent"]]
    return sum(right) / len(right)


def _wrong(pairs: list[dict[str, Any]], found: list[bool]) -> float:
    return float(
        sum(said for pair, said in zip(pairs, found, strict=True) if not pair["equivalent"])
    )


def _share(name: str, value: float, goal: float | None = None, *, at_most: bool = False) -> Ratio:
    return Ratio(GROUP, name, value, 1.0, "", goal, at_most)


def _isolation(rounds: int) -> Iterator[Ratio]:
    def peer() -> object:
        return verify(parse("$\\frac{1}{2}$"), parse("$0.5$"))

    seen = interleave(
        {
            "isolated": lambda: jail.run("math", TRIVIAL, seconds=SECONDS),
            "in process": lambda: judge(TRIVIAL),
            "math-verify": peer,
        },
        rounds,
    )
    isolated, inside = seen["isolated"].median, seen["in process"].median
    name = "math: trivial pair isolated / in process"
    yield Ratio(GROUP, name, isolated, inside, "s", ISOLATION)
    verified = seen["math-verify"].median
    yield Ratio(GROUP, "math: trivial pair isolated / math-verify", isolated, verified, "s")
