"""Spans that may speak to the judge and not to the task. A control prompt leaves them out.

By structure: text that hides, that wears the marks of a prompt or a verdict, that is wrapped, or
that shares no word with the task and the rest of the answer. Nothing is gated or marked down by a
span: only a judge whose score moves without it shows that it mattered.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import Channel
from validator.experts.encoded import wrapped
from validator.experts.markup import boundaries, hiding, verdicts
from validator.experts.words import Field, disguises, fields, folded, main_script, scripts, stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from validator.domain.reviews import Piece

LONGEST_BLOCK: Final = 80
"""Words over which a block that shares none with the rest is an essay of its own, not an aside."""

_BLOCK: Final = re.compile(r"\S(?:[^\n]|\n(?!\s*\n))*")
_LINE: Final = re.compile(r"\S[^\n]*")
_SENTENCE: Final = re.compile(r"[^\n.!?。！？]+(?:[.!?](?!\s|$)[^\n.!?。！？]*)*[.!?。！？]*")  # noqa: RUF001
_REMARK: Final = re.compile(
    r"(?:^|(?<=\s))(?:#|//|--|;;|%{2,})[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|$)"
    r'|"""[^"]*(?:"{1,2}(?!")[^"]*)*"""',
    re.MULTILINE,
)
_ROLE: Final = re.compile(
    r"^[^\w\n]{0,6}(?:system|assistant|user|human|developer|admin\w*|operator|moderator|examiner"
    r"|grader|judge|reviewer|evaluator|assessor|marker|validator|client|publisher|supervisor"
    r"|instructions?|attention|override|p\.?s\.?|note to)\b[^\n:]{0,40}[:>\]]",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED: Final = re.compile(r"^\s*(?:[-*•>]|\d{1,2}[.)])\s|[\"“”«»'‘`]")  # noqa: RUF001
_CODE: Final = re.compile(
    r";\s*$|\{\s*$|^\s*[{}]|[)\]]\s*[:=]|\w\(|[=<>]=|[A-Za-z_]\s?[=+*^]\s?[\w(]"
    r"|\\[A-Za-z]+[^\n]*\\[A-Za-z]+|^\s*(?:pass|break|continue|class\s+\w+:|[a-z]\w*:)\s*$",
    re.MULTILINE,
)
_FULL: Final = re.compile(r"\W*(\d{1,3})\s*(?:/|out of)\s*\1\W*")
_CITES: Final = re.compile(
    r"https?://|\b(?:RFC|ISO|IEEE|NIST|arXiv|doi|et al|ibid)\b|\[\d{1,3}\]|\bsee also\b",
    re.IGNORECASE,
)
_PARTIES: Final = re.compile(
    r"\b(?:\w{2,}(?:iew|rad|uat|ess|in|ark|alid|at)(?:er|or)s?|judges?|jury|assistants?|models?"
    r"|llms?|ai|bots?|graders?|peers?|voters?)\b",
    re.IGNORECASE,
)
_ABOUT_ATTACKS: Final = frozenset({"injec", "promp", "jailb", "phish", "phras"})
_TO_A_JUDGE: Final = Field.VERDICT | Field.PARTY | Field.RULES
_FOREIGN: Final = 0.34
"""Share of a unit's words known from the rest, under which it is foreign to it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a cleaned piece, in characters, end exclusive. `why` is in our own words."""

    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class _Text:
    """A piece with what its units are compared with."""

    text: str
    channel: Channel
    known: Counter[str]  # stems of the piece and of what stands around it
    own: Counter[str]  # stems of the piece
    task: frozenset[str]
    script: str  # of what stands around
    letters: Counter[str]  # of the piece, by script

    size: int  # words of the piece

    @property
    def is_about_attacks(self) -> bool:
        return bool(self.task & _ABOUT_ATTACKS)


