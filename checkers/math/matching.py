"""Two readings compared kind by kind: equal, different, or undecided."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from checkers.math.named import value_of
from checkers.math.names import is_name
from checkers.math.nodes import Apply, Expression, Symbol
from checkers.math.numbers import Rules, quantities, values
from checkers.math.quantities import Quantity
from checkers.math.reading import (
    EMPTY,
    ISO_DATE,
    NOT_A_NUMBER,
    Equation,
    Joined,
    Named,
    Ratio,
    Reading,
    Relation,
    Several,
    Words,
)
from checkers.math.sampling import constant_ratio, functions, replaced
from checkers.math.sets import compare_sets, is_set
from checkers.math.values import Answer, TooHardError, approximate, symbols

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOSE = frozenset({",", "{}", "pm"})
PAIR = 2
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}")
_CALL = re.compile(r"([A-Za-z](?:_[A-Za-z0-9]+)?'*)\(([a-z])\)")


def compare(  # noqa: C901, PLR0911 - one line for each pair of kinds
    expected: Reading, given: Reading, rules: Rules
) -> Answer:
    """Compare two readings; raises `TooHardError` where one cannot be evaluated."""
    as_sets = compare_sets(expected, given, intervals=rules.kind == "interval")
    if as_sets is Answer.DIFFERENT and _rounded_ends(expected, given, rules):
        return Answer.EQUAL
    if as_sets is not None:
        return as_sets
    match expected, given:
        case (Words(), _) | (_, Words()):
            return _words(expected, given)
        case Quantity(), Quantity():
            return quantities(expected, given, rules)
        case Several(), Several():
            return _several(expected, given, rules)
        case (Named() | Equation(), _) | (_, Named() | Equation()):
            return _named(expected, given, rules)
        case (Several(), _) | (_, Several()):
            return _one_beside_several(expected, given, rules)
        case Joined(operation=one, parts=ours), Joined(operation=other, parts=theirs):
            if one != other or len(ours) != len(theirs):
                return Answer.UNDECIDED
            return _only_equal(matched(ours, theirs, rules))
        case Relation(), Relation():
            return _relations(expected, given, rules)
        case (Ratio(), _) | (_, Ratio()):
            return _ratios(expected, given, rules)
    # A set beside one number, or an inequality beside an expression.
    pair = {type(expected), type(given)}
    plain = pair in ({Quantity, Joined}, {Quantity, Relation})
    return Answer.DIFFERENT if plain and _is_constant(expected, given) else Answer.UNDECIDED


def _rounded_ends(expected: Reading, given: Reading, rules: Rules) -> bool:
    """`(0.6, 2.67]` for an interval that ends at 8/3."""
    if not isinstance(expected, Several) or not isinstance(given, Several):
        return False
    if expected.brackets != given.brackets or len(expected.items) != len(given.items):
        return False
    pairs = zip(expected.items, given.items, strict=True)
    return all(_item(one, other, rules) is Answer.EQUAL for one, other in pairs)


def _is_constant(*readings: Reading) -> bool:
    return any(isinstance(each, Quantity) and not symbols(each.value) for each in readings)


def _words(expected: Reading, given: Reading) -> Answer:
    if not isinstance(expected, Words) or not isinstance(given, Words):
        other = given if isinstance(expected, Words) else expected
        word = expected if isinstance(expected, Words) else given
        if isinstance(other, Ratio) and isinstance(word, Words) and _same_clock(word, other):
            return Answer.EQUAL
        if other == EMPTY and isinstance(word, Words) and word.text in ("no solution", "none"):
            return Answer.EQUAL
        number = isinstance(word, Words) and word.text == NOT_A_NUMBER
        # What can be evaluated is a number.
        return _beside_nan(other) if number and isinstance(other, Quantity) else Answer.UNDECIDED
    if expected.text == given.text:
        return Answer.EQUAL
    # Not a number to one is undefined, or no solution, to another.
    sure = NOT_A_NUMBER not in (expected.text, given.text)
    pairs = ({"true", "false"}, {"yes", "no"}, {"odd", "even"})
    letters = len(expected.text) == len(given.text) == 1
    dates = all(ISO_DATE.fullmatch(each.text) for each in (expected, given))
    clocks = all(_CLOCK.fullmatch(each.text) for each in (expected, given))
    opposite = letters or dates or clocks or {expected.text, given.text} in pairs
    return Answer.DIFFERENT if sure and opposite else Answer.UNDECIDED


def _same_clock(word: Words, ratio: Ratio) -> bool:
    """`3 pm` beside `15:00`; `3:00` may be either half of the day."""
    written = ":".join(ratio.written)
    return _CLOCK.fullmatch(written) is not None and written == word.text and written >= "13"


def _beside_nan(other: Quantity) -> Answer:
    infinite = Symbol("infty") in (other.value, *getattr(other.value, "args", ()))
    if infinite:
        return Answer.DIFFERENT
    if symbols(other.value):
        return Answer.UNDECIDED
    approximate(other.value, {})
    return Answer.DIFFERENT


def _several(expected: Several, given: Several, rules: Rules) -> Answer:
    pair = {expected.brackets, given.brackets}
    loose = pair <= LOOSE
    if len(expected.items) != len(given.items):
        return _other_length(expected, given, rules, loose=loose)
    if loose and not rules.ordered:
        found = matched(expected.items, given.items, rules)
        if found is not Answer.EQUAL or not _names_on_one_side(expected.items, given.items):
            return found
    in_order = all_of(
        [compare(one, other, rules) for one, other in zip(expected.items, given.items, strict=True)]
    )
    if len(pair) == 1 and (rules.ordered or not loose):
        return in_order
    if loose or pair <= {"()", ",", "pm"}:  # names or brackets left out
        return in_order if loose and rules.ordered else _only_equal(in_order)
    if pair <= {"()", "[]"} and rules.kind != "interval":
        vector = len(expected.items) != PAIR
        return _only_equal(in_order) if vector else Answer.UNDECIDED
    return Answer.DIFFERENT if is_set(expected) or is_set(given) else Answer.UNDECIDED


def _names_on_one_side(expected: Sequence[Reading], given: Sequence[Reading]) -> bool:
    """Say whether one side names its values differently and the other trusts to their order."""
    names = [
        {
            each.left.name[0]
            for each in items
            if isinstance(each, Equation) and isinstance(each.left, Symbol)
        }
        for items in (expected, given)
    ]
    return any(len(one) > 1 and not other for one, other in (names, names[::-1]))


def _only_equal(found: Answer) -> Answer:
    return Answer.EQUAL if found is Answer.EQUAL else Answer.UNDECIDED


def _not_equal(found: Answer) -> Answer:
    return Answer.UNDECIDED if found is Answer.EQUAL else found


def _other_length(expected: Several, given: Several, rules: Rules, *, loose: bool) -> Answer:
    """Too few or too many; as sets, where an item that repeats another does not count."""
    if not loose:
        return Answer.DIFFERENT if expected.brackets == given.brackets else Answer.UNDECIDED
    braces = given.brackets == "{}"
    if rules.counted and not braces:
        return Answer.DIFFERENT
    ours, theirs = _once(expected.items, rules), _once(given.items, rules)
    if rules.ordered or len(ours) != len(theirs):
        return Answer.DIFFERENT
    found = matched(ours, theirs, rules)
    return _not_equal(found) if rules.counted else found


def _once(items: Sequence[Reading], rules: Rules) -> list[Reading]:
    kept: list[Reading] = []
    for item in items:
        if not any(_item(each, item, rules) is Answer.EQUAL for each in kept):
            kept.append(item)
    return kept


def _repeats(items: Sequence[Reading], rules: Rules) -> bool:
    return any(
        compare(one, other, rules) is Answer.EQUAL
        for place, one in enumerate(items)
        for other in items[:place]
    )


def all_of(found: list[Answer]) -> Answer:
    """Equal where all are, different where one is."""
    if Answer.DIFFERENT in found:
        return Answer.DIFFERENT
    return Answer.UNDECIDED if Answer.UNDECIDED in found else Answer.EQUAL


def matched(expected: Sequence[Reading], given: Sequence[Reading], rules: Rules) -> Answer:
    """One-to-one in any order. Equality is close to transitive, so the first match will do."""
    unsure = False
    left = list(given)
    for wanted in expected:
        seen = [_item(wanted, item, rules) for item in left]
        if Answer.EQUAL in seen:
            del left[seen.index(Answer.EQUAL)]
        elif Answer.UNDECIDED in seen:
            unsure = True
        else:
            return Answer.DIFFERENT
    return Answer.UNDECIDED if unsure else Answer.EQUAL


def _item(wanted: Reading, item: Reading, rules: Rules) -> Answer:
    """Compare two items; one that is too hard does not decide about the others."""
    try:
        return compare(wanted, item, rules)
    except TooHardError:
        return Answer.UNDECIDED


def _one_beside_several(expected: Reading, given: Reading, rules: Rules) -> Answer:
    """One value beside a list: the same only where the list has one item."""
    listed = expected if isinstance(expected, Several) else given
    assert isinstance(listed, Several)  # noqa: S101 - by the caller's match
    if len(listed.items) == 1:
        ours = listed.items[0] if listed is expected else expected
        theirs = listed.items[0] if listed is given else given
        return _only_equal(compare(ours, theirs, rules))
    single = given if listed is expected else expected
    if not isinstance(single, Quantity) or listed.brackets not in LOOSE:
        return Answer.UNDECIDED
    unsure = _repeats(listed.items, rules) and not rules.counted
    return Answer.UNDECIDED if unsure else Answer.DIFFERENT


def _named(expected: Reading, given: Reading, rules: Rules) -> Answer:
    """Names of values may be left out, and equations written in another way."""
    if isinstance(expected, Equation) and isinstance(given, Equation):
        return _equations(expected, given, rules)
    if isinstance(expected, Named) and isinstance(given, Named):
        found = compare(expected.value, given.value, rules)
        same = "".join(expected.name.split()) == "".join(given.name.split())
        return Answer.UNDECIDED if found is Answer.EQUAL and not same else found
    for one, other, turned in ((expected, given, False), (given, expected, True)):
        value = value_of(one)
        if value is None:
            continue
        if isinstance(one, Equation) and isinstance(other, Several):
            break
        return compare(other, value, rules) if turned else compare(value, other, rules)
    if isinstance(expected, Several) or isinstance(given, Several):
        return _one_beside_several(expected, given, rules)
    return Answer.UNDECIDED


def _equations(expected: Equation, given: Equation, rules: Rules) -> Answer:
    """The same up to a constant factor; `x = 3` and `x = 4` are different."""
    ours, theirs = expected.left, given.left
    if is_name(ours) and is_name(theirs):
        found = _definitions(expected, given, rules)
        if found is not None:
            return found
    one = Apply("add", (expected.left, Apply("neg", (expected.right,))))
    other = Apply("add", (given.left, Apply("neg", (given.right,))))
    names = sorted(symbols(one) | symbols(other))
    if not names:
        return Answer.UNDECIDED
    if constant_ratio(one, other, names) is not None:
        return Answer.EQUAL
    # No multiples of each other, yet they can still have the same solutions.
    linear = all(_is_linear(each, names) for each in (one, other))
    return Answer.DIFFERENT if linear and symbols(one) == symbols(other) else Answer.UNDECIDED


def _definitions(expected: Equation, given: Equation, rules: Rules) -> Answer | None:
    """Compare what two names are said to be; None where a side holds its own name."""
    assert isinstance(expected.left, Symbol | Apply)  # noqa: S101 - names are
    ours, theirs = _called(expected.left), _called(given.left)
    right = given.right
    if ours and theirs and ours[0] == theirs[0] and ours[1] != theirs[1]:
        right = replaced(right, {theirs[1]: Symbol(ours[1])})
    elif expected.left != given.left:
        function = {"y", *(each[0] for each in (ours, theirs) if each)}
        alike = {getattr(each, "name", "") for each in (expected.left, given.left)} & {"y"}
        if not (alike and len(function) > 1 and (ours or theirs)):
            found = values(expected.right, right, rules)
            return Answer.UNDECIDED if found is Answer.EQUAL else None
    found = values(expected.right, right, rules)
    if found is Answer.EQUAL:
        return found
    own = symbols(expected.left) & symbols(right) | symbols(expected.left) & symbols(expected.right)
    return None if own else found


def _called(left: Expression) -> tuple[str, str] | None:
    match = _CALL.fullmatch(left.name) if isinstance(left, Symbol) else None
    return (match[1], match[2]) if match else None


def _is_linear(node: Expression, names: list[str]) -> bool:
    """Second differences vanish along two lines: enough for what was written by hand."""
    try:
        for step in (1, 2):
            at = [
                {name: 3 * place + turn * (step + place) + 1 for place, name in enumerate(names)}
                for turn in range(4)
            ]
            seen = [approximate(node, point) for point in at]
            first = [b - a for a, b in pairwise(seen)]
            if any(abs(b - a) > 1e-30 for a, b in pairwise(first)):  # noqa: PLR2004
                return False
    except TooHardError:
        return False
    return True


def _relations(expected: Relation, given: Relation, rules: Rules) -> Answer:
    if len(expected.signs) != len(given.signs):
        return Answer.UNDECIDED
    if expected.signs == given.signs:
        sides = zip(expected.sides, given.sides, strict=True)
        try:
            found = all_of([functions(one, other) if symbols(one) or symbols(other)
                            else values(one, other, rules) for one, other in sides])  # fmt: skip
        except TooHardError:
            found = Answer.UNDECIDED
        if found is Answer.EQUAL:
            return found
    if len(expected.signs) > 1 or ("!=" in expected.signs) != ("!=" in given.signs):
        return Answer.UNDECIDED
    one, other = (
        Apply("add", (each.sides[1], Apply("neg", (each.sides[0],)))) for each in (expected, given)
    )
    ratio = constant_ratio(one, other, sorted(symbols(one) | symbols(other)))
    if ratio is None or ratio == PAIR:
        return Answer.UNDECIDED
    unequal = expected.signs == ("!=",)
    if expected.signs != given.signs:
        return Answer.DIFFERENT
    return Answer.EQUAL if ratio == 1 or unequal else Answer.DIFFERENT


def _ratios(expected: Reading, given: Reading, rules: Rules) -> Answer:
    if isinstance(expected, Ratio) and isinstance(given, Ratio):
        if len(expected.parts) != len(given.parts):
            return Answer.DIFFERENT
        found = all_of([_proportional(expected, given, place, rules)
                        for place in range(1, len(expected.parts))])  # fmt: skip
        if found is Answer.EQUAL and _times(expected, given):
            same = [int(part) for part in expected.written] == [int(part) for part in given.written]
            return Answer.EQUAL if same else Answer.UNDECIDED
        return found
    ratio = expected if isinstance(expected, Ratio) else given
    if not isinstance(ratio, Ratio) or len(ratio.parts) != PAIR:
        return Answer.UNDECIDED
    quotient = Quantity(Apply("div", ratio.parts))
    other = given if ratio is expected else expected
    if not isinstance(other, Quantity):
        return Answer.UNDECIDED
    return _only_equal(quantities(other, quotient, rules))


def _times(*ratios: Ratio) -> bool:
    """Both could be times of day: `2:30` is not `4:60`."""
    return all(
        len(each.written[-1]) == PAIR and all(part.isdigit() for part in each.written)
        for each in ratios
    )


def _proportional(expected: Ratio, given: Ratio, place: int, rules: Rules) -> Answer:
    one = Apply("mul", (expected.parts[0], given.parts[place]))
    other = Apply("mul", (expected.parts[place], given.parts[0]))
    return values(one, other, rules)
