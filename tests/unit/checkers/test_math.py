from __future__ import annotations

# ruff: noqa: E501 - tables of inputs read best on one line each
from typing import Any

import pytest

from checkers.math.compare import judge as compare
from checkers.protocol import CheckStatus, Reason
from tests.unit.checkers.bench import judge


def verdict(expected: Any, answer: Any, **rules: Any) -> Any:
    listed = expected if isinstance(expected, list) else [expected]
    return compare({"expected": listed, "answer": answer, **rules})["answer"]


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("1/2", "0.5"), ("0.5", r"\frac{1}{2}"), (r"\frac{1}{2}", "50%"), ("7425000", "7,425,000"),
        ("3.3e12", r"3.3 \times 10^{12}"), (r"\sqrt{8}", r"2\sqrt{2}"), ("(1,2)", r"\left(1, 2\right)"),
        (r"\{1,2,3\}", r"\{3,1,2\}"), ("1, 2", "2 and 1"), ("x^2-1", "(x-1)(x+1)"), ("1/3", "0.33"),
        ("2x+3y=6", "6 = 3y + 2x"), ("y = 2x", "2x - y = 0"), (r"\frac{\pi}{2}", r"\boxed{\pi/2}"),
        ("5", "The answer is $5$."), ("(-\\infty, 3)", "x < 3"), ("5 km", "5000 m"), ("5 km", "5"),
        (r"1\frac{1}{2}", "3/2"), ("½", "0.5"), ("10!", "3628800"), ("e^{i\\pi}", "-1"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]"), ("A", "(A)"),
         (r"(-\infty,0) \cup (0,\infty)", r"(0,\infty) \cup (-\infty,0)"),
        (r"\infty", "inf"), (r"[0,1)\cup(1,2]", r"(1,2]\cup[0,1)"), ("x < 3", r"(-\infty, 1] \cup [0, 3)"),
    ],
)  # fmt: skip
def test_equal_results_are_equal(expected: Any, answer: Any) -> None:
    assert verdict(expected, answer) == "equal"


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("4", "5"), ("2^64", "2^64-1"), ("2^{-80}", "2^{-81}"), ("10^{-20}", "2*10^{-20}"), ("100!", "100!+1"),
        ("5 km", "5 m"), ("1331, 1728", "1728"), ("4", "3 or 4"), ("(1,2)", "(2,1)"), ("x^2", "x^3"),
        (r"\{1,2\}", r"\{1,2,3\}"), ("x = 3", "x = 4"), ("1/3", "0.34"), ("6\\sqrt{3}", "6"), ("A", "B"),
        ("1/3", "0.3333334"), ("5 km", "5 kg"),
        ("5", "nan"), ("5", "NaN"), ("1/3", "inf"), ("-2", "-Infinity"), (r"\infty", "-inf"), ("2^64", "nan"),
        (r"(-\infty,0)\cup(3,\infty)", "(0,3)"), (r"(-\infty,0)\cup(3,\infty)", r"(-\infty,3)"),
        ("(0,3)", r"(0,1)\cup(1,3)"), (r"[0,1]\cup[2,3]", r"[0,1]\cup[2,3)"), ("[1,4)", "[1,4]"),
        ("(0,9)", "[0,9)"), ("x >= 5", "x <= 5"), ("(y-1)(y+2)", "(x-1)(x+2)"), ("x+1", "x+y+1"),
    ],
)  # fmt: skip
def test_different_results_are_different(expected: Any, answer: Any) -> None:
    assert verdict(expected, answer) == "different"


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("5", "I do not know"), ("9^{9^{9^9}}", "9^{9^{9^8}}"), ("5", "1/(2)x y/z w"), ("5", "f(x)"), ("C", "K x"),
        ("1", "__import__('os').system('id')"), ("1", "(" * 5000), ("1", "9" * 100_000), ("2", "1e99999"),
        ("1", r"\frac" * 500), ("5", "\\boxed{5}. No, wait: \\boxed{6}"), ("1,25", "1.26"), ("10000000!", "1"),
        ("5", "\x00\x01"), ("5", "5 = 5 = 5"), ("3", "!" * 100),
        ("x", "nan"), ("undefined", "nan"), ("[1,4]", "(1,4)"),
        ("(a,1)", "[b,1]"), ("0/0", "nan"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_undecided(expected: Any, answer: Any) -> None:
    assert verdict(expected, answer) == "undecided"


def test_the_tasks_tolerance_decides_both_ways() -> None:
    loose = {"absolute": 0.01, "relative": 0}

    assert verdict("3.14", "3.145", tolerance=loose) == "equal"
    assert verdict("3.14", "3.16", tolerance=loose) == "different"
    assert verdict("3.14159", "3.14", digits=3) == "equal"
    assert verdict("3.14159", "3.15", digits=3) == "different"


def test_a_tolerance_does_not_reach_what_is_no_number() -> None:
    loose = {"absolute": 1e9, "relative": 1}

    assert verdict("5", "nan", tolerance=loose) == "different"
    assert verdict("5", "inf", tolerance=loose) == "different"


def test_pairs_are_intervals_where_the_task_says_so() -> None:
    assert verdict("[0,2]", r"[0,1] \cup [1,2]", kind="interval") == "equal"
    assert verdict("(0,2)", r"[0,2]", kind="interval") == "different"
    assert verdict("(0,2)", "]0,2[", kind="interval") == "equal"
    assert verdict("(0,8/3]", "(0,2.667]") == "equal"
    assert verdict("(0,8/3]", "(0,2.667)") == "different"


def test_several_answers_need_exactly_as_many() -> None:
    assert verdict(["1", "2"], "2, 1") == "equal"
    assert verdict(["1", "2"], "1") == "different"
    assert verdict(["1", "2"], "1, 2, 3") == "different"
    assert verdict(["1", "2"], "2, 1", ordered=True) == "different"


def test_the_check_maps_the_three_values() -> None:
    options = {"check": "math", "expected": "1/2"}

    assert judge(options, "0.5").status is CheckStatus.PASS
    assert judge(options, "0.6").status is CheckStatus.FAIL
    assert judge(options, "who knows").status is CheckStatus.UNDECIDED
    assert judge(options, " ").status is CheckStatus.FAIL
    assert judge({"check": "math", "expected": 0.5}, "1/2").status is CheckStatus.PASS


@pytest.mark.parametrize(
    ("expected", "unit", "answer"),
    [
        ("9.81", "m/s^2", "9.81 m/s^2"), ("9.81", "m/s^2", r"9.81 \frac{m}{s^{2}}"), ("9.81", "m/s^2", "9.81 m/s²"),
        ("5", "m", "5 m"), ("5", "km", "5 km"), ("5", "kg", "5 kg"), ("5", "N", "5 N"), ("100", "g", "100 g"),
        ("5", "m", r"$5\text{ m}$"), ("5", "kg", "x = 5 kg"), ("5 m", "m", "5 m"), ("5 m", "m", "500 cm"),
        ("5", "km", "5000 m"), ("5", "m", "The length is 5 m."), ("5", "m", r"\boxed{5\,\mathrm{m}}"),
        ("5, 6", "m", "6 m and 5 m"), ("20", "°C", "20 °C"), ("5", "dollars", "$5"),
        ("2.5", "hours", "2.5 hours"), ("5", "N", "5 newtons"), ("5", "m", "5m"),
        ("5", "m/s", r"5\ \mathrm{m\,s^{-1}}"), ("5", "m", "(5 m)"), ("5", "m", r"h \approx 5\text{ m}"),
        ("5", "m/s", "speed = 5 m/s"), ("5", "N", r"5\ \mathrm{kg\,m/s^2}"),
    ],
)  # fmt: skip
def test_an_answer_with_the_unit_asked_for_is_right(expected: str, unit: str, answer: str) -> None:
    assert verdict(expected, answer, unit=unit) == "equal"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("5", "different"), ("x = 5", "different"), ("5 km", "different"), ("5 kg", "different"),
        ("6 m", "different"), ("5 q", "undecided"), ("5 m, 6 m", "different"),
        ("The length is 5.", "different"),
    ],
)  # fmt: skip
def test_an_answer_without_the_unit_asked_for_is_not_accepted(answer: str, found: str) -> None:
    assert verdict("5", answer, unit="m") == found


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("12", "1 2"), ("25", "2 5"), ("1234", "1 2 3 4"), ("3.5", "3 . 5"), ("10", r"\boxed{1 0}"),
        ("12", r"1\ 2"), ("12", "1~2"), ("12", r"$1\quad 2$"), ("12", r"$1{}2$"), ("1 2", "12"), ("5", "0 5"),
        ("12345", "1 234 5"), ("2", "1{2}"), ("12", "{1}{2} 3"), ("3", "1,2"), ("12", r"1\text{ }2"),
        ("2024-01-02", "2021"), ("2021", "2024-01-02"), ("1/2/2024", "1/4048"), (["1", "2"], "1,2,2"),
        (["1", "2"], "1,1"), (["1", "1"], "1"), ("5 apples", "5 km"), ("5 km", "5 apples"),
        ("10 dB", "10"), ("10", "10 dB"), ("5", "5'"), ("5", "5''"), ("5", '5"'), ("5", "5_2"), ("5", "5..."),
        ("x^2+c", "x^2+k"), ("x^2+c", "x^2+C"), ("x^2+C", "x^2+n"), ("n^2", "k^2"), ("a+t", "a+m"),
    ],
)  # fmt: skip
def test_what_only_resembles_the_result_is_not_accepted(expected: Any, answer: str) -> None:
    assert verdict(expected, answer) != "equal"


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("1234567", "1 234 567"), ("2024-01-02", "2024-01-02"), (r"\{1,2\}", r"\{1,2,2\}"), ("12", "12 apples"),
        ("10 dB", "10 dB"), ("10 dB", "10 decibels"), ("x^2+C", "x^2+c"), ("x^2+C", "x^2+K"),
        (r"C_1 e^x + C_2", r"c_1 e^x + c_2"), (r"x = \frac{\pi}{2} + 2k\pi", r"x = \frac{\pi}{2} + 2n\pi"),
        ("no solution", "no  solution"), ("5", "5 km"), ("1, 2", "1, 2, 2"),
    ],
)  # fmt: skip
def test_what_only_looks_different_is_accepted(expected: Any, answer: str) -> None:
    assert verdict(expected, answer) == "equal"


