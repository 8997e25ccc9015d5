"""What a task may ask of each check: frozen, strict models; every refusal names its field."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from checkers.audit.options import AuditOptions
from checkers.claims.options import ClaimsOptions
from checkers.option_parts import (
    CALL_LANGUAGES,
    LANGUAGE_NAMES,
    MAX_CASES,
    Argument,
    Call,
    CheckModel,
    Comparator,
    Entry,
    Harness,
    Label,
    LanguageName,
    LimitOptions,
    ProgramComparator,
    RunLanguageName,
    SafePath,
    StdinCase,
    Target,
    Tolerance,
    not_empty_or_none,
)
from checkers.performance.options import PerformanceOptions
from checkers.static.options import StaticOptions
from checkers.tables.options import TableOptions
from checkers.texts.options import MediaOptions, OriginalityOptions, TextOptions
from sandboxes.languages import LANGUAGES, refused_flag

__all__ = [
    "CHECK_OPTIONS",
    "DEFAULT_PASS_AT",
    "LANGUAGE_NAMES",
    "AuditOptions",
    "CheckOptions",
    "ClaimsOptions",
    "CompileOptions",
    "LanguageName",
    "MathOptions",
    "MediaOptions",
    "OriginalityOptions",
    "PerformanceOptions",
    "ReasoningOptions",
    "SchemaOptions",
    "StaticOptions",
    "SyntaxOptions",
    "TableOptions",
    "TestsOptions",
    "TextOptions",
    "refusals",
    "refuse_flags",
]


class SyntaxOptions(CheckModel):
    """Does it parse."""

    check: Literal["syntax"] = "syntax"
    language: LanguageName | None = None


class CompileOptions(CheckModel):
    """Does it compile or type-check, as its toolchain defines."""

    check: Literal["compile"] = "compile"
    language: LanguageName | None = None
    flags: tuple[Argument, ...] = Field(default=(), strict=False, max_length=32)
    entry: SafePath | None = None

    @field_validator("flags")
    @classmethod
    def _allowed(cls, flags: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        language = info.data.get("language")  # the task's own language is checked at the run
        if language is not None:
            refuse_flags(language, flags)
        return flags


class TestsOptions(CheckModel):
    """Does it do what was asked: exactly one of `cases`, `calls` (with `entry`) and `harness`."""

    __test__ = False  # pytest would take the name for a test class

    check: Literal["tests"] = "tests"
    language: RunLanguageName | None = None
    limits: LimitOptions = LimitOptions()
    cases: Annotated[
        tuple[StdinCase, ...] | None,
        Field(strict=False, max_length=MAX_CASES),
        AfterValidator(not_empty_or_none),
    ] = None
    comparator: Comparator = "trimmed"
    entry: Entry | None = None
    calls: Annotated[
        tuple[Call, ...] | None,
        Field(strict=False, max_length=MAX_CASES),
        AfterValidator(not_empty_or_none),
    ] = None
    harness: Harness | None = None

    @property
    def has_hidden(self) -> bool:
        """True when any case must leave no trace but its points."""
        return any(item.hidden for item in (self.cases or self.calls or ()))

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in ("cases", "calls", "harness") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of cases, calls (with entry) and harness")
        if (self.calls is not None) != (self.entry is not None):
            raise ValueError("entry and calls go together")
        if self.cases is None and "comparator" in self.model_fields_set:
            raise ValueError("comparator goes with cases only")
        return self

    @model_validator(mode="after")
    def _countable(self) -> Self:
        weighted = self.cases or self.calls
        if weighted is not None and sum(item.weight for item in weighted) == 0:
            raise ValueError("the weights of all cases together must be positive")
        return self

    @model_validator(mode="after")
    def _decidable_cases(self) -> Self:
        if isinstance(self.comparator, ProgramComparator):
            return self
        for index, case in enumerate(self.cases or ()):
            if case.expected_stdout is None and case.expected_exit_code is None:
                raise ValueError(
                    f"cases[{index}] needs expected_stdout or expected_exit_code to judge by"
                )
        return self

    @model_validator(mode="after")
    def _callable_language(self) -> Self:
        if self.calls is None or self.language is None:
            return self
        if self.language not in CALL_LANGUAGES:
            raise ValueError(f"calls work for {' and '.join(CALL_LANGUAGES)} only")
        if self.language != "python" and any(call.kwargs for call in self.calls):
            raise ValueError("kwargs work for python only")
        return self


MathValue = Annotated[str, Field(max_length=10_000)] | int | float


def _math_form(value: Any) -> Any:  # noqa: ANN401
    if value == []:
        raise ValueError("must hold at least one answer")
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, bool) or not isinstance(item, (str, int, float)):
            raise ValueError("must be a text, a number, or a list of these")  # noqa: TRY004
    return value


def _schema_form(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, (dict, bool)):
        raise ValueError("must be a JSON Schema: an object, true or false")  # noqa: TRY004
    return value


class MathOptions(CheckModel):
    """Is the result right. A list of expected values means several answers, all of them asked."""

    check: Literal["math"] = "math"
    expected: Annotated[
        MathValue | Annotated[list[MathValue], Field(min_length=1, max_length=100)],
        BeforeValidator(_math_form),
    ]
    kind: Literal["auto", "number", "expression", "set", "interval", "matrix", "equation"] = "auto"
    tolerance: Tolerance | None = None
    digits: int | None = Field(default=None, ge=1, le=50)
    unit: Label | None = None
    ordered: bool = False

    @property
    def has_hidden(self) -> bool:
        """The expected result is never shown, so neither is how long comparing with it took."""
        return True


class SchemaOptions(CheckModel):
    """JSON or YAML against a JSON Schema."""

    model_config = ConfigDict(populate_by_name=True)

    check: Literal["schema"] = "schema"
    document_schema: Annotated[
        dict[str, Any] | bool, Field(alias="schema"), BeforeValidator(_schema_form)
    ]
    target: Target = "content"


class ReasoningOptions(CheckModel):
    """Is there an argument, not a bare copy."""

    check: Literal["reasoning"] = "reasoning"
    min_words: int = Field(default=20, ge=1, le=100_000)
    must_mention: tuple[Label, ...] = Field(default=(), strict=False, max_length=100)


CheckOptions = Annotated[
    SyntaxOptions
    | CompileOptions
    | TestsOptions
    | MathOptions
    | SchemaOptions
    | TableOptions
    | ClaimsOptions
    | StaticOptions
    | AuditOptions
    | PerformanceOptions
    | ReasoningOptions
    | TextOptions
    | MediaOptions
    | OriginalityOptions,
    Field(discriminator="check"),
]

CHECK_OPTIONS: TypeAdapter[CheckOptions] = TypeAdapter(CheckOptions)
"""`CHECK_OPTIONS.validate_python(value)` reads one check of a task."""


def refusals(error: ValidationError) -> list[tuple[str, str]]:
    """Path inside the check (`cases[0].stdin`) and message of everything that was refused."""
    found = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = ""
        loc = (
            item["loc"][1:]
            if item["loc"][:1] and item["loc"][0] in DEFAULT_PASS_AT
            else item["loc"]
        )
        for part in loc:
            if isinstance(part, int):
                path += f"[{part}]"
            elif part != "[key]":
                path += f".{part}" if path else part
        found.append((path, item["msg"].removeprefix("Value error, ")))
    return found


DEFAULT_PASS_AT = MappingProxyType(
    dict.fromkeys(("syntax", "compile", "tests", "math", "schema", "table"), 100)
    | dict.fromkeys(
        ("claims", "static", "audit", "performance", "reasoning", "text", "media", "originality"),
        70,
    )
)
"""Points at which a check passes (contract, section 3) unless the task says otherwise."""


def refuse_flags(language: str, flags: tuple[str, ...]) -> None:
    """Raise ValueError for a compile flag that the language's allow-list does not hold."""
    if not flags:
        return
    known = LANGUAGES.get(language)
    if known is None:
        raise ValueError(f"flags cannot be given for {language}: no toolchain of it is known")
    refused = refused_flag(language, flags)
    if refused is not None:
        listed = ", ".join(known.flags) or "none"
        raise ValueError(f"flag {refused!r} is not allowed for {language}; allowed: {listed}")
