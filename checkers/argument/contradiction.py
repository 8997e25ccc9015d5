"""Does the argument end in another result than the answer gives, or take itself back.

Only what both sides state plainly is compared: one number, yes or no, or the letter of a choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"[-+\u2212]?\d{1,30}(?:,\d{3})*(?:\.\d{1,30})?"
_VALUE = rf"(?P<value>{_NUMBER}\s?%?|yes|no|true|false|(?-i:[A-E])(?![\w']))"
_END = r"(?![\w/^]|\*{1,2}\w|[.,]\d)"
_MARKS = r"[\s*_$`\"'(\[]{0,6}"

_STATED = re.compile(
    rf"(?:\b(?:answer|result|solution|total|value)(?: of [\w ]{{1,40}})?\s*"
    rf"(?:is:?|are:?|equals|was|=|:|comes to|must be){_MARKS}|\\boxed\{{\s*){_VALUE}{_END}",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_MARKS}{_VALUE}[\s*_$`\"')\].]{{0,6}}\Z", re.IGNORECASE)

_GIVES_UP = re.compile(
    r"\bi\s+(?:could|can|was|am|did)(?:\s+not|n['\u2019]t)\s+(?:able\s+to\s+|manage\s+to\s+)?"
    r"(?:solve|answer|find|prove|finish|complete|do)\b"
    r"|\bi\s+(?:was|am)\s+unable\s+to\b|\bas\s+an?\s+(?:ai|large)\s+language\s+model\b"
    r"|\b(?:this|it)\s+is\s+(?:only\s+)?(?:a\s+)?(?:wild|random|pure)\s+guess\b",
    re.IGNORECASE,
)

_WORDS = {"true": "yes", "false": "no", "yes": "yes", "no": "no"}


@dataclass(frozen=True, slots=True)
class Stated:
    """A result as it was written, and what it means: a word, or a number with its digits."""

    text: str
    word: str | None = None
    number: Decimal | None = None
    percent: bool = False


def contradiction(reasoning: str, content: str) -> tuple[str, str] | None:
    """Return the two results, as written, where the argument ends in another one; else None."""
    given = _given(content)
    found = list(_STATED.finditer(reasoning))
    if given is None or not found:
        return None
    ended = _meaning(found[-1]["value"])  # whoever corrects himself ends with what he means
    return None if _agree(ended, given) else (ended.text, given.text)


def gives_up(reasoning: str) -> bool:
    """The argument says of itself that it found nothing."""
    return _GIVES_UP.search(reasoning) is not None


def _given(content: str) -> Stated | None:
    bare = _BARE.match(content.strip()[:200])
    if bare is not None:
        return _meaning(bare["value"])
    found = list(_STATED.finditer(content))
    return _meaning(found[-1]["value"]) if found else None


def _meaning(text: str) -> Stated:
    plain = text.strip()
    folded = plain.casefold()
    if folded in _WORDS:
        return Stated(plain, word=_WORDS[folded])
    if plain.isalpha():
        return Stated(plain, word=folded)
    digits = plain.rstrip("% ").replace(",", "").replace("\N{MINUS SIGN}", "-")
    return Stated(plain, number=Decimal(digits), percent=plain.endswith("%"))


def _agree(one: Stated, other: Stated) -> bool:
    if one.number is None or other.number is None:
        # A letter against a number may be a choice and its value: nobody can tell.
        return one.word == other.word or (one.number is None) != (other.number is None)
    if _rounds(one.number, other.number):
        return True
    if one.percent == other.percent:
        return False
    hundredth = Decimal("0.01")
    first = one.number * hundredth if one.percent else one.number
    second = other.number * hundredth if other.percent else other.number
    return _rounds(first, second)


def _rounds(one: Decimal, other: Decimal) -> bool:
    """Equal when rounded to the fewer decimals of the two, within one unit there."""
    decimals = min(_decimals(one), _decimals(other))
    unit = Decimal(1).scaleb(-decimals)
    exact = _decimals(one) == _decimals(other)
    return one == other if exact else abs(one - other) <= unit


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
