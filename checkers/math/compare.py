"""Is the answer's value the expected one: equal, different, or undecided. Runs in the jail."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath

from checkers.math import outside
from checkers.math.choices import labelled
from checkers.math.doubts import as_one, other_units, refuse_unclear, with_real_roots
from checkers.math.extract import Found, denies, ending, find, formulas
from checkers.math.faults import PERCENT, TaskError, is_broken, task_unit
from checkers.math.kinds import fits
from checkers.math.matching import compare
from checkers.math.named import value_of
from checkers.math.nodes import UnparsableError
from checkers.math.normal import normal
from checkers.math.numbers import Rules
from checkers.math.quantities import Quantity, short_unit
from checkers.math.reading import Reading, Several, list_items, read
from checkers.math.splitting import closes_at_end
from checkers.math.units import registry
from checkers.math.values import DIGITS, Answer, TooHardError, symbols

DIFFERENT = "the result is not the expected one"
UNCLEAR = "the two results could not be compared"
MAX_UNITED_ITEMS = 20
_IS = re.compile(r"=|\\approx(?![a-z])")
_NAME = re.compile(r"(?:[A-Za-z](?:_\{?[A-Za-z0-9]+\}?)?|[A-Za-z][a-z ]{2,40})?")
_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{3}")
_ARTICLE = re.compile(r"^(?:(?:it|this|that|they|he|she)(?: is| are|'s) )?(?:(?:an?|the) )?")
_BLANKS = re.compile(r"(?<![0-9.])\s+|\s+(?![\s0-9.])")
"""Blanks that mean nothing: `1 2` is not 12."""

_DECIMAL_COMMA = re.compile(r"[\s$+-]*(?![1-9][0-9]{0,2},[0-9]{3}[\s$.]*$)([0-9]+),([0-9]+)[\s$.]*")


def warm() -> None:
    """Do once, before the jail closes, what loads files or fills tables."""
    registry()
    for expected, answer in (
        ("5 km", "5000 m"), ("|x-1|<2", "(-1,3)"), ("e^{i\\pi}+1", "0"), ("x^2", "x x"),
    ):  # fmt: skip
        judge({"expected": [expected], "answer": answer})
    outside.warm()


def judge(request: dict[str, Any]) -> dict[str, str]:
    """`expected` (texts), `answer` and rules in; `{"answer", "why"}` or `{"task_fault"}` out.

    `why` speaks of the answer alone: of the expected one nothing may leave.
    """
    mpmath.mp.dps = DIGITS
    texts = request["expected"]
    try:
        rules = _rules(request)
        expected = _expected(texts, rules)
    except TaskError as error:
        return {"task_fault": str(error)}
    found = find(request["answer"])
    if len(found.texts) > 1:
        why = "it gives several results and does not say which one is its answer"
        return _result(Answer.UNDECIDED, why)
    given = found.texts[0]
    choice = labelled(find(texts[0]).texts[-1], given) if len(texts) == 1 else None
    if choice is not None:
        return _result(choice, DIFFERENT if choice is Answer.DIFFERENT else UNCLEAR)
    why = UNCLEAR
    verdict = None
    if expected is not None:
        verdict, why = _own(expected, texts, found, rules)
    if verdict is None and _same_text(texts, given):
        verdict = Answer.EQUAL
    if verdict is None and rules == Rules() and len(texts) == 1:
        hedged, parts = denies(given), (find(texts[0]).texts[-1], given)
        verdict = outside.second_opinion(texts[0], request["answer"], parts, hedged=hedged)
    return _result(_decimal_comma(verdict or Answer.UNDECIDED, texts, given), why)


def _result(verdict: Answer, why: str) -> dict[str, str]:
    return {"answer": verdict.value, "why": "" if verdict is Answer.EQUAL else why}


def _rules(request: dict[str, Any]) -> Rules:
    tolerance = request.get("tolerance") or {}
    return Rules(
        absolute=Fraction(tolerance["absolute"]) if tolerance else None,
        relative=Fraction(tolerance["relative"]) if tolerance else None,
        digits=request.get("digits"),
        unit=task_unit(request.get("unit")),
        ordered=bool(request.get("ordered")),
        kind=str(request.get("kind", "auto")),
        counted=len(request["expected"]) > 1,
    )


def _missing_unit(rules: Rules, reading: Reading, text: str) -> bool:
    """Say whether a plain number stands where the task asks for a unit.

    Letters beside the number may be the unit, in a spelling that we do not know.
    """
    if rules.unit is None or _short(text) is not None:
        return False
    value = value_of(reading) or reading
    if not isinstance(value, Quantity) or symbols(value.value):
        return False
    return not (value.unit or value.noun or value.percent)


def _own(
    expected: Reading, texts: list[str], found: Found, rules: Rules
) -> tuple[Answer | None, str]:
    """Compare our own readings of both sides; None where the answer cannot be read.

    Of the answer the first part counts that can be read.
    """
    why = DIFFERENT
    for text in _parts(found):
        try:
            given = _read(text)
        except (UnparsableError, RecursionError) as error:
            why = f"the answer is not understood: {error}"
            continue
        if _missing_unit(rules, given, text):
            return Answer.DIFFERENT, "the task asks for a unit and the answer has none"
        verdict, why = _judged(expected, given, texts, text, rules)
        if verdict is Answer.UNDECIDED and _same_text(texts, found.texts[0]):
            verdict = Answer.EQUAL
        if verdict is Answer.EQUAL and not _fits(expected, given, texts, text, rules):
            return Answer.UNDECIDED, "the result is not of the form that the task asks for"
        return verdict, why
    return None, why


def _fits(expected: Reading, given: Reading, texts: list[str], text: str, rules: Rules) -> bool:
    """Say whether both are of the task's kind; `5 km` is a number, and no product of letters."""
    if rules.kind == "number":
        expected = (_short(texts[0]) if len(texts) == 1 else None) or expected
        given = _short(text) or given
    return fits(expected, given, rules.kind)


