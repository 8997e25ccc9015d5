"""Commands of the toolchains: how each parses, builds and runs, and which flags it lets through."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sandboxes.protocol import PROGRAM_DIR, WORK_DIR

if TYPE_CHECKING:
    from collections.abc import Callable

Words = tuple[str, ...]

BINARY = "a.out"
"""What a build of C, C++, Rust or Go leaves in `/program`."""

TYPE_ROOTS = "/opt/typescript/node_modules/@types"
"""Where every backend keeps Node's type declarations."""

# One checker process per file: these checkers do not take several.
EACH = """\
status=0 checker=()
while [ "$1" != -- ]; do checker+=("$1"); shift; done
shift
for file; do "${checker[@]}" "$file" || status=1; done
exit $status
"""


def _each(*checker: str) -> Callable[[Words], Words]:
    return lambda sources: ("bash", "-c", EACH, "bash", *checker, "--", *sources)


def checked(check: Callable[[Words], Words]) -> Callable[[Words, Words, str], Words]:
    """Build of a language without products: its check."""
    return lambda _flags, sources, _entry: check(sources)


def interpreted(interpreter: str) -> Callable[[str, int], Words]:
    """Run of a language whose interpreter is given the file."""
    return lambda path, _memory_mb: (interpreter, path)


def binary(_path: str, _memory_mb: int) -> Words:
    """Run of what a compiler made."""
    return (f"{PROGRAM_DIR}/{BINARY}",)


# Python, JavaScript, Bash

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


def python(sources: Words) -> Words:
    """Compile every file, and import none."""
    return ("python3", "-I", "-S", "-c", PYTHON_CHECK, *sources)


node = _each("node", "--check")
bash = _each("bash", "-n")

# C, C++

NATIVE_FLAGS = (
    r"-O[0-3sg]", r"-g", r"-w", r"-W(all|extra|pedantic|error|shadow|conversion)", r"-pedantic",
    r"-pthread", r"-lm", r"-f(wrapv|no-strict-aliasing|signed-char|unsigned-char)",
    r"-D[A-Za-z_][A-Za-z0-9_]{0,63}(=[A-Za-z0-9_.]{0,64})?",
)  # fmt: skip


def native_syntax(compiler: str) -> Callable[[Words], Words]:
    """Parse and check types, and link nothing."""
    return lambda sources: (compiler, "-fsyntax-only", *sources)


def native(compiler: str) -> Callable[[Words, Words, str], Words]:
    """Compile and link all sources; linkers read libraries after what needs them."""

    def build(flags: Words, sources: Words, _entry: str) -> Words:
        return (compiler, "-O2", "-o", f"{PROGRAM_DIR}/{BINARY}", *flags, *sources, "-lm")

    return build


# Rust

RUST_FLAGS = (
    r"-C(overflow-checks|debug-assertions)=(on|off)", r"-[AWD][a-z][a-z_:]{0,63}",
    r"--cfg=[a-z_][a-z0-9_]{0,63}",
)  # fmt: skip
_RUSTC = ("rustc", "--edition=2021", "--error-format=short")

# To parse alone is an option of the unstable compiler, which this variable lets a stable one have.
rust_syntax = _each("env", "RUSTC_BOOTSTRAP=1", *_RUSTC, "-Zparse-crate-root-only")


def rust(flags: Words, _sources: Words, entry: str) -> Words:
    """Compile the entry's crate, which names its modules; in one thread, whatever the machine."""
    out = f"{PROGRAM_DIR}/{BINARY}"
    return (*_RUSTC, "--crate-name=answer", "-O", "-Ccodegen-units=1", "-o", out, *flags, entry)


# Go

GO_FLAGS = (r"-tags=[a-z][a-z0-9_]{0,31}(,[a-z][a-z0-9_]{0,31}){0,7}",)

# The image holds the standard library compiled with just these settings, and installgoroot makes
# the compiler use it. A program without a module of its own becomes one of the compiler's version.
GO_BUILD = f"""\
export CGO_ENABLED=0 GOFLAGS=-mod=mod GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local
export GODEBUG=installgoroot=all GOMAXPROCS=2 GOCACHE={WORK_DIR}/.go GOPATH={WORK_DIR}/go
cd {PROGRAM_DIR} || exit
out=$1 folder=$2
shift 2
if [ ! -f go.mod ]; then
  printf 'module answer\\n\\ngo %s\\n' "$(go env GOVERSION | tr -d go)" >go.mod || exit
fi
exec go build -p 2 "$@" -o "$out" "$folder"
"""


def go_syntax(sources: Words) -> Words:
    """Parse every file."""
    return ("gofmt", "-e", "-l", *sources)


def go(flags: Words, _sources: Words, entry: str) -> Words:
    """Build the package that the entry's folder is."""
    folder = str(PurePosixPath(entry).parent)
    return ("bash", "-c", GO_BUILD, "bash", f"{PROGRAM_DIR}/{BINARY}", folder, *flags)


def go_binary(_path: str, _memory_mb: int) -> Words:
    """Run with few threads, since each counts as a process, on whatever machine."""
    return ("env", "GOMAXPROCS=4", f"{PROGRAM_DIR}/{BINARY}")


# TypeScript

