"""A judge's copy of hostile text: nothing in it that a reader would not see.

The original is kept and hashed elsewhere. What is removed is told apart: marks that scripts, emoji
and copied text bring along are ordinary; marks that can only hide or reorder words are `hidden`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MARKS: Final = 30
"""Combining marks in a row that are kept (Unicode Standard Annex 15, Stream-Safe Text Format)."""

MOST_REMOVALS: Final = 2000
"""Removals that are told one by one; what comes after them is told as sums."""

ZWNJ: Final = "\u200c"
ZWJ: Final = "\u200d"
_EMOJI_STYLE: Final = "\ufe0f"
_NEAR: Final = 12
"""Characters to each side in which a direction mark looks for letters written right to left."""
_FLAG: Final = "\U0001f3f4"
_REGIONS: Final = frozenset({"gbeng", "gbsct", "gbwls"})
"""The flags spelled with tag characters (Unicode Technical Standard 51, RGI_Emoji_Tag_Sequence)."""

# Control, format, surrogate, private use and unassigned-ignorable characters, fillers that are
# letters by category, and both blocks of variation selectors.
_UNSEEN: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_CSI: Final = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")
_CONCEAL: Final = re.compile(r"\x1b\[(?:[0-9]+;)*8m")
_EQUAL: Final = re.compile(r"(.)\1*", re.DOTALL)
_LINE_END: Final = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_RTL: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
# Scripts whose words are shaped by joiners: Arabic and its kin, Indic, Sinhala, Khmer, Mongolian.
_JOINED: Final = re.compile(
    "[\u0620-\u074f\u0750-\u077f\u07ca-\u07ea\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f"
    "\u1780-\u18aa\ufb50-\ufdff\ufe70-\ufefc]"
)
# Scripts written without spaces, in which U+200B tells where a line may break.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3000-\u9fff\uac00-\ud7a3\uff00-\uff9f]"
)
_PICTURE: Final = re.compile(
    "[\u00a9\u00ae\u203c-\u3299#*0-9\U0001f000-\U0001faff\U0001fb00-\U0001fbff]"
)
_NEEDED: Final = (
    f"(?<={_JOINED.pattern})[{ZWNJ}{ZWJ}](?={_JOINED.pattern})"
    f"|(?<={_PICTURE.pattern})(?:{_EMOJI_STYLE}?{ZWJ}(?={_PICTURE.pattern})"
    f"|{_EMOJI_STYLE}(?![{_UNSEEN}]))"
)
_KEPT: Final = re.compile(_NEEDED)
_UNSEEN_RUN: Final = re.compile(f"[{_UNSEEN}]+")
_REST: Final = re.compile(f"(?=[{_UNSEEN}])(?!{_NEEDED})[{_UNSEEN}]+")
_STYLED: Final = re.compile(
    "[\u0023-\u0039\u00a9\u00ae\u2010-\u2bff\u3000-\u9fff\uf900-\ufaff\U0001f000-\U0001faff"
    "\U00020000-\U0003ffff\u1000-\u109f\u1820-\u18aa]"
)
_ALIKE: Final = "\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u13a0-\u13ff"
_LATIN: Final = "A-Za-z\u00c0-\u024f"
_MIXED: Final = re.compile(f"[{_LATIN}][{_ALIKE}][{_LATIN}]|[\u0400-\u052f][{_LATIN}]{{2}}")
_WIDE: Final = re.compile("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7cb]{3,}")


@dataclass(frozen=True, slots=True)
class Removal:
    """`count` equal characters removed at `offset` characters into the text as it was given.

    Line ends count as one character there, however they were spelled.
    """

    offset: int
    codepoint: int
    count: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A judge's copy. `hidden` are the removals that no honest text needs.

    `homoglyphs` counts words that mix alphabets that look alike, or are written in letters made to
    look like Latin.
    """

    text: str
    removed: tuple[Removal, ...]
    homoglyphs: int
    hidden: tuple[Removal, ...] = ()


