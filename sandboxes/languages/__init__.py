"""What is done with a program in any language: parse it, build it, make it ready, run it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sandboxes.images.groups import ANALYZERS, GROUPS
from sandboxes.languages.table import LANGUAGES, Language
from sandboxes.protocol import (
    BUILD_LIMITS,
    PROGRAM_DIR,
    Job,
    Limits,
    Outcome,
    Session,
    Status,
    Toolchain,
    ToolchainMissingError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "LANGUAGES",
    "Judge",
    "Language",
    "build",
    "compiles_only",
    "judge_of",
    "parse_version",
    "refused_flag",
    "run_argv",
    "stage",
    "syntax",
]


DEFAULTS = Limits()


@dataclass(frozen=True, slots=True)
class Judge:
    """A compiler, an interpreter or an analyzer: the cage that holds it, how it tells its version.

    `name` is a language, or the name of an analyzer.
    """

    name: str
    cage: str
    version: tuple[str, ...]

    def parse(self, text: str) -> Toolchain:
        """Read the version out of what the command printed."""
        if self.name in LANGUAGES:
            return parse_version(self.name, text)
        found = _VERSION.search(text)
        return Toolchain(self.name, found.group() if found else "unknown")


_VERSION = re.compile(r"\d+(\.\d+)+")

# Analyzers in the cage of a language: which one, and what tells their version.
_ELSEWHERE = {
    "clippy": ("rust", ("clippy-driver", "--version")),
    "go-vet": ("go", LANGUAGES["go"].version),
    "slither": ("solidity", ("contract-scan", "--version")),
    "solc": ("solidity", LANGUAGES["solidity"].version),
}


def judge_of(name: str) -> Judge:
    """Return the judge of this name; ToolchainMissingError for an unknown one."""
    if name in LANGUAGES:
        return Judge(name, name, LANGUAGES[name].version)
    if name in GROUPS[ANALYZERS].tools:
        return Judge(name, ANALYZERS, (name, "--version"))
    if name in _ELSEWHERE:
        cage, version = _ELSEWHERE[name]
        return Judge(name, cage, version)
    raise ToolchainMissingError(name, "no image holds it")


def refused_flag(language: str, flags: Iterable[str]) -> str | None:
    """Return the first of `flags` that the language's allow-list does not hold, else None."""
    allowed = LANGUAGES[language].flags
    for flag in flags:
        if not any(re.fullmatch(pattern, flag, re.ASCII) for pattern in allowed):
            return flag
    return None


def compiles_only(language: str) -> str | None:
    """Return why no program of the language is run, in a sentence; None where they are."""
    known = LANGUAGES.get(language)
    if known is None or known.run is not None:
        return None
    return f"{language} is compiled here and not run; ask for the checks syntax and compile"


def run_argv(
    language: str, entry: str, args: tuple[str, ...] = (), memory_mb: int = DEFAULTS.memory_mb
) -> tuple[str, ...]:
    """Command that runs a built program; `entry` is the main source as it was submitted.

    `memory_mb` is the job's own limit. ValueError for a language that only compiles.
    """
    table = LANGUAGES[language]
    if table.run is None:
        raise ValueError(compiles_only(language))
    path = PurePosixPath(entry)
    product = table.products.get(path.suffix)
    name = str(path.with_suffix(product)) if product else entry
    return (*table.run(f"{PROGRAM_DIR}/{name}", memory_mb), *args)


def syntax(
    session: Session, language: str, files: Mapping[str, bytes], entry: str | None = None
) -> Outcome:
    """Parse every source of the language; `COMPILE_ERROR` when one does not parse."""
    table = LANGUAGES[language]
    sources = _sources(table, files, entry)
    if not sources:
        return _no_sources(table)
    session.put(files)
    return _as_compile(table, session.run(Job(table.syntax(sources), limits=BUILD_LIMITS)))


def build(
    session: Session,
    language: str,
    files: Mapping[str, bytes],
    entry: str | None = None,
    flags: tuple[str, ...] = (),
    limits: Limits = BUILD_LIMITS,
) -> Outcome:
    """Compile or check the program and leave the runnable tree in the session's `/program`.

    Flags outside the allow-list raise ValueError: intake has to refuse them before.
    """
    table = LANGUAGES[language]
    refused = refused_flag(language, flags)
    if refused is not None:
        raise ValueError(f"flags: {refused!r} is not allowed for {language}")
    sources = _sources(table, files, entry)
    if not sources:
        return _no_sources(table)
    session.put(files)
    job = Job(table.build(flags, sources, _entry(table, sources, entry)), limits=limits)
    return _as_compile(table, session.build(job) if table.produces else session.run(job))


def stage(
    session: Session, language: str, files: Mapping[str, bytes], entry: str | None = None
) -> Outcome:
    """Make the program ready to run, with no more work than that takes.

    A language without products is not checked: a source that does not parse shows when it runs.
    Type errors do not matter here.
    """
    table = LANGUAGES[language]
    sources = _sources(table, files, entry)
    if not sources:
        return _no_sources(table)
    if table.produces and table.transpile is None:
        return build(session, language, files, entry)
    session.put(files)
    if table.transpile is None:
        return Outcome(Status.OK)
    argv = table.transpile((), sources, _entry(table, sources, entry))
    return _as_compile(table, session.build(Job(argv, limits=BUILD_LIMITS)))


def parse_version(language: str, text: str) -> Toolchain:
    """Read the name and version out of what the version command printed."""
    found = _VERSION.search(text)
    name = LANGUAGES[language].tool
    if language in ("c", "cpp") and "clang" in text:
        name = "clang" if language == "c" else "clang++"
    return Toolchain(name, found.group() if found else "unknown")


def _sources(table: Language, files: Iterable[str], entry: str | None) -> tuple[str, ...]:
    sources = table.sources(files)
    extra = f"{PROGRAM_DIR}/{entry}"
    # An entry without the usual suffix (a script named `solve`) is a source all the same.
    return sources if entry is None or extra in sources else (*sources, extra)


def _entry(table: Language, sources: tuple[str, ...], entry: str | None) -> str:
    """Full path of the source that starts, where nobody named it: `main.*`, else the first."""
    path = f"{PROGRAM_DIR}/{entry or table.main}"
    return path if entry is not None or path in sources else sources[0]


def _no_sources(table: Language) -> Outcome:
    message = f"no source file of {table.name} ({', '.join(table.extensions)})\n"
    return Outcome(Status.COMPILE_ERROR, exit_code=1, stderr=message.encode())


def _as_compile(table: Language, outcome: Outcome) -> Outcome:
    """Give a check's or compiler's outcome the compile step's names; `detail` keeps the limit's.

    Raises ToolchainMissingError for a source that asks for a compiler of another version.
    """
    if outcome.status is Status.RUNTIME_ERROR:
        if table.wants_another is not None and table.wants_another(outcome):
            raise ToolchainMissingError(table.name, "the source asks for another compiler version")
        return replace(outcome, status=Status.COMPILE_ERROR)
    if outcome.status.is_limit:
        more = f": {outcome.detail}" if outcome.detail else ""
        detail = f"{outcome.status.value}{more}"
        return replace(outcome, status=Status.COMPILE_LIMIT, detail=detail)
    return outcome
