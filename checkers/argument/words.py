"""Words, triples of words and sentences: what the measures of an argument are made of."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f]+(?:\s|$)|\n{2,}")

_COMMON = """
a about after all also an and any are as at be because been before but by can could do does each
every for from get give given had has have how if in into is it its just let like may more most
must no not of on one only or other our out over same should so some such than that the their them
then there these they this those to two under up use used using very was we were what when where
which while who why will with would write you your
"""
COMMON = frozenset(_COMMON.split())
"""The commonest words of English: they tell the language of a text, and not what it is about."""


def words_of(text: str) -> list[str]:
    """Words without case. No Unicode normalization: its time can grow with the square."""
    return _WORD.findall(text.casefold())


def triples(words: list[str]) -> list[tuple[str, ...]]:
    """Every three neighbours; a shorter text is one triple of what there is."""
    if len(words) < 3:  # noqa: PLR2004 - a triple
        return [tuple(words)] if words else []
    return list(zip(words, words[1:], words[2:], strict=False))


def sentences(text: str) -> list[tuple[str, ...]]:
    """Sentences as their words; those without words are left out."""
    found = (tuple(words_of(part)) for part in _SENTENCE_END.split(text))
    return [words for words in found if words]
