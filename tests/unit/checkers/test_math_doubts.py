"""What reads in two ways, or takes itself back: never a wrong accept, never a wrong reject."""

from __future__ import annotations

import pytest

from checkers.protocol import CheckStatus
from tests.unit.checkers.bench import judge

PASS, FAIL, OPEN = CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.UNDECIDED


@pytest.mark.parametrize(
    ("given", "expected", "status"),
    [
        # a choice that is taken back
        ("A. is wrong, ... D", "A", OPEN),
        ("(A) is incorrect", "A", OPEN),
        ("B. isn't it", "B", OPEN),
        ("A. 5", "A", PASS),
        ("A. vitamin D", "A", PASS),
        # equal for positive letters only
        (r"\max(x,0)", "x", FAIL),
        ("x", r"\max(x,0)", FAIL),
        (r"\lfloor x \rfloor", "x", FAIL),
        (r"\max(a,b)", r"\max(b,a)", PASS),
        # several units, one value
        ("two and a half hours", "2.5 h", PASS),
        ("two and a half hours", "2 h", FAIL),
        ("one and a half hours", "90 min", PASS),
        ("3 feet, 6 inches", "3.5 ft", PASS),
        ("3 feet and 6 inches", "42 in", PASS),
        ("3 feet, 6 inches", "3 ft", FAIL),
        ("3 m, 20 cm", "3 m, 20 cm", PASS),
        ("-3 ft 6 in", "-3.5 ft", PASS),
        ("-3 ft 6 in", "-2.5 ft", FAIL),
        # below the stroke, or not
        ("5 J/s·m", "5 J/(s*m)", PASS),
        ("5 J/s·m", "5 J*m/s", OPEN),
        ("5 J/s·m", "6 J*m/s", FAIL),
        ("8.314 J/mol*K", "8.314 J/(mol K)", PASS),
        # a place, and a part
        ("3rd", "3", PASS),
        ("the 5th", "5", PASS),
        ("4th", "5", FAIL),
        ("third", "3", OPEN),
        ("a third", "1/3", PASS),
        ("2 thirds", "2/3", PASS),
        # an angle of degrees, or of radians
        (r"3\angle 90", "3i", OPEN),
        (r"3\angle 90^\circ", "3i", PASS),
        (r"5\angle 0.5", "5e^{0.5i}", PASS),
        # the real root, and the principal one
        (r"\sqrt[3]{-8}", "-2", PASS),
        ("(-8)^{1/3}", "-2", OPEN),
        ("-2", "(-8)^{1/3}", OPEN),
        ("-3", "(-8)^{1/3}", FAIL),
        # taken back, or bounded
        ("#### 5 is wrong", "5", OPEN),
        ("#### 5", "5", PASS),
        ("at least $25$", "25", OPEN),
        ("it is more than $25$", "25", OPEN),
        ("5 or more", "5", OPEN),
        ("The answer is $25$", "25", PASS),
        # a range of whole numbers is no interval
        (r"0<x<4, x\in\mathbb{Z}", "(0,4)", OPEN),
        (r"x\in(0,4), x\in\mathbb{Z}", "(0,4)", OPEN),
        (r"0<x<4, x\in\mathbb{R}", "(0,4)", PASS),
        (r"x=2k\pi, k\in\mathbb{Z}", r"2k\pi", PASS),
    ],
)
def test_doubt_is_said_and_never_judged(given: str, expected: str, status: CheckStatus) -> None:
    result = judge({"check": "math", "expected": expected}, content=given)

    assert result.status is status, result.summary
