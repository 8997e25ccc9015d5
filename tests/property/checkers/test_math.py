from __future__ import annotations

# ruff: noqa: TC003 - hypothesis reads the types
import contextlib
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from checkers.math.compare import judge
from checkers.math.nodes import UnparsableError
from checkers.math.syntax import parse
from checkers.math.values import exact

FRACTIONS = st.fractions(max_denominator=10**6)
HOSTILE = st.text(alphabet="0123456789+-*/^!%()[]{}|_,;\\ fracsqtpiexyz.$=<>", max_size=60)


def verdict(expected: str, answer: str) -> str:
    return judge({"expected": [expected], "answer": answer}).get("answer", "task fault")


def written(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


@given(FRACTIONS)
def test_a_written_fraction_has_its_exact_value(value: Fraction) -> None:
    assert exact(parse(written(value))) == value
    assert exact(parse(rf"\frac{{{value.numerator}}}{{{value.denominator}}}")) == value


@given(FRACTIONS, FRACTIONS)
def test_two_fractions_are_equal_exactly_when_they_are(one: Fraction, other: Fraction) -> None:
    assert verdict(written(one), written(other)) == ("equal" if one == other else "different")


@given(HOSTILE)
@example("a_{")
@example("a_")
@example("\\log_")
@example("\\sqrt[")
def test_the_parser_reads_or_refuses_and_never_breaks(text: str) -> None:
    with contextlib.suppress(UnparsableError):
        exact(parse(text))


@given(HOSTILE)
def test_a_text_is_never_different_from_itself(text: str) -> None:
    assert verdict(text, text) != "different"
