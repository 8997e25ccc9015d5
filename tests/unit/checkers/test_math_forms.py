"""Forms of one result, class by class: the right ones are accepted, near misses never."""

# ruff: noqa: E501, RUF001 - tables of inputs read best on one line each; look-alikes are the point

from __future__ import annotations

from fractions import Fraction

import pytest

from checkers.math.choices import labelled
from checkers.math.compare import judge
from checkers.math.spelled import leading, spelled
from checkers.math.units import read_unit
from checkers.math.values import Answer

RIGHT = {
    "units in letters of LaTeX": [(r"50\ \Omega", "50 ohms"), (r"2.2\ \mu\text{F}", "2200 nF"), (r"10\ \text{kΩ}", "10000 Ω")],
    "units below a stroke": [(r"4.18\ \mathrm{kJ/kg\cdot K}", "4180 J/(kg K)"), ("20 miles per gallon", "20 mpg")],
    "compound units": [("3 ft 6 in", "42 inches"), ("1 hour 20 minutes", "80 minutes"), (r"22^\circ30'", r"22.5^\circ")],
    "number words": [("5", "five"), (r"\frac13", "one third"), ("120", "one hundred and twenty"), ("2.5", "two and a half"), ("500 ml", "half a liter")],
    "functions of several": [(r"\gcd(12,18)", "6"), (r"\max(3,7)", "7"), ("12", r"\text{lcm}(4,6)")],
    "complex forms": [(r"\sqrt{2}\,\mathrm{cis}\,45^\circ", "1+i"), (r"\overline{3+2i}", "3-2i"), (r"3\angle 90^\circ", "3i"), (r"\overline{z}=1-i", "1-i")],
    "roots of negatives": [("-2", r"\sqrt[3]{-8}"), (r"\sqrt[3]{x^2}", "x^{2/3}"), (r"-\sqrt[3]{2}", r"\sqrt[3]{-2}")],
    "logarithms of long numbers": [(r"3\log_2 5", r"\log_2 125")],
    "double factorials": [("15", "5!!"), ("8!!", "384")],
    "angles in plain text": [("1/2", "sin 30°"), ("sin 45°", r"\frac{1}{\sqrt2}")],
    "times of day": [("3:00 PM", "15:00"), ("2{:}30 p.m.", "2:30 pm"), ("6 pm", "18:00"), ("12:30 am", "12:30 AM")],
    "ratios in words": [("3:4", "3 to 4"), ("3:4", "6 to 8")],
    "sets by description": [("(1,4)", "{x ∈ ℝ : 1 < x < 4}"), (r"\{2k\pi : k\in\mathbb{Z}\}", r"\{2n\pi \mid n\in\mathbb{Z}\}"), (r"(-\infty,\infty)", r"x \in \mathbb{R}")],
    "matrices with a factor": [(r"\begin{pmatrix}2&4\\6&8\end{pmatrix}", r"2\begin{pmatrix}1&2\\3&4\end{pmatrix}"), (r"\begin{pmatrix}-1&0\\0&-1\end{pmatrix}", r"-\begin{pmatrix}1&0\\0&1\end{pmatrix}")],
    "vectors": [(r"2\mathbf{i}+3\mathbf{j}", r"2\hat{i}+3\hat{j}"), (r"\vec{a}+2\vec{b}", r"2\vec b+\vec a")],
    "choices with text": [(r"\textbf{(E)}\ 12", "E"), ("D", "(D) 17"), ("A", "A. 5 cm")],
    "texts with an article": [("isosceles triangle", "It is an isosceles triangle."), ("a circle", "circle")],
    "headings": [("3", "First 1+2.\n#### 3"), ("100", "### Final Answer ### 100")],
    "conclusions": [("45", r"The total cost comes to \$45."), ("25", "So $n^2 = 625$ and hence $n = 25$."), ("6", "Thus, the minimum value is $6$, attained at $x=2$.")],
    "computations": [("35", r"Therefore the answer is $7 \cdot 5 = 35$."), (r"\frac{a}{b}=\frac35", "3/5"), ("2", "Thus $f(1)+f(2)=2$.")],
}  # fmt: skip

