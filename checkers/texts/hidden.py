"""Characters that a reader does not see, or takes for others: they can hide what a text says."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Unicode Standard Annex 9: embeddings, overrides and isolates reorder the text around them.
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Zero width, soft hyphen, fillers, variation-free tags (U+E0000 ff. spell hidden words).
_INVISIBLE: Final = re.compile(
    "[\u00ad\u115f\u1160\u180e\u200b\u2060-\u2064\u3164\ufeff\uffa0\U000e0000-\U000e007f]"
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_ALIKE: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Scripts whose letters look like each other's (Unicode Technical Standard 39)."""

MAX_WORDS: Final = 5


def hidden_marks(text: str) -> list[list[str | int]]:
    """Return `[category, line, sentence]` for each kind that occurs, at its first place."""
    found: list[list[str | int]] = []
    for category, pattern, said in (
        ("bidi", _BIDI, "characters that change the direction of the text"),
        ("invisible", _INVISIBLE, "characters that cannot be seen"),
        ("control", _CONTROL, "control characters"),
    ):
        marks = [match.start() for match in pattern.finditer(text)]
        if marks:
            code = f"U+{ord(text[marks[0]]):04X}"
            found.append([category, _line(text, marks[0]), f"holds {len(marks)} {said} ({code})"])
    mixed = [match for match in _WORD.finditer(text) if _is_mixed(match[0])]
    if mixed:
        words = ", ".join(ascii(match[0][:32]) for match in mixed[:MAX_WORDS])
        said = f"mixes alphabets that look alike within a word: {words}"
        found.append(["mixed_script", _line(text, mixed[0].start()), said])
    return found


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _is_mixed(word: str) -> bool:
    """Letters of two look-alike scripts in one word; Greek in short symbols is usual."""
    if not _NOT_ASCII.search(word):
        return False
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    alike = scripts.intersection(_ALIKE)
    return len(alike) > 1 and not (alike == {"LATIN", "GREEK"} and len(word) <= 3)  # noqa: PLR2004 - a symbol
