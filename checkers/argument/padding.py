"""Text that is there to be long: repetition, stock phrases, runs of one character."""

from __future__ import annotations

import re

from checkers.argument.words import sentences, triples, words_of

MIN_DISTINCT = 0.2
"""Share of different words below which a text is repetition."""

MIN_DISTINCT_TRIPLES = 0.3

MAX_STOCK = 0.3
"""Share of words in stock phrases above which a text is padding."""

MAX_SAID_BEFORE = 0.4
"""Share of sentences that were said before, above which a text is padding."""

MAX_IN_RUNS = 0.3
"""Share of characters in runs of one character above which a text is padding."""

_FEW_SENTENCES = 5
_RUN = re.compile(r"(\S)\1{19,}")

# Phrases that fit every text, and so say nothing about any. Words without case.
_STOCK = tuple(
    tuple(phrase.split())
    for phrase in (
        "it is important to note that",
        "it is worth noting that",
        "it should be noted that",
        "it goes without saying that",
        "needless to say",
        "as we all know",
        "as mentioned above",
        "as previously mentioned",
        "in this day and age",
        "at the end of the day",
        "in order to achieve this",
        "in today's world",
        "last but not least",
        "when all is said and done",
        "for all intents and purposes",
        "this is a very important",
        "plays a crucial role",
        "plays an important role",
        "a wide range of",
        "a deep understanding of",
        "let us dive in",
        "let's dive in",
        "i hope this helps",
        "feel free to ask",
        "please let me know if",
        "in conclusion it can be said that",
        "overall it can be said that",
        "taking everything into consideration",
        "all things considered",
        "after careful consideration",
        "with all of this in mind",
        "there are many factors to consider",
        "many different aspects",
    )
)
_STARTS = {phrase[0]: [other for other in _STOCK if other[0] == phrase[0]] for phrase in _STOCK}


def is_repetition(words: list[str]) -> bool:
    """Few different words for the length, or the same few phrases over and over."""
    length = len(words)
    if length < 10:  # noqa: PLR2004 - too short to tell
        return len(set(words)) == 1 and length > 1
    # Long honest texts reuse words, so the words are counted over a window of a fixed length.
    window = words[:200]
    few_words = len(set(window)) < MIN_DISTINCT * len(window)
    three = triples(words)
    return few_words or len(set(three)) < MIN_DISTINCT_TRIPLES * len(three)


def is_padding(text: str) -> bool:
    """Mostly stock phrases, sentences said before, or runs of one character."""
    said = sentences(text)
    repeated = len(said) - len(set(said))
    if len(said) >= _FEW_SENTENCES and repeated > MAX_SAID_BEFORE * len(said):
        return True
    if sum(len(run[0]) for run in _RUN.finditer(text)) > MAX_IN_RUNS * len(text):
        return True
    words = words_of(text)
    return _in_stock_phrases(words) > MAX_STOCK * len(words)


def _in_stock_phrases(words: list[str]) -> int:
    found, index = 0, 0
    while index < len(words):
        here = _STARTS.get(words[index], ())
        length = max((len(p) for p in here if tuple(words[index : index + len(p)]) == p), default=0)
        found += length
        index += length or 1
    return found