def suspicious(piece: Piece, context: str = "") -> tuple[Span, ...]:
    """Return the spans of a cleaned piece, in order and apart. Linear in the length, about.

    `context` is the task's text, and for what is not the answer the answer's as well: words that
    are in it are no sign of anything.
    """
    text = piece.text
    own, around = Counter(stems(text)), Counter(stems(context))
    view = _Text(
        text=text,
        channel=piece.channel,
        known=own + around,
        own=own,
        task=frozenset(around),
        script=main_script(scripts(context)),
        letters=scripts(folded(text)),
        size=own.total(),
    )
    found = [Span(*place, "text that a page would not show") for place in hiding(text)]
    found += [Span(*place, "marks of a prompt") for place in boundaries(text)]
    found += [Span(*place, "an object like a verdict") for place in verdicts(text, context.lower())]
    if "base64" not in context.lower() and not view.task & {"encod", "decod", "hexad", "binar"}:
        found += [_line(text, *place, "wrapped text") for place in wrapped(text)]
    found += _roles(view)
    found += _remarks(view)
    found += _foreign(view, found)
    return merged(found)


def strip(text: str, spans: Iterable[Span]) -> str:
    """Return the text without the spans, and without the space that they leave at its ends."""
    parts, place = [], 0
    for span in spans:
        parts.append(text[place : span.start])
        place = span.end
    parts.append(text[place:])
    return "".join(parts).strip() if place else text


def _roles(view: _Text) -> Iterator[Span]:
    """Blocks that begin as if a party of the evaluation spoke, where the task knows no such one."""
    for match in _ROLE.finditer(view.text):
        if set(stems(match[0])) - view.task or not stems(match[0]):
            end = view.text.find("\n\n", match.end())
            yield Span(match.start(), end if end >= 0 else len(view.text), "a party's voice")


def _remarks(view: _Text) -> Iterator[Span]:
    """Remarks in code that speak of evaluation, or of nothing that the code is about."""
    for match in _REMARK.finditer(view.text):
        if _is_aside(match[0], view, apart=True):
            yield Span(*match.span(), "a remark that is not about the task")


def _foreign(view: _Text, covered: Iterable[Span]) -> Iterator[Span]:
    """Blocks and sentences that share too little with the task and the rest of the piece."""
    text = _blanked(view.text, covered)
    by_line = view.channel in {Channel.OUTPUT, Channel.FILE_NAME}
    blocks = list((_LINE if by_line else _BLOCK).finditer(text))
    edges = (len(text) - len(text.lstrip()), len(text.rstrip()))
    for block in blocks:
        apart = len(blocks) > 1 or view.channel not in {Channel.ANSWER, Channel.TASK}
        if apart and _is_alien(block[0], view):
            yield Span(*block.span(), "a block that is not about the task")
            continue
        for sentence in _SENTENCE.finditer(text, block.start(), block.end()):
            if sentence[0].strip() and not _is_mention(view, *sentence.span()):
                alone = apart and _is_whole_line(text, *sentence.span())
                edge = _is_edge(edges, *sentence.span()) and view.channel is not Channel.TASK
                if _is_aside(sentence[0], view, apart=alone, edge=edge):
                    yield Span(*sentence.span(), "a sentence that is not about the task")


def _is_edge(edges: tuple[int, int], start: int, end: int) -> bool:
    """Whether a unit is the first or the last of a piece, and not all of it."""
    return (start <= edges[0]) != (end >= edges[1])


def _is_whole_line(text: str, start: int, end: int) -> bool:
    """Whether nothing else stands on the lines of a unit."""
    stop = text.find("\n", end)
    before = text[text.rfind("\n", 0, start + 1) + 1 : start]
    return not before.strip() and not text[end : stop if stop >= 0 else None].strip()


def _blanked(text: str, covered: Iterable[Span]) -> str:
    """The text with spans that are known already as spaces: what stands beside them is not they."""
    parts, place = [], 0
    for span in merged(covered):
        parts += [text[place : span.start], re.sub(r"\S", " ", text[span.start : span.end])]
        place = span.end
    return "".join([*parts, text[place:]])


def _is_alien(block: str, view: _Text) -> bool:
    """Whether a short block of prose shares no word with anything, or is in another script."""
    found = stems(folded(block))
    if view.channel is Channel.TASK:
        return _is_other_script(folded(block), view)
    if _FULL.fullmatch(block):
        return True
    if not 1 < len(found) <= LONGEST_BLOCK:
        return False
    if _is_other_script(folded(block), view):
        return True
    return not _CODE.search(block) and _share(found, view) == 0


