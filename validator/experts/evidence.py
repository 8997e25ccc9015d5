"""Evidence of a verdict: a quote that is not in the answer proves nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import Channel, Quote
from validator.experts.scoring import total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from validator.domain.reviews import CriterionScore, SeatVerdict
    from validator.experts.sealing import Sealed

NEEDS_QUOTE_FROM: Final = 31
"""Scores up to 30 may rest on what is not there, and nothing that is missing can be quoted."""

_SPACE: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"\w")


def verified(verdict: SeatVerdict, sealed: Sealed, *, without_spans: bool = False) -> SeatVerdict:
    """Return the verdict without the scores whose quotes do not exist, its total computed anew.

    Quotes must stand in a piece of the answer; ends are mended where the words are right and the
    numbers are not. A quote of a suspicious span exists: that it sways a judge is the control's to
    show, and no reason to have no verdict at all.
    `without_spans`: the judge saw the answer without its suspicious spans.
    """
    found = founded(verdict.criteria, sealed, without_spans=without_spans)
    return replace(verdict, criteria=found, score=total(sealed.rubric, found))


def founded(
    criteria: Iterable[CriterionScore], sealed: Sealed, *, without_spans: bool = False
) -> tuple[CriterionScore, ...]:
    """Return the criteria that keep their scores, with the quotes that exist."""
    found = []
    for said in criteria:
        quotes = tuple(
            quote
            for offered in said.quotes
            if (quote := located(offered, sealed, without_spans=without_spans)) is not None
        )
        if _is_founded(said, quotes):
            found.append(replace(said, quotes=quotes))
    return tuple(found)


def located(quote: Quote, sealed: Sealed, *, without_spans: bool = False) -> Quote | None:
    """Return the quote where it really stands, or None where it is not in the answer."""
    piece = sealed.by_label(quote.piece)
    if piece is None or piece.channel is not Channel.ANSWER or not _WORD.search(quote.text):
        return None
    text = piece.stripped if without_spans else piece.text
    places = _places(quote.text, text)
    if not places:
        return None
    start, end = min(places, key=lambda place: abs(place[0] - quote.start))
    return Quote(quote.piece, start, end, text[start:end])


def _is_founded(said: CriterionScore, quotes: tuple[Quote, ...]) -> bool:
    """Whether a criterion keeps its score: a real quote, or a low score that offered none."""
    return bool(quotes) or (not said.quotes and said.score < NEEDS_QUOTE_FROM)


def _places(wanted: str, text: str) -> list[tuple[int, int]]:
    """Return where whole words of a quote stand; runs of white space are alike."""
    words = _SPACE.split(wanted.strip())
    shape = r"\s+".join(re.escape(word) for word in words)
    if wanted.strip()[0].isalnum():
        shape = r"(?<![^\W_])" + shape
    if wanted.strip()[-1].isalnum():
        shape += r"(?![^\W_])"
    return [match.span() for match in re.finditer(shape, text)]
