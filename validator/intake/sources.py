"""The answer's files, and which language each check reads them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.option_parts import CALL_LANGUAGES, file_bytes
from checkers.options import (
    AuditOptions,
    ClaimsOptions,
    CompileOptions,
    PerformanceOptions,
    StaticOptions,
    SyntaxOptions,
    TestsOptions,
    refuse_flags,
)
from sandboxes.languages import compiles_only
from validator.domain.languages import SOURCE_NAMES, UNNAMED_SOURCE
from validator.errors import FieldError
from validator.intake.plan import Shape, default_checks
from validator.wire.plain import plain
from validator.wire.sentences import member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.intake.document import SubmissionDocument

_CodeOptions = SyntaxOptions | CompileOptions | TestsOptions | StaticOptions | PerformanceOptions


def shape_of(document: SubmissionDocument) -> Shape:
    """Return what kinds of parts the answer has."""
    answer = document.answer
    named = (UNNAMED_SOURCE,) if answer.code is not None else tuple(answer.files or ())
    return Shape(has_content=answer.content is not None, files=named)


def missing_materials(document: SubmissionDocument) -> Iterator[FieldError]:
    """Yield the data and targets that checks name and the task does not bring."""
    have = document.task.materials or {}
    for index, options in enumerate(document.task.checks or ()):
        if isinstance(options, ClaimsOptions) and options.dataset not in have:
            field, name = "dataset", options.dataset
        elif isinstance(options, AuditOptions) and options.target not in have:
            field, name = "target", options.target
        else:
            continue
        message = f"names {plain(name)}, which task.materials does not hold"
        yield FieldError(f"task.checks[{index}].{field}", message)


def answer_files(document: SubmissionDocument) -> dict[str, bytes]:
    """Return the answer's files; a lone `code` gets the name that its language gives it."""
    answer = document.answer
    if answer.files is not None:
        return file_bytes(answer.files)
    if answer.code is None:
        return {}
    language = next((name for _, _, name in _readings(document) if name), document.task.language)
    name = SOURCE_NAMES[language] if language else UNNAMED_SOURCE
    return {name: answer.code.encode()}


def language_errors(document: SubmissionDocument) -> Iterator[FieldError]:
    """Yield what the languages of task, checks and answer leave open or contradict."""
    answer = document.answer
    first: str | None = None
    for field, options, language in _readings(document):
        if language is None:
            if answer.code is not None or answer.files:
                yield FieldError(field, "is missing; this check must know the code's language")
            continue
        if answer.code is not None and first not in (None, language):
            yield FieldError(
                field,
                f"is {language}, but an earlier check reads the same code as {first};"
                " send files instead of code",
            )
        first = first or language
        yield from _unfit(field.removesuffix(".language"), options, language)
    yield from _colliding(document)


def _readings(
    document: SubmissionDocument,
) -> Iterator[tuple[str, _CodeOptions, str | None]]:
    """Yield field, options and language (the check's goes first) of what reads code."""
    task = document.task
    checks = task.checks
    if checks is None:
        for options in default_checks(task.type, shape_of(document), task.difficulty):
            if isinstance(options, _CodeOptions):
                yield "task.language", options, task.language
        return
    for index, options in enumerate(checks):
        if isinstance(options, _CodeOptions):
            if isinstance(options, PerformanceOptions):
                yield "task.language", options, task.language
            else:
                language = options.language or task.language
                yield f"task.checks[{index}].language", options, language


def _unfit(field: str, options: _CodeOptions, language: str) -> Iterator[FieldError]:
    """Yield what a check asks for that its language, now known, does not have."""
    if isinstance(options, CompileOptions):
        try:
            refuse_flags(language, options.flags)
        except ValueError as error:
            yield FieldError(f"{field}.flags", plain(str(error)))
    runs = isinstance(options, TestsOptions | PerformanceOptions)
    only = compiles_only(language) if runs else None
    if only is not None:
        yield FieldError(f"{field}.language", only)
    elif isinstance(options, TestsOptions) and options.calls is not None:
        if language not in CALL_LANGUAGES:
            yield FieldError(f"{field}.calls", f"work for {' and '.join(CALL_LANGUAGES)} only")
        elif language != "python" and any(call.kwargs for call in options.calls):
            yield FieldError(f"{field}.calls", "may have kwargs for python only")


def _colliding(document: SubmissionDocument) -> Iterator[FieldError]:
    """Yield files that stand where another file needs a folder: no disk can hold both."""
    groups = (("answer.files", document.answer.files), ("task.materials", document.task.materials))
    for field, files in groups:
        names = set(files or ())
        for name in sorted(names):
            parts = name.split("/")
            if any("/".join(parts[:end]) in names for end in range(1, len(parts))):
                yield FieldError(
                    f"{field}{member(name)}", "lies under a name that is itself a file"
                )
