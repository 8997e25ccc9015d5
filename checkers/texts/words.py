"""Counting words and finding sections: pure and linear."""

from __future__ import annotations

import re
from typing import Final

# Scripts written without spaces: each character counts as a word.
_SINGLE: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_NUMBERING: Final = re.compile(r"(?:[0-9]+[.)]?)+\s+")


def count_words(text: str) -> int:
    """Return the number of words; a Chinese or Japanese character counts as one."""
    singles = len(_SINGLE.findall(text))
    return singles + len(_WORD.findall(_SINGLE.sub(" ", text) if singles else text))


def missing_sections(required: list[str], headings: list[str]) -> list[str]:
    """Return the required names that no heading has, without regard to case and numbering."""
    known = {_plain(heading) for heading in headings}
    return [name for name in required if _plain(name) not in known]


def _plain(heading: str) -> str:
    words = " ".join(heading.split()).casefold().strip("*_`#: ")
    return _NUMBERING.sub("", words, count=1) if _NUMBERING.match(words) else words