def _judged(
    expected: Reading, given: Reading, texts: list[str], text: str, rules: Rules
) -> tuple[Answer, str]:
    try:
        verdict = _compare(expected, given, texts, text, rules)
    except (TooHardError, RecursionError):
        return Answer.UNDECIDED, "the answer cannot be evaluated exactly enough"
    if verdict is Answer.DIFFERENT and rules.unit and _unknown_unit(given, text):
        return Answer.UNDECIDED, "the unit of the answer is not understood"
    return verdict, _why(verdict)


def _why(verdict: Answer) -> str:
    if verdict is Answer.DIFFERENT:
        return DIFFERENT
    return "the result is of a form that could not be compared"


def _compare(
    expected: Reading, given: Reading, texts: list[str], text: str, rules: Rules
) -> Answer:
    """Compare; `5 m` beside a unit is read as metres, beside a letter as a product."""
    single = texts[0] if len(texts) == 1 else ""
    shorts = [_short(single), _short(text)]
    lists = [isinstance(each, Several) for each in (expected, given)]
    if lists == [False, True] and (whole := _as_one(text)):
        given = shorts[1] = whole
    elif lists == [True, False] and (whole := _as_one(single)):
        expected = shorts[0] = whole
    ours = shorts[0] if shorts[0] and _united(given, shorts[1], rules) else expected
    theirs = shorts[1] if shorts[1] and _united(expected, shorts[0], rules) else given
    return _either(ours, theirs, single, text, rules)


def _either(ours: Reading, theirs: Reading, single: str, text: str, rules: Rules) -> Answer:
    """Compare; where another meaning of one side's text would be equal, nothing is certain."""
    found = compare(ours, theirs, rules)
    if found is not Answer.DIFFERENT:
        return found
    for mine, yours in (
        (with_real_roots(ours), theirs),
        (ours, with_real_roots(theirs)),
        (_with_other_units(single), theirs),
        (ours, _with_other_units(text)),
    ):
        if mine and yours and compare(mine, yours, rules) is Answer.EQUAL:
            return Answer.UNDECIDED
    return found


def _as_one(text: str) -> Reading | None:
    try:
        return as_one(normal(text))
    except UnparsableError:
        return None


def _with_other_units(text: str) -> Reading | None:
    try:
        other = other_units(normal(text))
    except UnparsableError:
        return None
    return short_unit(other) if other is not None else None


