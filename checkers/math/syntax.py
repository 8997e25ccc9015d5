"""Our own small parser of mathematical text, plain or LaTeX. It evaluates and calls nothing.

It never guesses: text that it does not fully understand raises `UnparsableError`, and the check
then says "undecided". Sizes are capped, so that its work stays small.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

MAX_TEXT = 4000
MAX_TOKENS = 1000
MAX_DEPTH = 60
MAX_NUMBER = 300
MAX_EXPONENT = 400

FUNCTIONS = frozenset(
    {
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "asin", "acos",
        "atan", "sinh", "cosh", "tanh", "ln", "log", "exp", "sqrt", "abs",
    }
)  # fmt: skip
GREEK = frozenset(
    {
        "alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "nu", "rho",
        "sigma", "tau", "phi", "varphi", "omega", "pi", "infty",
    }
)  # fmt: skip

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3}(?![0-9]))?)"
    r"|(?P<command>\\[A-Za-z]+)|(?P<word>[A-Za-z]+)|(?P<mark>\*\*|[-+*/^!%()\[\]{}|_,;]))"
)


class UnparsableError(ValueError):
    """The text is not understood; says nothing about whether it is right."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational. `places`: digits after the point, where it was written with one."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter that stands for any number."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation or function on other expressions."""

    name: str
    args: tuple[Expression, ...]


Expression = Number | Symbol | Apply
Token = tuple[str, str]


def parse(text: str) -> Expression:
    """Read one expression; raises `UnparsableError`."""
    if len(text) > MAX_TEXT:
        raise UnparsableError("too long")
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
            raise UnparsableError(f"unexpected {text[place]!r}")
        kind, word = match.lastgroup, match[match.lastgroup]
        found.extend(_words(kind, word))
        place = match.end()
    if len(found) > MAX_TOKENS:
        raise UnparsableError("too long")
    return found


def _words(kind: str, word: str) -> list[Token]:
    """Names and letters: a run of letters is a function, a Greek name, or at most two symbols."""
    if kind == "command":
        word = word[1:]
        if word in FUNCTIONS or word in GREEK:
            kind = "function" if word in FUNCTIONS else "symbol"
        elif word in ("cdot", "times", "div"):
            return [("mark", "/" if word == "div" else "*")]
        elif word not in ("frac", "binom"):
            raise UnparsableError(f"unknown command {word}")
        return [(kind, word)]
    if kind != "word":
        return [(kind, word)]
    if word in FUNCTIONS or word in GREEK:
        return [("function" if word in FUNCTIONS else "symbol", word)]
    if len(word) > 2:  # noqa: PLR2004 - a longer run of letters is a word, not a product
        raise UnparsableError(f"unknown word {word[:32]}")
    return [("symbol", letter) for letter in word]


class _Reader:
    """Recursive descent over the tokens; depth is bounded."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._place = 0
        self._depth = 0

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
            raise UnparsableError("nested too deep")
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
                divided = sign == "/"
                made = Apply("mul" if sign == "*" else "div", (made, factor))
            elif self._starts_factor():
                if divided or self.kind == "number":
                    # 1/2x has two readings, and so do two numbers side by side.
                    raise UnparsableError("ambiguous product")
                made = self._beside(made)
            else:
                return made

    def _beside(self, left: Expression) -> Expression:
        mixed = self.kind == "command" and isinstance(left, Number)
        right = self._power()
        if mixed and isinstance(left, Number) and isinstance(right, Apply):
            parts = [part.value for part in right.args if isinstance(part, Number)]
            whole = left.places is None and left.value.denominator == 1
            if whole and len(parts) == len(right.args) and 0 < parts[0] < parts[1]:
                return Apply("add", (left, right))  # 1\frac{1}{2} is a mixed number
        return Apply("mul", (left, right))

    def _starts_factor(self) -> bool:
        return self.kind in ("number", "symbol", "function", "command") or self._is("(", "{")

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
            raise UnparsableError("nested too deep")
        made = self._signed()
        self._depth -= 1
        return made

    def _postfix(self) -> Expression:
        made = self._atom()
        while self._is("!", "%"):
            if self._take()[1] == "!":
                made = Apply("factorial", (made,))
            else:
                made = Apply("div", (made, Number(Fraction(100))))
        return made

    def _atom(self) -> Expression:
        kind, text = self._take()
        match kind:
            case "number":
                return _number(text)
            case "symbol":
                return self._symbol(text)
            case "function":
                return self._function(text)
            case "command":
                return self._fraction(text)
            case "mark" if text in ("(", "{", "["):
                made = self.sum()
                self._expect({"(": ")", "{": "}", "[": "]"}[text])
                return made
            case "mark" if text == "|":
                made = self.sum()
                self._expect("|")
                return Apply("abs", (made,))
        raise UnparsableError(f"unexpected {text!r}")

    def _symbol(self, name: str) -> Expression:
        if name in ("f", "g", "h") and self._is("("):
            raise UnparsableError("unknown function")
        if self._is("_"):
            self._take()
            index = self._take()
            if index == ("mark", "{"):
                index = self._take()
                self._expect("}")
            if index[0] not in ("number", "symbol"):
                raise UnparsableError("unknown index")
            name = f"{name}_{index[1]}"
        return Symbol(name)

    def _function(self, name: str) -> Expression:
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
        made = Apply(name, (self._argument(), *((base,) if base is not None else ())))
        if power is None:
            return made
        if isinstance(power, Apply):  # sin^{-1} means the inverse to some
            raise UnparsableError("ambiguous power of a function")
        return Apply("pow", (made, power))

    def _argument(self) -> Expression:
        """`sin(x)`, `sin{x}`, or `sin 2x`: then letters and numbers up to the next operator."""
        if self._is("(", "{"):
            return self._postfix()
        if self.kind not in ("number", "symbol", "command"):
            raise UnparsableError("a function without argument")
        made = self._power()
        while self.kind == "symbol":
            made = Apply("mul", (made, self._power()))
        return made

    def _fraction(self, name: str) -> Expression:
        args: list[Expression] = []
        for _ in range(2):
            if self.kind == "number" and len(self.text) > 1:
                # \frac12: each bare argument is one digit.
                text = self._take()[1]
                self._place -= 1
                self._tokens[self._place] = ("number", text[1:])
                args.append(_number(text[0]))
            else:
                args.append(self._atom())
        return Apply("div" if name == "frac" else "binom", tuple(args))


def _number(text: str) -> Number:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_NUMBER or abs(int(exponent or 0)) > MAX_EXPONENT:
        raise UnparsableError("too large a number")
    _, point, decimals = mantissa.partition(".")
    value = Fraction(f"{mantissa}0" if mantissa.endswith(".") else mantissa)
    scale = int(exponent or 0)
    places = len(decimals) - scale if point else None
    return Number(value * Fraction(10) ** scale, places)
