"""The languages: file names, commands and flags, the same in every backend.

Commands name programs of the cage's PATH (`python3`, `cc`, `c++`, `node`, `tsc`, `bash`) and files
under `/program` by their full path, so they mean the same whatever the working directory is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from sandboxes.protocol import (
    BUILD_LIMITS,
    PROGRAM_DIR,
    Job,
    Limits,
    Outcome,
    Session,
    Status,
    Toolchain,
)

BINARY = "a.out"
"""What a C or C++ build leaves in `/program`."""

TYPE_ROOTS = "/opt/typescript/node_modules/@types"
"""Where every backend keeps Node's type declarations."""

Command = Callable[[tuple[str, ...]], tuple[str, ...]]

PYTHON_CHECK = """\
import sys, warnings
warnings.simplefilter("ignore")
bad = 0
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as source:
            compile(source.read(), name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        where = f"{name}:{getattr(error, 'lineno', None) or 1}"
        print(f"{where}: {type(error).__name__}: {error}", file=sys.stderr)
        bad = 1
sys.exit(bad)
"""

# One checker process per file: neither `node --check` nor `bash -n` takes several.
EACH = 'status=0; for file in "${@:3}"; do "$1" "$2" "$file" || status=1; done; exit $status'


@dataclass(frozen=True, slots=True)
class Language:
    """How sources of one language are named, checked, built and run.

    `syntax`, `build` and `transpile` take the full paths of the sources; a language without
    products (`python`, `javascript`, `bash`) has the same command for the first two. `transpile`
    builds what only has to run: without the type errors that `build` reports. `flags` are the
    compile flags that a task may ask for: whole words as regular expressions.
    """

    name: str
    main: str
    extensions: tuple[str, ...]
    tool: str
    version: tuple[str, ...]
    syntax: Command
    build: Command
    transpile: Command | None = None
    flags: tuple[str, ...] = ()
    produces: bool = False
    libraries: tuple[str, ...] = ()
    products: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def extension(self) -> str:
        """The usual suffix, with its dot."""
        return self.extensions[0]

    def sources(self, files: Iterable[str]) -> tuple[str, ...]:
        """Those of `files` that this language compiles, as full paths in a fixed order."""
        return tuple(f"{PROGRAM_DIR}/{name}" for name in sorted(files) if self.owns(name))

    def owns(self, name: str) -> bool:
        """True when `name` is a source of this language (declarations alone are not)."""
        return PurePosixPath(name).suffix in self.extensions and not name.endswith(".d.ts")


def _each(*checker: str) -> Command:
    return lambda sources: ("bash", "-c", EACH, "bash", *checker, *sources)


def _python(sources: tuple[str, ...]) -> tuple[str, ...]:
    return ("python3", "-I", "-S", "-c", PYTHON_CHECK, *sources)


def _native(compiler: str) -> tuple[Command, Command]:
    def syntax(sources: tuple[str, ...]) -> tuple[str, ...]:
        return (compiler, "-fsyntax-only", *sources)

    def build(sources: tuple[str, ...]) -> tuple[str, ...]:
        return (compiler, "-O2", "-o", f"{PROGRAM_DIR}/{BINARY}", *sources)

    return syntax, build


TSC = (
    "tsc", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext",
    "--rootDir", PROGRAM_DIR, "--typeRoots", TYPE_ROOTS, "--types", "node", "--skipLibCheck",
    "--pretty", "false",
)  # fmt: skip


def _tsc_syntax(sources: tuple[str, ...]) -> tuple[str, ...]:
    return (*TSC, "--noCheck", "--noEmit", *sources)


def _tsc_build(sources: tuple[str, ...]) -> tuple[str, ...]:
    # Without strict null checks unions do not narrow, and sound code has type errors. The rest of
    # `--strict` is the task's to ask for.
    return (*TSC, "--strictNullChecks", "--noEmitOnError", "--outDir", PROGRAM_DIR, *sources)


def _tsc_transpile(sources: tuple[str, ...]) -> tuple[str, ...]:
    return (*TSC, "--noCheck", "--noEmitOnError", "--outDir", PROGRAM_DIR, *sources)


_NATIVE_FLAGS = (
    r"-O[0-3sg]", r"-g", r"-w", r"-W(all|extra|pedantic|error|shadow|conversion)", r"-pedantic",
    r"-pthread", r"-lm", r"-f(wrapv|no-strict-aliasing|signed-char|unsigned-char)",
    r"-D[A-Za-z_][A-Za-z0-9_]{0,63}(=[A-Za-z0-9_.]{0,64})?",
)  # fmt: skip
_TS_FLAGS = (
    r"--(strict|noImplicitAny|strictNullChecks|noUnusedLocals|noUnusedParameters)",
    r"--(noImplicitReturns|noFallthroughCasesInSwitch|exactOptionalPropertyTypes)",
    r"--(noUncheckedIndexedAccess|experimentalDecorators|emitDecoratorMetadata)",
)

