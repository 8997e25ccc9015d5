"""Numbers in a report's free text: which of them state something about the data.

A number is taken for a statement where its sentence names a column or a statistic, and the number
is none of the things that only look like one: dates, versions, figures, steps, group labels, the 75
of a 75th percentile, limits of a filter.
"""

from __future__ import annotations

import bisect
import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from checkers.claims.distractors import FILTERS, MARK, NOT_SAID
from checkers.claims.printed import Printed, agrees, read_printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checkers.claims.reading import Claim

MAX_TEXT: Final = 200_000
MAX_NUMBERS: Final = 2000
MAX_VALUES: Final = 20_000
"""Values of claims that a text is compared with: an index of more takes seconds."""

MAX_STEPS: Final = 200_000
"""Values that are compared one by one with the numbers of one text."""

_WORDS: Final = "one|two|three|four|five|six|seven|eight|nine|ten"
_PARTS: Final = "half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?"
_FRACTION: Final = (
    rf"\b(?i:(?:{_WORDS})[ -](?:(?:in|out of)[ -](?:{_WORDS}|\d{{1,3}})|(?:{_PARTS})))\b"
    r"|(?<![\w.,/\ue000-])\d{1,2}/\d{1,2}(?![\w./\ue000])"
)
"""Fractions in words or with a stroke: they state something, but no digits to compare."""
_SCALES: Final = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "million": 10**6,
    "bn": 10**9,
    "b": 10**9,
    "billion": 10**9,
    "trillion": 10**12,
}
_SCALE: Final = r"[kKMB]|bn|\s?(?i:thousand|million|billion|trillion)"
_NUMBER: Final = re.compile(
    rf"{_FRACTION}"
    r"|(?<![\w.,/\ue000])(?:(?<=\s)|(?<![-\u2212+]))[-+\u2212]?"
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?:\.\d+)?|\d*\.?\d+)"
    rf"(?:[eE][-+]?\d{{1,3}})?(?:(?:{_SCALE})\b|\s?%|\s(?:percent|per cent)\b)?"
    r"(?![\w\ue000]|\.\d|,\d{3})"
)
_SCALED: Final = re.compile(rf"(?P<digits>.*\d)(?P<scale>{_SCALE})")
_STATISTIC: Final = re.compile(
    r"\b(?:"
    r"means?|averages?|averaged|medians?|sums?|totals?|adds? up|count(?:s|ed)?|"
    r"records?|rows?|values?|observations?|entries|cases|distinct|unique|different|"
    r"missing|empty|non-empty|null|minimum|maximum|min|max|smallest|largest|lowest|"
    r"highest|peaks?|range|ranges|standard deviation|deviation|variance|std|sd|"
    r"quantile|percentile|quartile|decile|correlat\w+|pearson|spearman|kendall|slope|"
    r"intercept|regress\w+|r-?squared|r2|r\u00b2|t-test|anova|chi-?squared?|"
    r"mann-whitney|p-values?|p|f|share|percent|percentage|proportion|fraction|rate|"
    r"grew|growth|increase[ds]?|decrease[ds]?|rose|fell|changed?|group|ratio|rank\w*"
    r")\b|%",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(
    r"(?<=[.!?])(?<!i\.e\.)(?<!e\.g\.)(?<!\bvs\.)(?<!\bca\.)(?<!\bapprox\.)\s+(?=[^a-z\s])|\n\s*\n|\n(?=\s*(?:[-*#|>]|\d+[.)]\s))"
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A number as the text states it: where, and the columns that its sentence names."""

    start: int
    text: str
    columns: frozenset[str]


def stated_numbers(text: str, columns: Iterable[str]) -> list[Stated]:
    """Find the numbers that state something about the data, in their order."""
    text = text[:MAX_TEXT]
    names = sorted({name.strip() for name in columns if name.strip()}, key=lambda n: (-len(n), n))
    masked, places = _mask_columns(text, names)
    masked = _mask(masked, NOT_SAID)
    found: list[Stated] = []
    starts = [at for at, _ in places]
    table = _Table()
    for start, end in _sentences(masked):
        part = masked[start:end]
        first, last = bisect.bisect_left(starts, start), bisect.bisect_left(starts, end)
        named = frozenset(name for _, name in places[first:last])
        stated = bool(named) or _STATISTIC.search(part) is not None
        if part.lstrip().startswith("|"):
            part, named, stated = table.row(start, end, part, named, stated=stated)
        if not stated:
            continue
        for match in _NUMBER.finditer(_mask(part, FILTERS)):
            if len(found) >= MAX_NUMBERS:
                return found
            origin = text[start + match.start() : start + match.end()]
            found.append(Stated(start + match.start(), origin.strip(), named))
    return found


class _Table:
    """The Markdown table that is being read: its rows speak of what its header names."""

    def __init__(self) -> None:
        self._end = -2
        self._named: frozenset[str] = frozenset()
        self._stated = self._labels = False

    def row(
        self, start: int, end: int, part: str, named: frozenset[str], *, stated: bool
    ) -> tuple[str, frozenset[str], bool]:
        """The row with its label covered, the columns it is about, and whether it states values."""
        is_header = start != self._end + 1
        self._end = end
        if is_header:
            first = part.split("|", 2)[1]
            self._named, self._stated = named, stated
            self._labels = _STATISTIC.search(first) is None and first.strip().lower() != "n"
            return part, named, stated
        if self._labels:
            begin = part.index("|") + 1
            cut = part.find("|", begin)
            part = part[:begin] + " " * (cut - begin) + part[max(cut, begin) :]
        return part, named or self._named, stated or self._stated


def _mask_columns(text: str, names: Sequence[str]) -> tuple[str, list[tuple[int, str]]]:
    """Cover every column's name, longest first; returns the text and where each stood."""
    wanted = [name for name in names if not name.isdigit() or len(name) > 2]  # noqa: PLR2004
    if not wanted:
        return text, []
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in wanted))
    places: list[tuple[int, str]] = []

    def cover(match: re.Match[str]) -> str:
        places.append((match.start(), match[0]))
        return MARK * len(match[0])

    return pattern.sub(cover, text), places


