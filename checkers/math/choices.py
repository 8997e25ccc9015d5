"""Letters of a multiple choice: `(E) 12` beside `E`."""

from __future__ import annotations

import re

from checkers.math.nodes import UnparsableError
from checkers.math.normal import normal
from checkers.math.values import Answer

_LETTER = re.compile(r"\(?([A-H])\)?")
_LABELLED = re.compile(r"(?:\(([A-H])\):?|([A-H])[.):]) ?(?=\S)(?P<said>.{1,80})", re.DOTALL)
_UNSURE = re.compile(
    r"^\(?[A-Z]\b|\b(?:or|not|and|but|maybe|either|no|wait|option|wrong|incorrect|false|never)\b|n't\b"
    r"|[.:(][A-H]\b|\b[B-H][).:]|[.:;,] *\(?[A-H]\W*$",
    re.IGNORECASE,
)


def labelled(expected: str, given: str) -> Answer | None:
    """Compare where one side is a letter and the other a letter with its text; else None.

    The letter decides, as it does on paper; where the text behind it hedges nothing is said.
    """
    try:
        one, other = normal(expected), normal(given)
    except UnparsableError:
        return None
    for short, long in ((one, other), (other, one)):
        letter, label = _LETTER.fullmatch(short), _LABELLED.fullmatch(long)
        if letter is None or label is None or _LETTER.fullmatch(long):
            continue
        if _UNSURE.search(label["said"]):
            return Answer.UNDECIDED
        same = letter[1] == (label[1] or label[2])
        return Answer.EQUAL if same else Answer.DIFFERENT
    return None
