"""The table of languages: file names, commands and flags, the same in every backend.

Commands name programs of the cage's PATH (`python3`, `cc`, `rustc`, ...) and files under `/program`
by their full path, so they mean the same whatever the working directory is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType

from sandboxes.languages import compilers
from sandboxes.protocol import PROGRAM_DIR, Outcome

Words = tuple[str, ...]
Check = Callable[[Words], Words]
"""Full paths of the sources to the command that parses them."""
Build = Callable[[Words, Words, str], Words]
"""Flags, full paths of the sources and of the entry to the command that builds them."""
Run = Callable[[str, int], Words]
"""Full path of the entry (or what became of it) and memory in MiB to the command that runs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How sources of one language are named, checked, built and run.

    A language without products (`python`, `javascript`, `bash`) builds as it checks. `transpile`
    builds what only has to run: without the type errors that `build` reports. `flags` are the
    compile flags that a task may ask for: whole words as regular expressions. Without `run` a
    language only compiles. With `whole` all sources make one program, and none has to be named as
    the one that starts. `wants_another` tells from a failed compilation that the source asks for a
    compiler of another version: it was not judged.
    """

    name: str
    main: str
    extensions: Words
    tool: str
    version: Words
    syntax: Check
    build: Build
    run: Run | None
    transpile: Build | None = None
    flags: Words = ()
    produces: bool = False
    whole: bool = False
    wants_another: Callable[[Outcome], bool] | None = None
    products: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def extension(self) -> str:
        """The usual suffix, with its dot."""
        return self.extensions[0]

    def sources(self, files: Iterable[str]) -> Words:
        """Those of `files` that this language compiles, as full paths in a fixed order."""
        return tuple(f"{PROGRAM_DIR}/{name}" for name in sorted(files) if self.owns(name))

    def owns(self, name: str) -> bool:
        """True when `name` is a source of this language (declarations alone are not)."""
        return PurePosixPath(name).suffix in self.extensions and not name.endswith(".d.ts")


_ROWS = (
    Language(
        name="python",
        main="main.py",
        extensions=(".py",),
        tool="cpython",
        version=("python3", "--version"),
        syntax=compilers.python,
        build=compilers.checked(compilers.python),
        run=compilers.interpreted("python3"),
    ),
    Language(
        name="c",
        main="main.c",
        extensions=(".c",),
        tool="gcc",
        version=("cc", "--version"),
        syntax=compilers.native_syntax("cc"),
        build=compilers.native("cc"),
        run=compilers.binary,
        flags=(*compilers.NATIVE_FLAGS, r"-std=(c|gnu)(89|90|99|11|17|2x|23)"),
        produces=True,
        whole=True,
    ),
    Language(
        name="cpp",
        main="main.cpp",
        extensions=(".cpp", ".cc", ".cxx"),
        tool="g++",
        version=("c++", "--version"),
        syntax=compilers.native_syntax("c++"),
        build=compilers.native("c++"),
        run=compilers.binary,
        flags=(*compilers.NATIVE_FLAGS, r"-std=(c|gnu)\+\+(98|03|11|14|17|20|2b|23)"),
        produces=True,
        whole=True,
    ),
    Language(
        name="rust",
        main="main.rs",
        extensions=(".rs",),
        tool="rustc",
        version=("rustc", "--version"),
        syntax=compilers.rust_syntax,
        build=compilers.rust,
        run=compilers.binary,
        flags=compilers.RUST_FLAGS,
        produces=True,
    ),
    Language(
        name="go",
        main="main.go",
        extensions=(".go",),
        tool="go",
        version=("go", "version"),
        syntax=compilers.go_syntax,
        build=compilers.go,
        run=compilers.go_binary,
        flags=compilers.GO_FLAGS,
        produces=True,
        whole=True,
    ),
    Language(
        name="javascript",
        main="main.js",
        extensions=(".js", ".mjs", ".cjs"),
        tool="node",
        version=("node", "--version"),
        syntax=compilers.node,
        build=compilers.checked(compilers.node),
        run=compilers.interpreted("node"),
    ),
    Language(
        name="typescript",
        main="main.ts",
        extensions=(".ts", ".mts", ".cts"),
        tool="typescript",
        version=("tsc", "--version"),
        syntax=compilers.tsc_syntax,
        build=compilers.tsc,
        run=compilers.interpreted("node"),
        transpile=compilers.tsc_transpile,
        flags=compilers.TSC_FLAGS,
        produces=True,
        products=MappingProxyType({".ts": ".js", ".mts": ".mjs", ".cts": ".cjs"}),
    ),
    Language(
        name="java",
        main="Main.java",
        extensions=(".java",),
        tool="javac",
        version=("javac", "--version"),
        syntax=compilers.java_syntax,
        build=compilers.java,
        run=compilers.java_run,
        flags=compilers.JAVA_FLAGS,
        produces=True,
    ),
    Language(
        name="solidity",
        main="main.sol",
        extensions=(".sol",),
        tool="solc",
        version=("solc", "--version"),
        syntax=compilers.solidity_syntax,
        build=compilers.solidity,
        run=None,
        flags=compilers.SOLIDITY_FLAGS,
        wants_another=lambda outcome: outcome.exit_code == compilers.SOLIDITY_ELSEWHERE,
        whole=True,
    ),
    Language(
        name="vyper",
        main="main.vy",
        extensions=(".vy",),
        tool="vyper",
        version=("vyper", "--version"),
        syntax=compilers.vyper_syntax,
        build=compilers.vyper,
        run=None,
        flags=compilers.VYPER_FLAGS,
        wants_another=lambda outcome: bool(compilers.VYPER_ELSEWHERE.search(outcome.stderr)),
        whole=True,
    ),
    Language(
        name="bash",
        main="main.sh",
        extensions=(".sh", ".bash"),
        tool="bash",
        version=("bash", "--version"),
        syntax=compilers.bash,
        build=compilers.checked(compilers.bash),
        run=compilers.interpreted("bash"),
    ),
)

LANGUAGES: Mapping[str, Language] = MappingProxyType({row.name: row for row in _ROWS})
"""Every language of the contract, by name."""
