"""Where in an answer its result is: boxes, statements, formulas, and the text as a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkers.math.normal import MAX_FORMULA

MAX_ANSWER = 100_000
MAX_BOXES = 50
MAX_SAID = 60
MAX_SENTENCE = 600

_BOXED = re.compile(r"\\f?boxed\s*\{")
_BETWEEN_WORDS = 6
_DENIAL = re.compile(r"\b(?:not|no|isn't|rather than|instead of|wrong|cannot)\b", re.IGNORECASE)
_BOUND = re.compile(
    r"\b(?:at (?:least|most)|(?:more|less|fewer|greater|smaller|larger|higher|lower|bigger) than"
    r"|up to|below|above|exceed(?:s|ing)?|nearly|almost) *(?:\$|\\\()",
    re.IGNORECASE,
)
_SENTENCE = r"(?P<said>(?:[^\n.]|\.(?=[0-9])|(?<=[0-9])\.(?=[^\s])|\.{2,}){1,400})"
_STATED = re.compile(
    r"(?:final |correct )?(?:answer|result|solution)s?\b[^\n.:$=\\]{0,80}?(?:\bis\b|\bare\b|[:=])"
    rf"\s*:?(?:\s*\*\*)?\s*{_SENTENCE}",
    re.IGNORECASE,
)
_MARKED = re.compile(
    r"(?:^|\n)(?:#### *|(?:#{1,6}|\*\*) *(?:final )?(?:answer|result)[ *#:]*\s+)"
    r"(\S[^\n]{0,200})\s*$",
    re.IGNORECASE,
)
"""`#### 3` as the last line, the custom of a well-known set of word problems, or a heading."""

_CONCLUDED = re.compile(
    r"\b(?:hence|thus|therefore|so|whence|giving|get|obtain)\b[^$\\=]{0,60}"
    r"(?:\$([^$]{1,200})\$|\\\((.{1,200}?)\\\))[ .]*$",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"(\$[^$]{1,200}\$|\\\(.{1,200}?\\\)),? (?:is )?(?:attained|achieved|reached|which occurs|since"
    r"|because|as (?:required|desired|claimed))\b"
)
"""`is $6$, attained at $x = 2$`: the first of the two formulas."""

_INLINE = re.compile(
    r"\$\$(.{1,1000}?)\$\$|(?<!\\)\$((?:[^$\n]|\\\$){1,400}?)(?<!\\)\$|\\\((.{1,400}?)\\\)"
    r"|\\\[(.{1,1000}?)\\\]",
    re.DOTALL,
)
_IS = re.compile(
    r"\b(?:is|are|was|equals|by|gives|yields|totals|(?:comes|amounts|simplifies|reduces) to)"
    r"(?: \w+:)? (?=[^ =])"
)
_HEDGED = re.compile(r"\b(?:either|maybe|perhaps|might|may|could|if|or|but)\b", re.IGNORECASE)
_POLITE = re.compile(
    r"(?:<\|im_(?:start|end)\|>\w*|I hope (?:it|this) is (?:correct|right)\.?)\s*", re.IGNORECASE
)
_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """What may be the result: distinct candidates, and whether the text committed itself to them.

    `whole`: the only candidate is the text itself, so prose may still be around the result.
    """

    texts: tuple[str, ...]
    whole: bool = False


def find(text: str) -> Found:
    """Return the candidates of the first kind that the text has.

    A box goes before everything, then the last sentence that says "the answer is", then the text.
    """
    text = _THINKING.sub(" ", _POLITE.sub("", text[-MAX_ANSWER:]))
    boxes = tuple(dict.fromkeys(_boxes(text)))
    marked = _MARKED.search(text)
    stated = marked[1] if marked else _stated(text)
    final = text.lower().rfind("final answer")
    if boxes and not (
        len(boxes) > 1 and stated and final > max(text.rfind(each) for each in boxes)
    ):
        return Found(boxes)
    if stated:
        return Found((stated,))
    return Found((text,), whole=True)


def formulas(text: str) -> list[str]:
    r"""Distinct formulas between `$`, `\(` or `\[` in prose, in order."""
    found = [next(filter(None, match), "").strip() for match in _INLINE.findall(text)]
    return list(dict.fromkeys(item for item in found if item))


def denies(text: str) -> bool:
    """Say whether a statement also says what the answer is not, bounds it, or hedges."""
    return _DENIAL.search(text) is not None or _BOUND.search(text) is not None


def _boxes(text: str) -> list[str]:
    r"""Contents of all `\boxed{...}`; boxes with only separators between them are one list."""
    groups: list[list[str]] = []
    end = None
    for match in [*_BOXED.finditer(text)][-MAX_BOXES:]:
        inner, stop = _braced(text, match.end())
        if end is not None and match.start() < end:
            continue  # a box in a box
        if groups and end is not None and _beside(text[end : match.start()]):
            groups[-1].append(inner)
        else:
            groups.append([inner])
        end = stop
    return [", ".join(group) for group in groups]


def _beside(between: str) -> bool:
    r"""`\boxed{1} and \boxed{2}` are one answer; `\boxed{1}. Wait, no: \boxed{2}` are two."""
    if len(between) > 80 or denies(between) or "\n\n" in between:  # noqa: PLR2004
        return False
    between = _BETWEEN_COMMANDS.sub(" ", between)
    words = re.findall(r"[A-Za-z]{2,}", between)
    return len(words) <= _BETWEEN_WORDS and re.search(r"[0-9]|\bor\b", between) is None


_BETWEEN_COMMANDS = re.compile(r"\\(?:text|quad|qquad|mathrm)|[A-Za-z]_\{?[0-9]+\}?")


def _braced(text: str, start: int) -> tuple[str, int]:
    """Contents up to the closing brace; to the end of the line where there is none."""
    depth = 1
    for place in range(start, min(len(text), start + MAX_FORMULA)):
        depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place - 1] != "\\" else 0
        if depth == 0:
            return text[start:place], place + 1
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    return text[start:stop].rstrip("$ ."), stop


def _stated(text: str) -> str | None:
    """Return what the last statement says; None where it is prose to its end."""
    found = list(_STATED.finditer(text))
    if not found:
        return None
    said = found[-1]["said"].strip(" *")
    inside = formulas(said)
    plain = len(inside) == 1 and not denies(said)
    if plain and len(said) < len(inside[0]) + 8:
        return inside[0]
    return _stated(said) or ending(said) or (inside[0] if plain else said)


def ending(text: str) -> str | None:
    """What the last sentence says that something is: `Thus the total is 9.` gives `9`."""
    sentences = re.split(r"(?<=[.!?])\s|\n", text[-MAX_SENTENCE:].strip())
    last = sentences[-1].strip()
    if denies(last) or _HEDGED.search(last):
        return None
    concluded = _CONCLUDED.search(last)
    if concluded is not None:
        return concluded[1] or concluded[2]
    return _said_to_be(last)


def _said_to_be(last: str) -> str | None:
    found = [*_IS.finditer(last)]
    if not found:
        return None
    said = last[found[-1].end() :].rstrip(". ")
    reached = next(filter(None, (_REACHED.match(last, each.end()) for each in found)), None)
    if reached is not None:
        return reached[1].strip("$\\() ")
    if len(said) > MAX_SAID or "=" in said:
        return None
    inside = formulas(said)
    return inside[0] if len(inside) == 1 else said