def _united(other: Reading, short: Reading | None, rules: Rules) -> bool:
    """The other side has a unit, or no letters that a product could be meant with."""
    if short is not None or rules.unit is not None:
        return True
    return isinstance(other, Quantity) and (other.unit is not None or not symbols(other.value))


def _unknown_unit(given: Reading, text: str) -> bool:
    """`5 q` where the task asks for a unit: a product, or a unit that we do not know."""
    readings = given.items if isinstance(given, Several) else (given,)
    values = [value_of(each) or each for each in readings]
    lettered = any(isinstance(each, Quantity) and symbols(each.value) for each in values)
    return lettered and _short(text) is None


def _short(text: str) -> Reading | None:
    """One value or a list with the units of each, where every value has one."""
    try:
        text = normal(text)
    except UnparsableError:
        return None
    found = [_short_value(item) for item in list_items(text)[:MAX_UNITED_ITEMS]]
    kept = tuple(each for each in found if each is not None)
    if not kept or len(kept) < len(found):
        return None
    return kept[0] if len(kept) == 1 else Several(",", kept)


def _short_value(text: str) -> Quantity | None:
    """`x = 5 kg` as `5 kg`: the name of the value may be left out."""
    *names, value = _IS.split(text)
    if names and not _NAME.fullmatch(names[0].strip()):
        return None
    value = value.strip()
    if value.startswith("(") and closes_at_end(value):
        value = value[1:-1]
    return short_unit(value) if len(names) <= 1 else None


def _parts(found: Found) -> list[str]:
    """The candidate, and where it is prose the one formula in it."""
    text = found.texts[0]
    inside = formulas(text)
    if len(inside) == 1 and not denies(text):
        return [text, inside[0]]
    last = ending(text) if found.whole else None
    return [text, last] if last else [text]


def _expected(texts: list[str], rules: Rules) -> Reading | None:
    """Read the task's result; None where only its text can be compared.

    Raises `TaskError` for what can be no result, or has another unit than the task asks for.
    """
    try:
        readings = [_only(text) for text in texts]
    except RecursionError:
        return None
    except UnparsableError:
        if any(map(is_broken, texts)):
            raise TaskError(
                "`expected` cannot be read: its formula is empty or breaks off"
            ) from None
        return None
    shorts = [_short(text) for text in texts] if rules.unit else []
    units = [each.unit for each in (*readings, *shorts) if isinstance(each, Quantity)]
    if rules.unit and any(unit and unit.base != rules.unit.base for unit in units):
        raise TaskError("`unit` measures something else than the unit in `expected`")
    if rules.unit == PERCENT:
        readings = [
            replace(each, percent=True) if isinstance(each, Quantity) else each for each in readings
        ]
    return readings[0] if len(readings) == 1 else Several(",", tuple(readings))


def _only(text: str) -> Reading:
    found = find(text)
    if len(found.texts) != 1:
        raise UnparsableError("it is not clear which part it is")
    return _read(found.texts[0])


def _read(text: str) -> Reading:
    text = normal(text)
    refuse_unclear(text)
    reading = read(text)
    if isinstance(reading, Several) and len(reading.items) == 1 and reading.brackets == ",":
        return reading.items[0]
    return reading


def _same_text(texts: list[str], given: str) -> bool:
    """What is not understood can still be the same text."""
    return len(texts) == 1 and _squeezed(find(texts[0]).texts[-1]) == _squeezed(given) != ""


def _squeezed(text: str) -> str:
    try:
        text = normal(text)
    except UnparsableError:
        return _BLANKS.sub("", text)
    if _WORD.search(text):
        return _BLANKS.sub("", _ARTICLE.sub("", text.casefold()))
    return _BLANKS.sub("", text)


def _decimal_comma(found: Answer, texts: list[str], given: str) -> Answer:
    """`1,25` is a list to one and a decimal to another: nothing is called wrong for that."""
    matches = [_DECIMAL_COMMA.fullmatch(text) for text in (*texts, given)]
    if found is Answer.EQUAL or not any(matches):
        return found
    points = [
        f"{match[1]}.{match[2]}" if match else text.strip(" $")
        for match, text in zip(matches, (*texts, given), strict=True)
    ]
    same = len(points) == 2 and len(set(points)) == 1  # noqa: PLR2004 - one expected, one given
    return Answer.EQUAL if same else Answer.UNDECIDED