def clean(text: str) -> Cleaned:
    r"""Return the copy in NFC, with `\n` as its only line end; time is linear in the length.

    Kept are tabs, joiners inside words of scripts that need them, joiners between pictures, and
    the picture style after a picture. Lone surrogates are removed, so the copy has UTF-8.
    """
    if text.isascii() and not _UNSEEN_RUN.search(text):
        return Cleaned(text, (), 0)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts: list[str] = []
    removed: list[Removal] = []
    hidden: list[Removal] = []
    place = 0
    # Most long texts of other scripts hold nothing but what they need.
    needs_work = _UNSEEN_RUN.search(text) and _UNSEEN_RUN.search(_KEPT.sub("", text))
    for start, end in _runs(text) if needs_work else ():
        if len(removed) > MOST_REMOVALS:
            break
        parts.append(text[place:start])
        kept, taken, is_hidden = _judged(text, start, end)
        parts.append(kept)
        removed += taken
        hidden += taken if is_hidden else ()
        place = end
    rest = text[place:]
    if len(removed) > MOST_REMOVALS and (taken := _counted(_REST.findall(rest), place)):
        rest = _REST.sub("", _LINE_END.sub("\n", _CSI.sub("", rest)))
        removed += taken
        hidden += taken if hidden else ()
    parts.append(rest)
    thinned = _thin("".join(parts), removed, hidden)
    copy = unicodedata.normalize("NFC", thinned)
    homoglyphs = 0 if copy.isascii() else len(_MIXED.findall(copy)) + len(_WIDE.findall(copy))
    return Cleaned(copy, tuple(removed), homoglyphs, tuple(hidden))


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Runs of unseen characters that go; a terminal's control sequence is one with its letters."""
    place = 0
    while run := _UNSEEN_RUN.search(text, place):
        start, place = run.span()
        needed = _KEPT.match(text, start)
        if needed and needed.end() == place:
            continue
        if text[place - 1] == "\x1b" and (sequence := _CSI.match(text, place - 1)):
            place = sequence.end()
        yield start, place


def _judged(text: str, start: int, end: int) -> tuple[str, list[Removal], bool]:
    """Return what stays of a run, what goes, and whether what goes can only hide something."""
    run = text[start:end]
    if "\n" not in run and (ends := _LINE_END.fullmatch(run)):
        return "\n", [Removal(start, ord(ends[0]), 1)], False
    kept = "\n" * len(_LINE_END.findall(run))
    return kept, _counted([run], start), not _is_ordinary(run, text, start, end)


def _is_ordinary(run: str, text: str, start: int, end: int) -> bool:
    """Whether honest text brings such a run along. What is ordinary is still removed."""
    before = text[start - 1 : start] if start else ""
    kinds = set(run)
    if kinds <= set("\r\x0b\x0c\x85\u2028\u2029"):
        return True
    if run[0] == "\x1b" and _CSI.fullmatch(run):
        return not _CONCEAL.fullmatch(run)  # colours of a program's output, but not its "conceal"
    if kinds <= set("\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202b\u202c"):
        return bool(_RTL.search(text, max(0, start - _NEAR), end + _NEAR))
    if len(run) > 1:
        return before == _FLAG and _is_region(run)
    return _is_ordinary_one(run, text, start)


def _is_ordinary_one(run: str, text: str, start: int) -> bool:
    before, after = text[start - 1 : start] if start else "", text[start + 1 : start + 2]
    if run == "\u00ad":
        return before.isalpha() and after.isalpha()
    if run in {"\u200b", "\u2060", "\ufeff"}:
        return _is_break(text, before, after, start)
    if run in {ZWNJ, ZWJ}:
        return before.isspace() or after.isspace() or not (before and after)
    is_style = "\ufe00" <= run <= "\ufe0f" or "\U000e0100" <= run <= "\U000e01ef"
    return is_style and bool(_STYLED.match(before))


def _is_break(text: str, before: str, after: str, start: int) -> bool:
    """Whether an invisible break stands where lines break: at spaces, in unspaced scripts, URLs."""
    if not before or not after or before.isspace() or after.isspace():
        return True
    if _UNSPACED.match(before) or _UNSPACED.match(after):
        return True
    word = text[max(0, start - 200) : start].split()
    return bool(word) and "://" in word[-1]


def _is_region(run: str) -> bool:
    spelled = "".join(chr(ord(char) - 0xE0000) for char in run if char >= "\U000e0020")
    return spelled.endswith("\x7f") and spelled[:-1] in _REGIONS


def _counted(runs: list[str], start: int) -> list[Removal]:
    """Spell runs as removals of equal neighbours; many at once as one sum for each character."""
    joined = "".join(runs)
    if len(joined) > MOST_REMOVALS:
        return [Removal(start, ord(char), count) for char, count in Counter(joined).items()]
    return [
        Removal(start + match.start(), ord(match[1]), len(match[0]))
        for match in _EQUAL.finditer(joined)
    ]


@cache
def _mark_run() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A combining mark, and more in a row than scripts write: sorting them is quadratic."""
    marks = [code for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code))]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    shown = "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)
    return re.compile(f"[{shown}]"), re.compile(f"([{shown}]{{{MAX_MARKS}}})([{shown}]+)")


def _thin(text: str, removed: list[Removal], hidden: list[Removal]) -> str:
    """Cut piles of combining marks. Offsets are those of the text without what went before."""
    mark, pile = _mark_run()
    # A pile that is too high has a mark at one of every so many places.
    if text.isascii() or not mark.search(text[:: MAX_MARKS + 1]):
        return text

    def cut(match: re.Match[str]) -> str:
        taken = Removal(match.start(2), ord(match[2][0]), len(match[2]))
        removed.append(taken)
        hidden.append(taken)
        return match[1]

    return pile.sub(cut, text)
