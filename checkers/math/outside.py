"""A second opinion of Math-Verify where our own reading finds nothing; runs in the jail.

Only its reader of LaTeX is used, which goes by a grammar (its reader of plain expressions calls
`parse_expr`, which is `eval`). Its own verdict is not taken: what it read is compared by us.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Final

import sympy
from math_verify import LatexExtractionConfig, parse
from sympy.matrices.matrixbase import MatrixBase

from checkers.math.values import SAME, Answer

MAX_TEXT: Final = 10_000
MAX_NODES: Final = 2000
POINTS: Final = 8
_log = logging.getLogger(__name__)

MAX_FORMULA: Final = 500
MAX_POWERS: Final = 40
_MARKS: Final = re.compile(r"\$|\\\\[(\[]|boxed")
_POWERS: Final = re.compile(r"\^|\*\*")
_DEEP: Final = re.compile(r"(?:[(\[{][^)\]}]{0,20}){12}|(?:\^\s*\{?[^{}^]{1,20}){3}")
_COSTLY: Final = re.compile(
    r"[0-9]{200}|[0-9]{4,}\s*\}?\)?\s*!|\^\s*\{?\s*\(?-?[0-9]{4,}|binom\s*\{?[0-9]{4,}|!\s*!"
    r"|\\(?:sum|prod|int)[^=]{0,20}=?[^$]{0,40}\^\s*\{?\s*[0-9]{4,}|\\(?:int|lim)(?![a-z])"
)
"""Large factorials and powers, long sums, integrals: only the same text is the same there."""
_SPACES: Final = re.compile(r"\\[,;:! ]|~|\\q?quad|\\(?:text|mbox|hspace)\{[^{}A-Za-z]*\}|\{\s*\}")
_DROPPED: Final = re.compile(
    r"[0-9.]\s+\.?[0-9]|[0-9}]\s*(?:['\"_\u2032\u2033\u2019]|\^?\{?\\prime)|\.\.\.|\\[lc]?dots|…"
)
_CONFIG: Final = (LatexExtractionConfig(),)

for _name in ("math_verify", "math_verify.parser", "math_verify.grader", "latex2sympy2_extended"):
    logging.getLogger(_name).disabled = True


def warm() -> None:
    """Load what is loaded at the first use: the grammar, parts of sympy."""
    for text in (r"$\frac{1}{2}+\sum_{k=0}^n k$", r"$[1,2)\cup\{3\}$", r"the answer is $x=2$"):
        second_opinion(text, text, (text, text), hedged=False)


def second_opinion(expected: str, answer: str, parts: tuple[str, str], *, hedged: bool) -> Answer:
    """Equal where it reads both and the two are the same by our own measure; else undecided.

    `parts` are what of the two texts holds their results.
    """
    if hedged or max(len(expected), len(answer)) > MAX_TEXT or _too_big(expected, answer):
        return Answer.UNDECIDED
    if _doubtful(*parts):
        return Answer.UNDECIDED
    ours, theirs = _read(expected), _read(answer)
    if ours is None or theirs is None:
        return Answer.UNDECIDED
    try:
        return Answer.EQUAL if _same(ours, theirs) else Answer.UNDECIDED
    except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
        return Answer.UNDECIDED


def _doubtful(*texts: str) -> bool:
    """Say whether a text holds what the other reader drops: it takes `1 2` for 12, `5'` for 5."""
    return any(_DROPPED.search(_SPACES.sub(" ", text)) for text in texts)


def _too_big(*texts: str) -> bool:
    """Say whether reading or evaluating would cost too much for a second opinion."""
    for text in texts:
        bare = not _MARKS.search(text)
        formulas = [text] if bare else re.split(r"\$|\\\\[\[\]()]", text)
        if any(len(each) > MAX_FORMULA and (bare or "\\" in each) for each in formulas):
            return True
        if _DEEP.search(text) or _COSTLY.search(text) or len(_POWERS.findall(text)) > MAX_POWERS:
            return True
    return False


def _read(text: str) -> Any:  # noqa: ANN401 - sympy's, or None
    bare = not _MARKS.search(text)
    try:
        found = parse(
            f"${text}$" if bare else text,
            extraction_config=_CONFIG,
            fallback_mode="no_fallback",
            extraction_mode="first_match",
            parsing_timeout=None,  # the jail's own deadline holds where an alarm does not
        )
    except Exception as error:  # noqa: BLE001 - a grammar of others; no verdict hangs on how it fails
        _log.debug("Math-Verify's reader failed: %s", type(error).__name__)
        return None
    return found[0] if found and not isinstance(found[0], str) else None


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401, PLR0911 - one for each kind
    """Structurally, element by element, or as numbers and functions by 40 digits at points."""
    if one == other:
        return True
    if isinstance(one, MatrixBase) or isinstance(other, MatrixBase):
        alike = isinstance(one, MatrixBase) and isinstance(other, MatrixBase)
        return alike and one.shape == other.shape and all(map(_same, one, other))
    if isinstance(one, sympy.Eq) and isinstance(other, sympy.Eq):
        return _same(one.lhs, other.lhs) and _same(one.rhs, other.rhs)
    if isinstance(one, sympy.Expr) and isinstance(other, sympy.Expr):
        return _same_value(one, other)
    if isinstance(one, sympy.FiniteSet) and isinstance(other, sympy.FiniteSet):
        return _matched(list(one.args), list(other.args))
    if isinstance(one, sympy.Tuple) and isinstance(other, sympy.Tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return False


def _matched(ours: list[Any], theirs: list[Any]) -> bool:
    if len(ours) != len(theirs):
        return False
    for item in ours:
        match = next((place for place, each in enumerate(theirs) if _same(item, each)), None)
        if match is None:
            return False
        del theirs[match]
    return True


def _same_value(one: Any, other: Any) -> bool:  # noqa: ANN401
    names = sorted(one.free_symbols | other.free_symbols, key=lambda each: str(each.name))
    if one.free_symbols != other.free_symbols:
        return False
    if max(_size(one), _size(other)) > MAX_NODES:
        return False
    agreed = 0
    for turn in range(POINTS if names else 1):
        at = {
            name: sympy.Rational(7 * turn + 3 * place + 5, 4 + turn)
            for place, name in enumerate(names)
        }
        ours, theirs = (sympy.N(each.subs(at), 50) for each in (one, other))
        if not (ours.is_number and theirs.is_number and ours.is_finite and theirs.is_finite):
            return False
        size = max(abs(ours), abs(theirs))
        if size != 0 and abs(ours - theirs) > size * sympy.Float(str(SAME), 60):
            return False
        agreed += 1
    return agreed > 0


def _size(form: Any) -> int:  # noqa: ANN401
    return sum(1 for _ in sympy.preorder_traversal(form))