TSC_FLAGS = (
    r"--(strict|noImplicitAny|strictNullChecks|noUnusedLocals|noUnusedParameters)",
    r"--(noImplicitReturns|noFallthroughCasesInSwitch|exactOptionalPropertyTypes)",
    r"--(noUncheckedIndexedAccess|experimentalDecorators|emitDecoratorMetadata)",
)
_TSC = (
    "tsc", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext",
    "--rootDir", PROGRAM_DIR, "--typeRoots", TYPE_ROOTS, "--types", "node", "--skipLibCheck",
    "--pretty", "false",
)  # fmt: skip


def tsc_syntax(sources: Words) -> Words:
    """Parse every file."""
    return (*_TSC, "--noCheck", "--noEmit", *sources)


def tsc(flags: Words, sources: Words, _entry: str) -> Words:
    """Check types and emit.

    Without strict null checks unions do not narrow, and sound code has type errors. The rest of
    `--strict` is the task's to ask for.
    """
    emit = ("--strictNullChecks", "--noEmitOnError", "--outDir", PROGRAM_DIR)
    return (*_TSC, *emit, *flags, *sources)


def tsc_transpile(_flags: Words, sources: Words, _entry: str) -> Words:
    """Emit without checking types."""
    return (*_TSC, "--noCheck", "--noEmitOnError", "--outDir", PROGRAM_DIR, *sources)


# Java

JAVA_FLAGS = (
    r"-Xlint(:-?[a-z]{1,32}(,-?[a-z]{1,32}){0,15})?", r"-Werror", r"-nowarn", r"-g", r"-parameters",
    r"--release=(8|9|1[0-7])",
)  # fmt: skip
JAVA_OWN_MB = 48
JAVA_START = f"{PROGRAM_DIR}/.java-start"
"""What a build leaves for the launcher to read: class path and main class."""

# Each thread counts as a process, and a virtual machine starts them by the number of processors.
_JVM = (
    "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=2", "-XX:-UsePerfData", "-Xshare:auto",
    "-XX:ReservedCodeCacheSize=48m",
)  # fmt: skip
_JAVAC = (
    "javac", *(f"-J{word}" for word in (*_JVM, "-XX:TieredStopAtLevel=1", "-Xmx512m")),
    "-encoding", "UTF-8", "-proc:none",
)  # fmt: skip

# The main class is in the entry's package, which no file name tells.
JAVA_BUILD = rf"""
main=$1
shift
"$@" || exit
name=$(basename "$main" .java)
line='s/^[[:space:]]*package[[:space:]]+([A-Za-z0-9_.]+)[[:space:]]*;.*/\1./p'
package=$(sed -nE "$line" "$main" | head -n 1)
[ -f "{PROGRAM_DIR}/${{package//.//}}$name.class" ] || package=
printf -- '-cp\n{PROGRAM_DIR}\n%s\n' "$package$name" >{JAVA_START}
"""


def java_syntax(sources: Words) -> Words:
    """Parse every file and stop before names are looked up."""
    stop = ("-XDshould-stop.ifError=PARSE", "-XDshould-stop.ifNoError=PARSE")
    return (*_JAVAC, *stop, "-d", WORK_DIR, *sources)


def java(flags: Words, sources: Words, entry: str) -> Words:
    """Compile all sources, and note which class starts."""
    compiler = (*_JAVAC, "-d", PROGRAM_DIR, *flags, *sources)
    return ("bash", "-c", JAVA_BUILD, "bash", entry, *compiler)


def java_run(_path: str, memory_mb: int) -> Words:
    """Run the main class.

    What the virtual machine needs for itself is no heap, so that a program hears that its memory is
    at an end and is not killed for its garbage.
    """
    heap_mb = max(8, memory_mb - max(JAVA_OWN_MB, memory_mb // 5))
    return ("java", *_JVM, "-XX:NewRatio=3", f"-Xmx{heap_mb}m", f"@{JAVA_START}")


# Solidity, Vyper: they only compile

SOLIDITY_FLAGS = (
    r"--optimize(=[0-9]{1,6})?", r"--via-ir",
    r"--evm-version=(istanbul|berlin|london|paris|shanghai|cancun|prague|osaka)",
)  # fmt: skip
VYPER_FLAGS = (
    r"--optimize=(gas|codesize|none)",
    r"--evm-version=(london|paris|shanghai|cancun|prague)",
)


def solidity_syntax(sources: Words) -> Words:
    """Parse every file."""
    return ("solc", "--parse", *sources)


def solidity(flags: Words, sources: Words, _entry: str) -> Words:
    """Compile all contracts."""
    return ("solc", *flags, *sources)


SOLIDITY_ELSEWHERE = 3
"""How `solc` ends when a source asks for another version of it."""

VYPER_ELSEWHERE = re.compile(rb"^vyper\.exceptions\.VersionException: ", re.MULTILINE)
"""What vyper says then; lines that it quotes from a source never begin like that."""


def vyper_syntax(sources: Words) -> Words:
    """Parse every file."""
    return ("vyper", "-p", PROGRAM_DIR, "-f", "ast", *sources)


def vyper(flags: Words, sources: Words, _entry: str) -> Words:
    """Compile all contracts."""
    return ("vyper", "-p", PROGRAM_DIR, "-f", "abi,bytecode", *flags, *sources)
