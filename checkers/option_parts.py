"""Parts that the options of several checks are made of."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from checkers.names import harness_command, safe_argument, safe_path
from sandboxes.languages import compiles_only
from sandboxes.protocol import Limits

LanguageName = Literal[
    "python",
    "c",
    "cpp",
    "rust",
    "go",
    "javascript",
    "typescript",
    "java",
    "solidity",
    "vyper",
    "bash",
]
LANGUAGE_NAMES: tuple[str, ...] = get_args(LanguageName)
CALL_LANGUAGES = ("python", "javascript")
"""Languages whose functions can be called directly."""

MAX_CASES = 1000
MAX_FILES = 256
MAX_WEIGHT = 1000


def not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """As `min_length=1`, which would also complain when an item inside was refused."""
    if not value:
        raise ValueError("must hold at least one item")
    return value


def not_empty_or_none(value: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """As `not_empty`, where the field may be absent."""
    return None if value is None else not_empty(value)


SafePath = Annotated[str, AfterValidator(safe_path)]
Argument = Annotated[str, Field(max_length=65536), AfterValidator(safe_argument)]
Label = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Entry = Annotated[
    str, Field(max_length=128, pattern=r"^([A-Za-z0-9_/-]+:)?[A-Za-z_$][A-Za-z0-9_$]*$")
]
Weight = Annotated[int, Field(ge=0, le=MAX_WEIGHT)]


class OptionModel(BaseModel):
    """Base of every option: strict types, unknown fields and NaN refused, inputs not echoed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class CheckModel(OptionModel):
    """What every check has. `None` stands for the contract's default."""

    weight: Weight = 1
    required: bool | None = None
    sufficient: bool | None = None
    pass_at: int | None = Field(default=None, ge=1, le=100)


def _known_target(target: str) -> str:
    if target in ("content", "code"):
        return target
    folder, _, path = target.partition("/")
    if folder != "files":
        raise ValueError("target must be content, code or files/<path>")
    safe_path(path)
    return target


Target = Annotated[str, AfterValidator(_known_target)]
"""The part of an answer that a check reads: `content`, `code` or `files/<path>`."""


class FileBody(OptionModel):
    """Contents of one file: exactly one of `text` and `base64`. A bare string counts as text."""

    text: str | None = None
    base64: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_text(cls, value: Any) -> Any:  # noqa: ANN401
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.text is None) == (self.base64 is None):
            raise ValueError("give exactly one of text and base64")
        if self.base64 is not None:
            try:
                base64.b64decode(self.base64, validate=True)
            except (binascii.Error, ValueError):
                raise ValueError("base64 is not valid base64") from None
        return self

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        if self.base64 is not None:
            return base64.b64decode(self.base64, validate=True)
        return (self.text or "").encode()


Files = Annotated[dict[SafePath, FileBody], Field(max_length=MAX_FILES)]


def file_bytes(files: dict[str, FileBody]) -> dict[str, bytes]:
    """Names to contents, ready for the cage."""
    return {name: body.content for name, body in files.items()}


class LimitOptions(OptionModel):
    """What one run may use. The floors keep a task from making every answer fail.

    Where only `cpu_s` is given, the wall clock follows it, so that a program with more CPU time
    does not run into the default wall limit first.
    """

    cpu_s: float = Field(default=5.0, ge=0.1, le=3600)
    wall_s: float | None = Field(default=None, ge=0.1, le=3600)
    memory_mb: int = Field(default=256, ge=16, le=1 << 20)
    processes: int = Field(default=64, ge=1, le=1 << 16)
    output_kb: int = Field(default=1024, ge=1, le=1 << 20)
    disk_mb: int = Field(default=64, ge=1, le=1 << 20)
    files: int = Field(default=1024, ge=1, le=1 << 20)

    def to_limits(self) -> Limits:
        """The cage's form."""
        wall_s = self.wall_s if self.wall_s is not None else max(10.0, 2 * self.cpu_s)
        return Limits(
            cpu_s=self.cpu_s,
            wall_s=wall_s,
            memory_mb=self.memory_mb,
            processes=self.processes,
            output_kb=self.output_kb,
            disk_mb=self.disk_mb,
            files=self.files,
        )