_c_syntax, _c_build = _native("cc")
_cpp_syntax, _cpp_build = _native("c++")
_node = _each("node", "--check")
_bash = _each("bash", "-n")

LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        language.name: language
        for language in (
            Language(
                "python", "main.py", (".py",), "cpython", ("python3", "--version"), _python, _python
            ),
            Language(
                "c",
                "main.c",
                (".c",),
                "gcc",
                ("cc", "--version"),
                _c_syntax,
                _c_build,
                flags=(*_NATIVE_FLAGS, r"-std=(c|gnu)(89|90|99|11|17|2x|23)"),
                produces=True,
                libraries=("-lm",),
            ),
            Language(
                "cpp",
                "main.cpp",
                (".cpp", ".cc", ".cxx"),
                "g++",
                ("c++", "--version"),
                _cpp_syntax,
                _cpp_build,
                flags=(*_NATIVE_FLAGS, r"-std=(c|gnu)\+\+(98|03|11|14|17|20|2b|23)"),
                produces=True,
                libraries=("-lm",),
            ),
            Language(
                "javascript",
                "main.js",
                (".js", ".mjs", ".cjs"),
                "node",
                ("node", "--version"),
                _node,
                _node,
            ),
            Language(
                "typescript",
                "main.ts",
                (".ts", ".mts", ".cts"),
                "typescript",
                ("tsc", "--version"),
                _tsc_syntax,
                _tsc_build,
                _tsc_transpile,
                flags=_TS_FLAGS,
                produces=True,
                products=MappingProxyType({".ts": ".js", ".mts": ".mjs", ".cts": ".cjs"}),
            ),
            Language(
                "bash", "main.sh", (".sh", ".bash"), "bash", ("bash", "--version"), _bash, _bash
            ),
        )
    }
)

WITHOUT_TOOLCHAIN = frozenset({"rust", "go", "java", "solidity", "vyper"})
"""Names that the contract knows and no cage of this release can run."""

_RUNNERS = {"python": "python3", "javascript": "node", "typescript": "node", "bash": "bash"}


def refused_flag(language: str, flags: Iterable[str]) -> str | None:
    """Return the first of `flags` that the language's allow-list does not hold, else None."""
    allowed = LANGUAGES[language].flags
    for flag in flags:
        if not any(re.fullmatch(pattern, flag, re.ASCII) for pattern in allowed):
            return flag
    return None


def run_argv(language: str, entry: str, args: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Command that runs a built program; `entry` is the main source as it was submitted."""
    runner = _RUNNERS.get(language)
    if runner is None:
        return (f"{PROGRAM_DIR}/{BINARY}", *args)
    path = PurePosixPath(entry)
    product = LANGUAGES[language].products.get(path.suffix)
    name = str(path.with_suffix(product)) if product else entry
    return (runner, f"{PROGRAM_DIR}/{name}", *args)


def syntax(
    session: Session, language: str, files: Mapping[str, bytes], entry: str | None = None
) -> Outcome:
    """Parse every source of the language; `COMPILE_ERROR` when one does not parse."""
    table = LANGUAGES[language]
    sources = _sources(table, files, entry)
    if not sources:
        return _no_sources(table)
    session.put(files)
    return _as_compile(session.run(Job(table.syntax(sources), limits=BUILD_LIMITS)))


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
    # Flags go before the sources, libraries after: linkers read from left to right.
    job = Job((*table.build((*flags, *sources)), *table.libraries), limits=limits)
    return _as_compile(session.build(job) if table.produces else session.run(job))


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
    return _as_compile(session.build(Job(table.transpile(sources), limits=BUILD_LIMITS)))


def parse_version(language: str, text: str) -> Toolchain:
    """Read the name and version out of what the version command printed."""
    found = re.search(r"\d+(\.\d+)+", text)
    name = LANGUAGES[language].tool
    if language in ("c", "cpp") and "clang" in text:
        name = "clang" if language == "c" else "clang++"
    return Toolchain(name, found.group() if found else "unknown")


def _sources(table: Language, files: Iterable[str], entry: str | None) -> tuple[str, ...]:
    sources = table.sources(files)
    extra = f"{PROGRAM_DIR}/{entry}"
    # An entry without the usual suffix (a script named `solve`) is a source all the same.
    return sources if entry is None or extra in sources else (*sources, extra)


def _no_sources(table: Language) -> Outcome:
    message = f"no source file of {table.name} ({', '.join(table.extensions)})\n"
    return Outcome(Status.COMPILE_ERROR, exit_code=1, stderr=message.encode())


def _as_compile(outcome: Outcome) -> Outcome:
    """Give a check's or compiler's outcome the compile step's names; `detail` keeps the limit's."""
    if outcome.status is Status.RUNTIME_ERROR:
        return replace(outcome, status=Status.COMPILE_ERROR)
    if outcome.status.is_limit:
        more = f": {outcome.detail}" if outcome.detail else ""
        detail = f"{outcome.status.value}{more}"
        return replace(outcome, status=Status.COMPILE_LIMIT, detail=detail)
    return outcome