def _is_mention(view: _Text, start: int, end: int) -> bool:
    """Whether a line that was asked about attacks shows some: a mention, not a use."""
    if not view.is_about_attacks or view.channel is not Channel.ANSWER:
        return False
    stop = view.text.find("\n", end)
    line = view.text[view.text.rfind("\n", 0, start + 1) + 1 : stop if stop >= 0 else None]
    return bool(_QUOTED.search(line))


def _is_aside(said: str, view: _Text, *, apart: bool, edge: bool = False) -> bool:
    """Whether a unit speaks to a judge, or of nothing that the rest is about."""
    plain = folded(said)
    found = stems(plain)
    if apart and _is_other_script(plain, view):
        return True
    if _speaks(plain, found, view, apart=apart, edge=edge):
        return True
    return any(_speaks_disguised(stems(other), view) for other in disguises(plain))


def _is_other_script(plain: str, view: _Text) -> bool:
    """Whether a unit is in a script of its own: neither its surroundings' nor the rest's."""
    if plain.isascii() or not view.script:
        return False
    own = scripts(plain)
    rest = view.letters - own
    script = main_script(own)
    if view.channel is Channel.ANSWER and len(plain.strip()) >= len(view.text.strip()):
        return False
    return script not in {"", view.script, main_script(rest)}


def _speaks(plain: str, found: list[str], view: _Text, *, apart: bool, edge: bool) -> bool:
    """Whether plain words speak of evaluation, or of nothing here. More signs need less else."""
    about = fields(found, view.task)
    hits = len({stem for stem in found if fields([stem], view.task)})
    kinds = min(hits, about.value.bit_count())
    share = _share(found, view) if found else 1.0
    if view.channel is Channel.TASK:
        named = bool(_PARTIES.search(plain)) and kinds > 1
        foreign = apart and share == 0 and bool(about & _TO_A_JUDGE)
        return len(found) < view.size and share < _FOREIGN and (named or kinds > 2 or foreign)  # noqa: PLR2004
    if kinds > 1 and share < _FOREIGN:
        return True
    is_all = view.channel is Channel.ANSWER and len(found) == view.size
    if is_all or _CODE.search(plain):  # nothing else would be left, or a line of code
        return False
    if (apart or edge) and share < _FOREIGN and _CITES.search(plain):
        return True  # an authority that a judge cannot look up
    alone = apart and (len(found) > 1 or bool(about))
    judged = bool(about & _TO_A_JUDGE and len(found) > 2)  # noqa: PLR2004
    return share == 0 and (alone or judged or (edge and bool(about)))


def _speaks_disguised(found: list[str], view: _Text) -> bool:
    """A disguise must speak of evaluation twice over: by chance, noise does so once."""
    about = fields([stem for stem in found if len(stem) > 3], view.task)  # noqa: PLR2004
    hits = sum(1 for stem in found if len(stem) > 3 and fields([stem], view.task))  # noqa: PLR2004
    return hits > 1 and bool(about & _TO_A_JUDGE) and about.value.bit_count() > 1


def _share(found: list[str], view: _Text) -> float:
    """The share of a unit's words that stand elsewhere too."""
    counts = Counter(found)
    known = sum(1 for stem in found if view.known[stem] > counts[stem])
    return known / len(found)


def _line(text: str, start: int, end: int, why: str) -> Span:
    """The whole line: what stands beside a wrapped text says what to do with it."""
    after = text.find("\n", end)
    return Span(text.rfind("\n", 0, start) + 1, after if after >= 0 else len(text), why)


def merged(found: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order and apart; what overlaps or touches becomes one."""
    joined: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if span.start >= span.end:
            continue
        if joined and span.start <= joined[-1].end:
            if span.end > joined[-1].end:
                joined[-1] = Span(joined[-1].start, span.end, joined[-1].why)
        else:
            joined.append(span)
    return tuple(joined)