WRONG = {
    "units in letters of LaTeX": [(r"50\ \Omega", "50 kΩ"), (r"2.2\ \mu\text{F}", "2.2 nF"), ("10 mW", "10 MW")],
    "units below a stroke": [("4 J/kg K", "4 J K/kg"), ("8 J/(kg K)", "8 J/kg"), ("3 kg m/s", "3 kg/(m s)")],
    "compound units": [("3 ft 6 in", "36 in"), ("3 ft 6 in", "3.6 ft"), (r"22^\circ30'", r"22.3^\circ")],
    "number words": [("5", "five hundred"), ("120", "one hundred"), ("3", "three quarters"), ("25", "twenty and five and"), ("5", "two and three")],
    "functions of several": [(r"\gcd(12,18)", "36"), (r"\max(3,7)", "3")],
    "complex forms": [(r"\overline{3+2i}", "3+2i"), (r"3\angle 90^\circ", "-3i")],
    "roots of negatives": [(r"\sqrt[3]{-8}", "2"), (r"\sqrt[4]{x^4}", "x"), (r"\sqrt{x^2}", "x"), (r"\sqrt[3]{x^2}", "x^{3/2}")],
    "logarithms of long numbers": [(r"3\log_2 5", r"\log_2 15")],
    "double factorials": [("120", "5!!"), ("15", "5!"), ("15", "5!!!")],
    "times of day": [("3:00 PM", "3:00 AM"), ("3:00 PM", "3:00"), ("12:00 am", "12:00 pm"), ("25:00", "25:00 pm")],
    "ratios in words": [("3:4", "4 to 3")],
    "sets by description": [("(1,4)", "{x ∈ ℝ : 1 ≤ x < 4}"), (r"\{k\pi : k\in\mathbb{Z}\}", r"\{2k\pi : k\in\mathbb{Z}\}")],
    "matrices with a factor": [(r"\begin{pmatrix}2&4\\6&8\end{pmatrix}", r"3\begin{pmatrix}1&2\\3&4\end{pmatrix}")],
    "choices with text": [("D", "(C) 17"), ("A", "A. 5 or B. 6"), ("A", "A.B"), ("A", "(A)(B)"), ("B", "B. no wait, it is C")],
    "texts with an article": [("a circle", "a half circle"), ("increasing", "It is decreasing.")],
    "headings": [("4", "#### 4 or 5"), ("4", "#### 5\n#### 6")],
    "conclusions": [("5", "Thus the maximum is $8$, attained at $5$."), ("9", "Thus $x = 9$ fails and so $x = 3$."), ("10", "so we get $10$ if $n$ is even and $12$ otherwise."), ("12", "Adding 12 gives 24.")],
    "computations": [("35", r"$7\cdot 6 = 35$"), ("2", "$y/x = 2$"), ("3", "$x + y = 3$")],
}  # fmt: skip


def table(forms: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(name, *pair) for name, pairs in forms.items() for pair in pairs]


@pytest.mark.parametrize(("form", "expected", "answer"), table(RIGHT))
def test_a_right_answer_in_another_form_is_accepted(form: str, expected: str, answer: str) -> None:
    assert judge({"expected": [expected], "answer": answer})["answer"] == "equal", form


@pytest.mark.parametrize(("form", "expected", "answer"), table(WRONG))
def test_a_near_miss_is_never_accepted(form: str, expected: str, answer: str) -> None:
    assert judge({"expected": [expected], "answer": answer})["answer"] in (
        "different",
        "undecided",
    ), form


@pytest.mark.parametrize(
    "expected", [r"\gcd(12,18)", "gcd(12, 18)", r"\max(3,7)", "(n-1)! with (n = 5)"]
)
def test_brackets_that_end_in_a_number_are_no_fault_of_the_task(expected: str) -> None:
    assert "task_fault" not in judge({"expected": [expected], "answer": "1"})


def test_pounds_of_money_and_of_mass_are_not_told_apart() -> None:
    assert judge({"expected": ["£20"], "answer": "20 pounds"})["answer"] == "undecided"
    assert judge({"expected": ["£20"], "answer": "30 pounds"})["answer"] == "different"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("zero", 0), ("nineteen", 19), ("twenty-one", 21), ("nine hundred", 900), ("minus three", -3),
        ("two thousand and five", 2005), ("three million two hundred thousand", 3_200_000),
        ("half", Fraction(1, 2)), ("three quarters", Fraction(3, 4)), ("one and two thirds", Fraction(5, 3)),
        ("one twenty", None), ("ten two", None), ("hundred", None), ("two three", None), ("and", None), ("", None),
        ("two thousand thousand", None), ("one and three halves", None), ("five apples", None), ("one " * 30, None),
    ],
)  # fmt: skip
def test_number_words_have_one_value_or_none(words: str, value: int | Fraction | None) -> None:
    assert spelled(words) == value


def test_number_words_before_a_unit_leave_the_unit() -> None:
    assert leading("half a liter") == (Fraction(1, 2), "liter")
    assert leading("no solution") is None


def test_a_number_behind_a_blank_is_no_power_of_a_unit() -> None:
    assert read_unit("ft 6 in") is None
    assert read_unit("m s -2") == read_unit("m/s^2") == read_unit("m s-2")


def test_the_letter_of_a_choice_decides_where_nothing_hedges() -> None:
    assert labelled("B", "(B) 12") is Answer.EQUAL
    assert labelled("B", "(C) 12") is Answer.DIFFERENT
    assert labelled("B", "B. 12 or 13") is Answer.UNDECIDED
    assert labelled("B", "B") is None
    assert labelled("B", "x" * 20_000) is None