class Tolerance(OptionModel):
    """Accepted when within either bound of the expected value; both default to exact."""

    absolute: float = Field(default=0.0, ge=0)
    relative: float = Field(default=0.0, ge=0)


def _bare_absolute(value: Any) -> Any:  # noqa: ANN401
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"absolute": value} if is_number else value


CallTolerance = Annotated[Tolerance, BeforeValidator(_bare_absolute)]


def _runs(language: LanguageName) -> LanguageName:
    only = compiles_only(language)
    if only is not None:
        raise ValueError(only)
    return language


RunLanguageName = Annotated[LanguageName, AfterValidator(_runs)]
"""A language whose programs are run; there are some that only compile."""


def _can_refuse(language: LanguageName) -> LanguageName:
    if language == "java":
        raise ValueError("a crash in java ends with 1 as a refusal does; choose another language")
    return language


class Program(OptionModel):
    """A program of the task; as hostile as an answer, and run in a session of its own."""

    language: Annotated[RunLanguageName, AfterValidator(_can_refuse)]
    code: str = Field(min_length=1)


class NumericComparator(OptionModel):
    """Token by token; numbers within the tolerance, all else as text."""

    numeric: Tolerance


class ProgramComparator(OptionModel):
    """The task's own program decides: argv = paths of input, expected, actual; exit 0 or 1."""

    program: Program


NAMED_COMPARATORS = ("exact", "trimmed", "tokens", "lines_unordered")
NamedComparator = Literal["exact", "trimmed", "tokens", "lines_unordered"]


def _comparator_form(value: Any) -> Any:  # noqa: ANN401
    """Say which forms exist where a plain union would list one error for each."""
    if isinstance(value, str) and value not in NAMED_COMPARATORS:
        raise ValueError(f"must be one of {', '.join(NAMED_COMPARATORS)}, or numeric or program")
    if isinstance(value, dict) and set(value) == {"numeric"}:
        return NumericComparator.model_validate(value)
    if isinstance(value, dict) and set(value) == {"program"}:
        return ProgramComparator.model_validate(value)
    if isinstance(value, dict):
        raise ValueError('an object must be {"numeric": {...}} or {"program": {...}}')  # noqa: TRY004
    return value


Comparator = Annotated[
    NamedComparator | NumericComparator | ProgramComparator, BeforeValidator(_comparator_form)
]


class StdinCase(OptionModel):
    """One run of the answer as a program."""

    name: Label | None = None
    stdin: str = ""
    args: tuple[Argument, ...] = Field(default=(), strict=False, max_length=256)
    expected_stdout: str | None = None
    expected_exit_code: int | None = Field(default=None, ge=0, le=255)
    files: Files = Field(default_factory=dict)
    weight: Weight = 1
    hidden: bool = False


class Call(OptionModel):
    """One call of the answer's function; the result is compared outside the cage."""

    name: Label | None = None
    args: tuple[Any, ...] = Field(default=(), strict=False, max_length=256)
    kwargs: dict[str, Any] = Field(default_factory=dict)
    expected: Any
    tolerance: CallTolerance | None = None
    weight: Weight = 1
    hidden: bool = False


class Harness(OptionModel):
    """A test program of the task. It writes JUnit XML to the path in its argv[1].

    `command` is the file to start and further arguments (after the report's path); the name of
    the interpreter may stand before it. Absent: the only file, or the one called `main.*`.
    """

    language: RunLanguageName
    files: Annotated[Files, Field(min_length=1)]
    command: tuple[Argument, ...] = Field(default=(), strict=False, max_length=64)
    expect_tests: Annotated[
        tuple[Label, ...], Field(strict=False, max_length=MAX_CASES), AfterValidator(not_empty)
    ]

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict) and isinstance(value.get("command"), str):
            return {**value, "command": value["command"].split()}
        return value

    @model_validator(mode="after")
    def _runnable(self) -> Self:
        harness_command(self.command, tuple(self.files))
        if len(set(self.expect_tests)) != len(self.expect_tests):
            raise ValueError("expect_tests names a test twice")
        return self

    @property
    def entry(self) -> str:
        """The file that starts."""
        return harness_command(self.command, tuple(self.files))[0]

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the report's path."""
        return harness_command(self.command, tuple(self.files))[1]
