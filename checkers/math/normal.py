"""One spelling for the many ways to type mathematics, plain, in Unicode or in LaTeX."""

# ruff: noqa: RUF001 - the look-alike characters are the point

from __future__ import annotations

import re
import unicodedata

from checkers.math.nodes import UnparsableError

MAX_FORMULA = 10_000
MAX_NESTING = 200

SET_OPEN, SET_CLOSE = "\x01", "\x02"
"""Stand for LaTeX's `\\{` and `\\}`: its bare braces only group."""

ROW_END = "\x03"
"""Stands for LaTeX's double backslash."""

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢ", "0123456789+-ni", strict=True))
_RUN_ABOVE = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_RUN_BELOW = re.compile(f"[{''.join(_SUBSCRIPTS)}]+")

_CHARS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "×": r"\times ", "·": "*",
    "⋅": "*", "∙": "*", "•": "*", "✕": r"\times ", "÷": "/", "⁄": "/", "∕": "/", "∞": r"\infty ",
    "√": r"\sqrt ", "∛": r"\sqrt[3] ", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ",
    "≦": r"\le ", "≧": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "∪": r"\cup ", "∩": r"\cap ",
    "∖": r"\setminus ", "°": r"^\circ ", "º": r"^\circ ", "∅": r"\emptyset ", "Ø": r"\emptyset ",
    "±": r"\pm ", "∈": r"\in ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "⟨": "(", "⟩": ")", "∣": "|",
    "′": "'", "’": "'", "″": "''", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ",
    "⌉": r"\rceil ", "…": "...", "⋯": "...", "∨": r"\text{ or }", "∧": r"\text{ and }",
    "\u00c5": r"\text{ angstrom}", "\u212b": r"\text{ angstrom}", "∠": r"\angle ",
    "ϕ": r"\phi ", "ε": r"\epsilon ", "ϵ": r"\epsilon ", "℃": r"^\circ C", "℉": r"^\circ F",
    "µ": "μ", "٪": "%", "٫": ".", "٬": ",", "،": ",", "，": ",", "；": ";", "：": ":", "∶": ":",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "θ": "theta", "λ": "lambda",
    "ν": "nu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ω": "omega",
    "ψ": "psi", "χ": "chi", "η": "eta", "ζ": "zeta", "ξ": "xi", "κ": "kappa", "𝜋": "pi",
    "𝛑": "pi", "Ω": "Omega",
}  # fmt: skip
_TABLE = str.maketrans(_CHARS | {char: f"\\{name} " for char, name in _GREEK.items()})

