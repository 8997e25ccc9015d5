"""Our own small parser of mathematical text, plain or LaTeX. It evaluates and calls nothing.

It never guesses: text that it does not fully understand raises `UnparsableError`, and the check
then says "undecided". Sizes are capped, so that its work stays small.
"""

from __future__ import annotations

import re
from fractions import Fraction

from checkers.math.nodes import (
    Apply,
    Expression,
    Number,
    Symbol,
    UnparsableError,
    after,
    is_complex,
    is_mixed,
    number,
)

MAX_TEXT = 10_000
MAX_TOKENS = 1000
MAX_DEPTH = 60

FUNCTIONS = frozenset(
    {
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "asin",
        "acos", "atan", "sinh", "cosh", "tanh", "coth", "arsinh", "arcosh", "artanh", "asinh",
        "acosh", "atanh", "ln", "log", "exp", "sqrt", "cbrt", "abs", "floor", "ceil", "cis",
        "gcd", "lcm", "max", "min",
    }
)  # fmt: skip
OF_SEVERAL = frozenset({"gcd", "lcm", "max", "min"})
"""Functions of values between commas."""

_INVERSE = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "sinh": "asinh", "cosh": "acosh",
    "tanh": "atanh",
}  # fmt: skip
_RENAMED = {"tg": "tan", "ctg": "cot", "cosec": "csc", "arctg": "arctan"}
GREEK = frozenset(
    {
        "alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "nu", "rho",
        "sigma", "tau", "phi", "omega", "pi", "infty", "psi", "chi", "eta", "zeta", "xi", "kappa",
        "Omega", "Delta", "Gamma", "Theta", "Phi", "Sigma", "ell", "hbar",
    }
)  # fmt: skip
_CALLED = frozenset("fghFGPQTW")
"""Letters that before a bracket name a function, where that holds nothing but letters."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3}(?![0-9]))?)"
    r"|(?P<command>\\[A-Za-z]+)|(?P<word>[A-Za-z]+)|(?P<mark>\*\*|[-+*/^!%()\[\]{}|_,;'\u03bc]))"
)


Token = tuple[str, str]


def parse(text: str) -> Expression:
    """Read one expression; raises `UnparsableError`."""
    if len(text) > MAX_TEXT:
        raise UnparsableError("it is too long")
    reader = _Reader(_tokens(text))
    made = reader.sum()
    if reader.kind != "end":
        raise UnparsableError(f"unexpected {reader.text!r}")
    return made


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise UnparsableError(f"it holds {text[place]!r}")
        kind, word = match.lastgroup, match[match.lastgroup]
        found.extend(_words(kind, word))
        place = match.end()
    if len(found) > MAX_TOKENS:
        raise UnparsableError("it is too long")
    return found


def _words(kind: str, word: str) -> list[Token]:  # noqa: C901 - one line for each kind
    """Names and letters: a run of letters is a function, a Greek name, or at most two symbols."""
    if kind == "command":
        word = _RENAMED.get(word[1:], word[1:])
        if word in FUNCTIONS or word in GREEK:
            kind = "function" if word in FUNCTIONS else "symbol"
        elif word in ("cdot", "times", "div"):
            return [("mark", "/" if word == "div" else "*")]
        elif word not in ("frac", "binom", "lfloor", "rfloor", "lceil", "rceil", "overline", "bar"):
            raise UnparsableError(f"it holds the command {word!r}")
        return [(kind, word)]
    if kind != "word":
        return [(kind, word)]
    word = _RENAMED.get(word, word)
    if word in FUNCTIONS or word in GREEK:
        return [("function" if word in FUNCTIONS else "symbol", word)]
    if word == "degree":
        return [("mark", "degree")]
    if len(word) > 2 and not _is_product(word):  # noqa: PLR2004
        raise UnparsableError(f"it holds the word {word[:32]!r}")
    return [("symbol", letter) for letter in word]


def _is_product(word: str) -> bool:
    """A longer run of letters is a word, unless it can only be factors: `xyz`, `abc`, `ABCD`."""
    return (len(word) <= 6 and word.isupper()) or word in _PRODUCTS  # noqa: PLR2004


_PRODUCTS = frozenset("abc xyz abcd bcd pqr rst uvw mnp def ijk xyzw".split())  # noqa: SIM905


class _Reader:
    """Recursive descent over the tokens; depth is bounded."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._place = 0
        self._depth = 0
        self._in_bars = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._place][0]

    @property
    def text(self) -> str:
        return self._tokens[self._place][1]

    def _take(self) -> Token:
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)  # the end comes as often as asked
        return token

    def _expect(self, mark: str) -> None:
        if self._take() != ("mark", mark):
            raise UnparsableError(f"missing {mark!r}")

    def _is(self, *marks: str) -> bool:
        return self.kind == "mark" and self.text in marks

    def sum(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnparsableError("it is nested too deep")
        terms = [self._product()]
        while self._is("+", "-"):
            sign = self._take()[1]
            term = self._product()
            terms.append(term if sign == "+" else Apply("neg", (term,)))
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Apply("add", tuple(terms))

    def _product(self) -> Expression:
        made = self._signed()
        divided = False
        while True:
            if self._is("*", "/"):
                sign = self._take()[1]
                factor = self._signed()
                # a/bc has two readings; 3/4 x is a fraction before a letter.
                plain = isinstance(made, Number) and isinstance(factor, Number)
                divided = sign == "/" and not plain
                made = Apply("mul" if sign == "*" else "div", (made, factor))
            elif self._starts_factor():
                if divided or self.kind == "number" or self._is_split_number(made):
                    raise UnparsableError("a product in it can be read in two ways")
                made = self._beside(made)
            else:
                return made

    def _is_split_number(self, left: Expression) -> bool:
        """`1{2}` is printed as 12."""
        following = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        return isinstance(left, Number) and self._is("{") and following[0] == "number"

    def _beside(self, left: Expression) -> Expression:
        command = self.kind == "command"
        right = self._power()
        negative = isinstance(left, Apply) and left.name == "neg"
        whole = left.args[0] if negative and isinstance(left, Apply) else left
        if command and isinstance(whole, Number) and is_mixed(whole, right):
            made = Apply("add", (whole, right))  # 1\frac{1}{2} is a mixed number
            return Apply("neg", (made,)) if negative else made
        return Apply("mul", (left, right))

    def _starts_factor(self) -> bool:
        if self.kind == "command":
            return self.text not in ("rfloor", "rceil")
        opens = self._is("(", "{", "[") or (self._is("|") and not self._in_bars)
        return self.kind in ("number", "symbol", "function") or opens

    def _signed(self) -> Expression:
        negative = False
        while self._is("+", "-"):
            negative ^= self._take()[1] == "-"
        made = self._power()
        return Apply("neg", (made,)) if negative else made

    def _power(self) -> Expression:
        base = self._postfix()
        if not self._is("^", "**"):
            return base
        self._take()
        return Apply("pow", (base, self._exponent()))

    def _exponent(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnparsableError("it is nested too deep")
        made = self._signed()
        self._depth -= 1
        return made

    def _postfix(self) -> Expression:
        made = self._atom()
        while self._is("!", "%", "degree"):
            mark = self._take()[1]
            if mark == "!" and self._is("!"):
                self._take()
                mark = "!!"
            if mark == "!!" and self._is("!"):
                raise UnparsableError("a triple factorial")
            made = after(mark, made)
        return made

    def _atom(self) -> Expression:  # noqa: C901, PLR0911 - one line for each kind
        kind, text = self._take()
        match kind:
            case "number":
                return number(text)
            case "symbol":
                return self._symbol(text)
            case "function":
                return self._function(text)
            case "command" if text in ("lfloor", "lceil"):
                made = self.sum()
                if self._take() != ("command", f"r{text[1:]}"):
                    raise UnparsableError(f"missing r{text[1:]}")
                return Apply(text[1:], (made,))
            case "command" if text in ("overline", "bar"):
                return self._conjugate()
            case "command":
                return self._fraction(text)
            case "mark" if text in ("(", "{", "["):
                bars, self._in_bars = self._in_bars, 0
                made = self.sum()
                self._expect({"(": ")", "{": "}", "[": "]"}[text])
                self._in_bars = bars
                return made
            case "mark" if text == "|":
                self._in_bars += 1
                made = self.sum()
                self._expect("|")
                self._in_bars -= 1
                return Apply("abs", (made,))
        raise UnparsableError(f"unexpected {text!r}" if text else "it breaks off")

    def _symbol(self, name: str) -> Expression:
        if self._is("_"):
            self._take()
            name = f"{name}_{self._index()}"
        while self._is("'"):
            self._take()
            name += "'"
        if name[0] in _CALLED and self._is("("):
            return Symbol(f"{name}({self._called()})")
        return Symbol(name)

    def _index(self) -> str:
        """What stands below a letter, as text: letters and digits, in braces or one of them."""
        kind, text = self._take()
        if (kind, text) != ("mark", "{"):
            if kind not in ("number", "symbol"):
                raise UnparsableError("an index is not understood")
            return text
        parts: list[str] = []
        while not self._is("}"):
            kind, text = self._take()
            if kind == "end":
                raise UnparsableError("missing '}'")
            parts.append(text)
        self._take()
        return "".join(parts)

    def _called(self) -> str:
        """The letters or numbers that a function is called with; `f(x)` has a value by itself."""
        self._take()
        names: list[str] = []
        while not self._is(")"):
            kind, text = self._take()
            if kind not in ("symbol", "number") and text not in (",", "-"):
                raise UnparsableError("a function that is not known")
            names.append(text)
        self._take()
        return "".join(names)

    def _conjugate(self) -> Expression:
        """A bar over a complex number; over letters it is a segment, a mean or a repetition."""
        made = self._atom()
        if not is_complex(made):
            raise UnparsableError("it holds a bar")
        return Apply("conj", (made,))

    def _function(self, name: str) -> Expression:
        if name in OF_SEVERAL:
            return self._of_several(name)
        power: Expression | None = None
        base: Expression | None = None
        if name == "sqrt" and self._is("["):
            base = self._atom()
        if name == "log" and self._is("_"):
            self._take()
            base = self._atom()
        if self._is("^"):
            self._take()
            power = self._exponent()
            if power == Apply("neg", (Number(Fraction(1)),)) and name in _INVERSE:
                name, power = _INVERSE[name], None
        made = Apply(name, (self._argument(name), *((base,) if base is not None else ())))
        if power is None:
            return made
        if isinstance(power, Apply) and name not in ("log", "ln"):
            raise UnparsableError("a power of a function can be read in two ways")
        return Apply("pow", (made, power))

    def _of_several(self, name: str) -> Expression:
        args: list[Expression] = []
        opening = self._take()[1]
        if opening not in ("(", "{"):
            raise UnparsableError("a function has no argument")
        while not args or self._is(","):
            if args:
                self._take()
            args.append(self.sum())
        self._expect({"(": ")", "{": "}"}[opening])
        return Apply(name, tuple(args))

    def _argument(self, name: str) -> Expression:
        """`sin(x)`, `sin{x}`, or `sin 2x`: then letters and numbers up to the next operator."""
        if self._is("(", "{", "|"):
            return self._postfix()
        negative = self._is("-")
        if negative:
            self._take()
        if self.kind not in ("number", "symbol", "command", "function"):
            raise UnparsableError("a function has no argument")
        made = self._power()
        while (name != "sqrt" and self.kind == "symbol") or (
            self.kind == "command" and self.text == "frac"
        ):
            made = Apply("mul", (made, self._power()))
        if self._is("/") and name != "sqrt":  # sin x/2 is half of it to some
            raise UnparsableError("it is not clear where a function's argument ends")
        return Apply("neg", (made,)) if negative else made

    def _fraction(self, name: str) -> Expression:
        args: list[Expression] = []
        for _ in range(2):
            if self.kind == "number" and len(self.text) > 1:
                # \frac12: each bare argument is one digit.
                text = self._take()[1]
                self._place -= 1
                self._tokens[self._place] = ("number", text[1:])
                args.append(number(text[0]))
            else:
                args.append(self._atom())
        return Apply("div" if name == "frac" else "binom", tuple(args))
