"""One spelling for the many ways to type mathematics, and where in prose the answer is."""

# ruff: noqa: RUF001 - the look-alike characters are the point

from __future__ import annotations

import re
import unicodedata

from checkers.math.syntax import UnparsableError

MAX_ANSWER = 100_000
MAX_FORMULA = 4000

SET_OPEN, SET_CLOSE = "\x01", "\x02"
"""Stand for LaTeX's `\\{` and `\\}`: its bare braces only group."""

ROW_END = "\x03"
"""Stands for LaTeX's double backslash."""

_SUPERSCRIPTS = {ord(char): f"^{digit}" for digit, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_CHARS = {
    "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}", "⅕": r"\frac{1}{5}", "⅛": r"\frac{1}{8}", "−": "-", "–": "-", "×": "*",
    "·": "*", "⋅": "*", "÷": "/", "⁄": "/", "∕": "/", "π": r"\pi ", "∞": r"\infty ", "√": r"\sqrt ",
    "≤": r"\le ", "≥": r"\ge ", "∪": r"\cup ", "°": r"^\circ ", "∅": r"\emptyset ", "±": r"\pm ",
    "\u200b": "", "\u2060": "", "\ufeff": "", "\u200e": "", "\u2009": " ", "\u202f": " ",
    "\u00a0": " ",
}  # fmt: skip
_TABLE = {**_SUPERSCRIPTS, **{ord(char): text for char, text in _CHARS.items()}}

_DROPPED = re.compile(r"\\(?:left|right|displaystyle|[bB]igg?[lr]?)(?![A-Za-z])")
_NEGATIVE_SPACE = re.compile(r"\\! *")
_SPACES = re.compile(r"\\[,;:> ]|~|\\q?quad(?![A-Za-z])")
_FRACTIONS = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_WRAPPED = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|operatorname|mbox|rm|mathit|mathbb|mathsf)\s*\{([^{}]*)\}"
)
_NAMES = re.compile(r"\\(leq|geq|leqslant|geqslant|lt|gt|varnothing|dots|ldots)(?![A-Za-z])")
_RENAMED = {
    "leq": r"\le", "geq": r"\ge", "leqslant": r"\le", "geqslant": r"\ge", "lt": "<", "gt": ">",
    "varnothing": r"\emptyset", "dots": "...", "ldots": "...",
}  # fmt: skip
_BOXED = re.compile(r"\\f?boxed\s*\{")
_BETWEEN = r"(?:[\s$,;.\\()]|\\q?quad|\\text\{\s*|\}|and|or)*+"
_JOINED = re.compile(
    rf".*?{_BETWEEN}(?:\\f?boxed\s*\{{[^{{}}]{{1,200}}\}}{_BETWEEN}){{2,20}}", re.DOTALL
)
"""Several boxes with nothing but separators between them are one answer of several values."""

_STATED = re.compile(
    r"(?:^|[.!?\n*]|\b)\s*(?:the |my )?(?:final |correct )?(?:answer|result)\W{0,3}"
    r"(?:is|=|:)\W{0,2}(?::\s*)?(?P<said>[^\n]{1,400})",
    re.IGNORECASE,
)
_INLINE = re.compile(r"\$([^$\n]{1,400})\$|\\\((.{1,400}?)\\\)")


def normal(text: str) -> str:
    """One spelling; raises `UnparsableError` for what is too long for a formula."""
    if len(text) > MAX_FORMULA:
        raise UnparsableError("too long")
    text = unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)
    text = _undelimited(text.strip())
    text = text.replace("\\\\", ROW_END)
    text = text.replace(r"\{", SET_OPEN).replace(r"\}", SET_CLOSE)
    text = text.replace(r"\lbrace", SET_OPEN).replace(r"\rbrace", SET_CLOSE)
    text = text.replace(r"\%", "%").replace(r"\$", "").replace("$", "")
    text = _NEGATIVE_SPACE.sub("", text)
    text = _SPACES.sub(" ", _DROPPED.sub(" ", text))
    text = _NAMES.sub(lambda found: _RENAMED[found[1]] + " ", _FRACTIONS.sub(r"\\frac", text))
    for _ in range(3):
        text = _WRAPPED.sub(r" \1 ", text)
    text = re.sub(r"\^\s*\{?\s*\\circ\s*\}?", " degree ", text)
    text = re.sub(r"\s+", " ", text).strip()
    return text.rstrip(".,;").strip() if not text.endswith("...") else text


def _undelimited(text: str) -> str:
    for start, end in (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**")):
        inner = text[len(start) : -len(end)]
        if len(text) > len(start + end) and text.startswith(start) and text.endswith(end):
            if start in inner:
                continue
            text = inner.strip()
    return text


def boxed(text: str) -> list[str]:
    r"""Contents of all `\boxed{...}`, in order."""
    found = []
    for match in _BOXED.finditer(text):
        inner = _braced(text, match.end())
        if inner is not None:
            found.append(inner)
    return found


def _braced(text: str, start: int) -> str | None:
    depth = 1
    for place in range(start, min(len(text), start + MAX_FORMULA)):
        depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place - 1] != "\\" else 0
        if depth == 0:
            return text[start:place]
    return None


def candidates(text: str) -> list[str]:
    """What the text gives as its answer: distinct candidates of the first kind that it has.

    A box goes before everything; then the text as a whole; then a sentence that says "the answer
    is"; then the only formula in it.
    """
    text = text[-MAX_ANSWER:]
    found = boxed(text)
    if found:
        return [", ".join(found)] if _JOINED.fullmatch(text) else _distinct(found)
    stated = [match["said"] for match in _STATED.finditer(text)]
    if stated:
        return _distinct([_first_formula(said) for said in stated])
    return [text]


def inline(text: str) -> list[str]:
    r"""Distinct formulas between `$` or `\(` in prose."""
    return _distinct([one or other for one, other in _INLINE.findall(text[-MAX_ANSWER:])])


def _first_formula(said: str) -> str:
    formulas = _INLINE.findall(said)
    return (formulas[0][0] or formulas[0][1]) if len(formulas) == 1 else said.strip(" *")


def _distinct(found: list[str]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in found))