_DOUBLED = re.compile(
    r"\\\\(?=(?:[dt]?frac|left|right|sqrt|pi|leq?|geq?|boxed|cup|infty|in|text|mathrm|times|cdot"
    r"|pm|begin|end|log|ln|sin|cos|tan|binom|theta|circ)(?![a-z]))"
)
_SPACED = re.compile(r"\\q?quad(?=[A-Za-z]\b|[a-z]_)")
_DROPPED = re.compile(
    r"\\(?:left|right|middle|displaystyle|textstyle|limits|[bB]igg?[lrm]?|phantom\{[^{}]*\}|hfill"
    r"|nonumber|rm|bf|it)(?![A-Za-z])"
)
_SPACES = re.compile(r"\\[,;:> ]|~|\\q?quad(?![A-Za-z])|\\hspace\{[^{}]*\}|\\par(?![A-Za-z])")
_FRACTIONS = re.compile(r"\\[dtcs]frac(?![A-Za-z])")
_WRAPPED = re.compile(
    r"\\(?:text|textrm|textit|textnormal|mathrm|mathbf|textbf|operatorname\*?|mbox|hbox|mathit"
    r"|mathsf|mathcal|boldsymbol|bm|vec|emph|pmb|fbox|hat|overrightarrow)\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_BARE = re.compile(r"\\(?:vec|hat|mathbf|mathrm|boldsymbol|bm)\s*([A-Za-z])(?![A-Za-z])")
"""`\\vec b`, without braces."""

_POLAR = re.compile(r"(?<=[0-9)}]) *\\angle(?![a-z]) *(?=-?[0-9.]|\\frac|\\pi)")
"""`3 \\angle 90^\\circ`: size and angle of a complex number."""

_BOARD = re.compile(r"\\mathbb\s*\{?\s*([RZNQC])\s*\}?")
_NAMES = re.compile(
    r"\\(leq|geq|leqslant|geqslant|leqq|geqq|lt|gt|varnothing|neq|not\s*=|dots|ldots|cdots|lvert"
    r"|rvert|vert|mid|lbrack|rbrack|backslash|dbinom|tbinom|ast|land|lor|wedge|vee|colon|varepsilon"
    r"|varphi|vartheta|lg|quad|dot\{([0-9])\}|approxeq|simeq|lparen|rparen|langle|rangle)(?![A-Za-z])"
)
_RENAMED = {
    "leq": r"\le ", "geq": r"\ge ", "leqslant": r"\le ", "geqslant": r"\ge ", "leqq": r"\le ",
    "geqq": r"\ge ", "lt": "<", "gt": ">", "varnothing": r"\emptyset ", "neq": r"\ne ",
    "dots": "...", "ldots": "...", "cdots": "...", "lvert": "|", "rvert": "|", "vert": "|",
    "mid": "|", "lbrack": "[", "rbrack": "]", "backslash": r"\setminus ", "dbinom": r"\binom",
    "tbinom": r"\binom", "ast": "*", "land": " and ", "lor": " or ", "wedge": " and ",
    "vee": " or ", "colon": ":", "varepsilon": r"\epsilon ", "varphi": r"\phi ",
    "vartheta": r"\theta ", "lg": r"\log_{10}", "approxeq": r"\approx ", "simeq": r"\approx ",
    "lparen": "(", "rparen": ")", "langle": "(", "rangle": ")",
}  # fmt: skip
_REPEATED = re.compile(
    r"(?<![0-9.])([0-9]*)\.([0-9]*)(?:\\overline\{?([0-9]+)\}?|\(([0-9]+)\)|\\bar\{?([0-9]+)\}?"
    r"|\\dot\{?([0-9])\}?(?:([0-9]*)\\dot\{?([0-9])\}?)?)(?:\.\.\.)?"
)
_ENDLESS = re.compile(r"(?<![0-9.])([0-9]*)\.([0-9]*?)(?:([0-9])\3{2,}|([0-9]{2,8}?)\4+)\s?\.\.\.")
_CASES = re.compile(
    rf"(?:{SET_OPEN}\s*\\begin\s*\{{(?:array|aligned|matrix)\}}(?:\{{[lcr]*\}})?|\\begin\s*\{{cases\}})"
    r"([^\\&]*)\\end\s*\{\w+\}\s*\.?"
)
"""One under the other after a brace: what stands there holds together."""

_CHOSEN = re.compile(r"\bC\s*_\s*\{?([0-9]+|n)\}?\s*\^\s*\{?([0-9]+|[kmr])\}?")


def normal(text: str) -> str:
    """One spelling; raises `UnparsableError` for what is too long or too deep for a formula."""
    if len(text) > MAX_FORMULA:
        raise UnparsableError("it is too long for a formula")
    text = _plain(text)
    if _nesting(text) > MAX_NESTING:
        raise UnparsableError("its brackets are nested too deep")
    text = _undelimited(text.strip())
    text = _SPACED.sub(" ", _DOUBLED.sub(r"\\", text))
    text = text.replace("\\\\", ROW_END)
    text = text.replace(r"\{", SET_OPEN).replace(r"\}", SET_CLOSE)
    text = text.replace(r"\lbrace", SET_OPEN).replace(r"\rbrace", SET_CLOSE)
    text = (
        text.replace(r"\%", "%").replace(r"\$", " dollar ").replace("{,}", ",").replace("{:}", ":")
    )
    text = re.sub(r"\\! *", "", text)
    text = _SPACES.sub(" ", _DROPPED.sub(" ", text))
    text = _FRACTIONS.sub(r"\\frac", text)
    text = _NAMES.sub(lambda found: _RENAMED.get(found[1], found[0]), text)
    text = _BOARD.sub(r" \\real\1 ", text)
    text = _POLAR.sub(r" \\cis ", _BARE.sub(r" \1 ", text))
    for _ in range(3):
        text = _WRAPPED.sub(r" \1 ", text)
    text = re.sub(r"\^\s*\{?\s*\\prime\s*\}?", "'", text)
    text = re.sub(r"\^\s*\{?\s*\\circ\s*\}?|\\degrees?(?![A-Za-z])", " degree ", text)
    text = _ENDLESS.sub(_endless, _REPEATED.sub(_repeated, text))
    text = _CHOSEN.sub(_choose, _CASES.sub(_in_line, text))
    text = re.sub(r"\s+", " ", text).strip()
    return text if text.endswith("...") else text.rstrip(".,;: ").strip()


def _plain(text: str) -> str:
    """Unicode's own forms of digits, fractions, signs and spaces as plain characters."""
    text = text.translate(_TABLE)
    text = _RUN_ABOVE.sub(lambda run: f"^{{{''.join(map(_SUPERSCRIPTS.get, run[0]))}}}", text)  # type: ignore[arg-type]
    text = _RUN_BELOW.sub(lambda run: f"_{{{''.join(map(_SUBSCRIPTS.get, run[0]))}}}", text)  # type: ignore[arg-type]
    made = []
    for char in text:
        category = unicodedata.category(char)
        if category == "Cf":  # zero width and direction marks
            continue
        if char > "\x7f" and category == "Nd":
            char = str(unicodedata.digit(char))  # noqa: PLW2901
        elif char > "\x7f" and category == "No":
            whole = unicodedata.normalize("NFKC", char)
            top, slash, low = whole.partition("⁄")
            char = rf"\frac{{{top}}}{{{low}}}" if slash else whole  # noqa: PLW2901
        elif category == "Zs":
            char = " "  # noqa: PLW2901
        made.append(char)
    return unicodedata.normalize("NFKC", "".join(made)).translate(_TABLE)


def _in_line(found: re.Match[str]) -> str:
    return found[1].strip().strip(ROW_END).replace(ROW_END, ", ")


def _choose(found: re.Match[str]) -> str:
    """`C_{10}^3` as a binomial; `C_1^2` is the square of a constant."""
    if found[1].isdigit() and found[2].isdigit() and int(found[1]) < max(2, int(found[2])):
        return found[0]
    return rf"\binom{{{found[1]}}}{{{found[2]}}}"


def _nesting(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest


_DELIMITERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"))


def _undelimited(text: str) -> str:
    """Without the marks of a formula; those that are left mean money, or nothing."""
    text = text.rstrip(".").strip() if not text.endswith("...") else text
    for start, end in _DELIMITERS:
        inner = text[len(start) : -len(end)]
        if len(text) > len(start + end) and text.startswith(start) and text.endswith(end):
            if start in inner or end in inner:
                continue
            text = inner.strip()
    text = re.sub(r"\\[()]|\\\[|\\\]", " ", text) if not text.endswith("\\") else text
    # `$5` is money; `$x$ or $y$` are two formulas.
    if text.count("$") - text.count(r"\$") == 1:
        return re.sub(r"(?<!\\)\$", " dollar ", text)
    return re.sub(r"(?<!\\)\$", " ", text)


def _repeated(found: re.Match[str]) -> str:
    r"""`0.1\overline{6}` as an exact fraction."""
    once = found[2]
    again = found[3] or found[4] or found[5] or f"{found[6]}{found[7] or ''}{found[8] or ''}"
    return _as_fraction(found[1], once, again)


def _endless(found: re.Match[str]) -> str:
    return _as_fraction(found[1], found[2], found[3] or found[4])


def _as_fraction(whole: str, once: str, again: str) -> str:
    if len(once) + len(again) > 200:  # noqa: PLR2004 - nobody writes that many
        raise UnparsableError("a repeating decimal is too long")
    low = 10 ** len(once) * (10 ** len(again) - 1)
    top = int(f"{whole}{once}{again}") - int(f"{whole}{once}" or 0)
    return rf"\frac{{{top}}}{{{low}}}"