def _mask(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """Cover what the patterns find (their group `n`, where they have one) by blanks."""
    for pattern in patterns:
        text = pattern.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    if "n" not in match.re.groupindex:
        return re.sub(r"[^\n]", " ", match[0])
    start, end = match.start("n") - match.start(), match.end("n") - match.start()
    return match[0][:start] + " " * (end - start) + match[0][end:]


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def unsupported(
    numbers: Sequence[Stated], claims: Iterable[Claim], steps: int = MAX_STEPS
) -> tuple[list[Stated], bool]:
    """Return the numbers that no claim supports, and whether all could be looked for.

    A claim supports a number that is its value (or its value rounded further) in a sentence that
    names one of its columns, or no column at all. At most `MAX_VALUES` values are known, and
    `steps` of them compared; where that does not suffice, the numbers that are left count as
    supported. Counted, not timed: all runs end alike.
    """
    each = ((value, _columns_of(claim)) for claim in claims for value in _values_of(claim))
    first = list(itertools.islice(each, MAX_VALUES + 1))
    if len(first) > MAX_VALUES:
        return [], False
    values = _Values(first, steps)
    alone = [number for number in numbers if not values.support(number)]
    return alone, values.steps >= 0


class _Values:
    """Values of claims in rising order, and how many may still be compared."""

    def __init__(self, known: Iterable[tuple[Printed, frozenset[str]]], steps: int) -> None:
        single = {(one.value, one.is_percent, columns) for one, columns in known}
        self._known = sorted(single, key=lambda one: (one[0], one[1], sorted(one[2])))
        self._places = [value for value, _, _ in self._known]
        self.steps = steps

    def support(self, number: Stated) -> bool:
        """Return True where a value is the number's, or nothing more may be compared."""
        try:
            printed = _read(number.text)
        except ValueError:
            return True  # nothing that could be called a wrong number
        near = printed.step  # more than half of it, which decides
        start = bisect.bisect_left(self._places, printed.value - near)
        end = bisect.bisect_right(self._places, printed.value + near)
        for value, percent, columns in self._known[start:end]:
            self.steps -= 1
            if self.steps < 0:
                return True
            same_place = not number.columns or not columns or number.columns & columns
            same_form = percent == printed.is_percent
            if same_place and same_form and agrees(printed, value, exact=True):
                return True
        return self.steps < 0


def _read(text: str) -> Printed:
    """As `read_printed`, with `3.4k` and `2 million` taken for what they say."""
    scaled = _SCALED.fullmatch(text)
    if scaled is None:
        return read_printed(text)
    printed = read_printed(scaled["digits"])
    factor = _SCALES[scaled["scale"].strip().lower()]
    return replace(printed, value=printed.value * factor, step=printed.step * factor)


def _values_of(claim: Claim) -> Iterator[Printed]:
    said = claim.value
    for one in said.values() if isinstance(said, dict) else (said,):
        if isinstance(one, list):
            continue
        try:
            printed = read_printed(str(one))
        except ValueError:
            continue
        yield printed


def _columns_of(claim: Claim) -> frozenset[str]:
    query = claim.query
    if query is None:
        return frozenset()
    named = (query.column, query.x, query.y, query.by, *query.group_by)
    return frozenset(name.strip() for name in named if name)