def test_another_date_is_different() -> None:
    assert verdict("2024-01-02", "2024-01-03") == "different"


@pytest.mark.parametrize(
    ("expected", "answer", "kind"),
    [
        ("(1,2)", "{1,2}", "interval"), ("(1,2)", r"\{1,2\}", "interval"), ("{1,2}", "(1,2)", "set"),
        (r"\{1,2\}", "(1,2)", "set"), ("1", "1", "matrix"), ("2", "2", "set"), (r"\{2\}", "2", "set"),
        ("y=2x", "2x", "equation"), ("x+1", "x+1", "number"), ("2", "2", "interval"), ("2x+y=6", "2x+y=6", "expression"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_tasks_kind_is_not_accepted(
    expected: str, answer: str, kind: str
) -> None:
    assert verdict(expected, answer, kind=kind) != "equal"


@pytest.mark.parametrize(
    ("expected", "answer", "kind"),
    [
        ("1/2", "0.5", "number"), ("x = 5", "5", "number"), ("5 km", "5000 m", "number"), (r"\infty", "inf", "number"),
        ("(0,1)", "]0,1[", "interval"), ("(0,1)", "0<x<1", "interval"), (r"\mathbb{R}", r"(-\infty,\infty)", "interval"),
        (r"\{1,2\}", "2, 1", "set"), ("{1,2}", r"\{2,1\}", "set"), (r"\emptyset", "no solution", "set"),
        (r"\{-1,1\}", r"\pm 1", "set"), ("(0,1)", "(0,1)", "set"), ("x+1", "1+x", "expression"), ("f(x)=x+1", "1+x", "expression"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]", "matrix"), ("2x+y=6", "y=6-2x", "equation"),
        (["1", "2"], "2, 1", "number"), ("9^{9^{9^9}}", "9^{9^{9^9}}", "number"),
    ],
)  # fmt: skip
def test_what_is_of_the_tasks_kind_is_accepted(expected: Any, answer: str, kind: str) -> None:
    assert verdict(expected, answer, kind=kind) == "equal"


@pytest.mark.parametrize(
    "rules",
    [
        {"expected": "((("}, {"expected": ""}, {"expected": " "}, {"expected": "$$"}, {"expected": r"\boxed{}"},
        {"expected": "?"}, {"expected": r"\frac{1}{"}, {"expected": "x ="}, {"expected": ["1", ")"]},
        {"expected": "5", "unit": "foobar"}, {"expected": "5", "unit": "\\"}, {"expected": "5", "unit": "{"},
        {"expected": "5 km", "unit": "kg"},
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_used_is_the_tasks_fault(rules: dict[str, Any]) -> None:
    for answer in ("5", "(((", "who knows"):
        found = judge({"check": "math", **rules}, answer)

        assert (found.status, found.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


@pytest.mark.parametrize(
    "expected",
    [r"7 \pmod{12}", "The midpoints form a regular hexagon", "a) north b) south", "[0,1)", "]0,1[", r"\int x dx", "0^+"],
)  # fmt: skip
def test_a_result_that_is_only_a_text_is_compared_as_one(expected: str) -> None:
    assert verdict(expected, expected) == "equal"


def test_a_task_may_ask_for_percent() -> None:
    for unit in ("%", "percent", r"\%"):
        assert verdict("50", "50%", unit=unit) == "equal"
        assert verdict("50", "50 percent", unit=unit) == "equal"
        assert verdict("50", "0.5%", unit=unit) == "different"
        assert verdict("50", "50", unit=unit) == "different"
