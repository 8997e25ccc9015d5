from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from sandboxes import languages
from sandboxes.languages import (
    LANGUAGES,
    compiles_only,
    parse_version,
    refused_flag,
    run_argv,
)
from sandboxes.protocol import Job, Outcome, Status, Tree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Scripted:
    """A session that answers every job with one outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.put_files: list[Mapping[str, bytes]] = []
        self.ran: list[Job] = []
        self.built: list[Job] = []

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        self.put_files.append(files)

    def run(self, job: Job) -> Outcome:
        self.ran.append(job)
        return self.outcome

    def take(self) -> Tree | None:
        return None

    def build(self, job: Job) -> Outcome:
        self.built.append(job)
        return self.outcome


@pytest.mark.parametrize(
    ("language", "flag"),
    [
        ("c", "-fplugin=/tmp/x.so"),
        ("c", "-include/etc/passwd"),
        ("c", "-o/program/other"),
        ("c", "@/etc/passwd"),
        ("c", "-wrapper"),
        ("c", "-std=c++17"),
        ("c", "-DX=$(id)"),
        ("c", "-O2\n-fplugin=x"),
        ("cpp", "-B/tmp"),
        ("cpp", "-Wl,-rpath,/tmp"),
        ("cpp", "-I/"),
        ("typescript", "--outDir"),
        ("typescript", "-p"),
        ("python", "-O"),
        ("bash", "-x"),
        ("javascript", "--require"),
        ("rust", "-Clinker=/program/evil"),
        ("rust", "-O"),
        ("rust", "--edition=2024"),
        ("rust", "-L/"),
        ("go", "-toolexec=/program/evil"),
        ("go", "-ldflags=-X"),
        ("go", "-overlay=x"),
        ("go", "-tags=a -x"),
        ("java", "-J-javaagent:x"),
        ("java", "-processorpath"),
        ("java", "@/etc/passwd"),
        ("java", "-cp"),
        ("solidity", "--allow-paths=/"),
        ("solidity", "--parse"),
        ("vyper", "-p"),
        ("vyper", "--search-paths=/"),
    ],
)
def test_a_flag_outside_the_allow_list_is_refused(language: str, flag: str) -> None:
    assert refused_flag(language, [flag]) == flag


@pytest.mark.parametrize(
    ("language", "flags"),
    [
        ("c", ("-O0", "-std=c11", "-Wall", "-DN=10", "-DDEBUG", "-lm")),
        ("cpp", ("-O3", "-std=c++20", "-pthread")),
        ("typescript", ("--strict", "--noImplicitAny")),
        ("python", ()),
        ("rust", ("-Coverflow-checks=on", "-Dwarnings", "-Aclippy::all", "--cfg=fast")),
        ("go", ("-tags=fast,small",)),
        ("java", ("-Xlint:all,-serial", "-Werror", "--release=11")),
        ("solidity", ("--optimize", "--optimize=1000", "--via-ir", "--evm-version=paris")),
        ("vyper", ("--optimize=gas", "--evm-version=cancun")),
    ],
)
def test_flags_of_the_allow_list_pass(language: str, flags: tuple[str, ...]) -> None:
    assert refused_flag(language, flags) is None


def test_build_refuses_a_flag_before_anything_is_put() -> None:
    session = Scripted(Outcome(Status.OK))

    with pytest.raises(ValueError, match=r"flags: '-fplugin=x' is not allowed for c"):
        languages.build(session, "c", {"main.c": b""}, flags=("-fplugin=x",))  # type: ignore[arg-type]
    assert not session.put_files


def test_flags_of_a_build_come_after_the_optimisation_and_before_the_sources() -> None:
    session = Scripted(Outcome(Status.OK))

    languages.build(session, "c", {"main.c": b"", "a.c": b""}, flags=("-O0",))  # type: ignore[arg-type]

    argv = session.built[0].argv
    assert argv.index("-O2") < argv.index("-O0") < argv.index("/program/a.c")
    assert argv[-1] == "-lm"


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (Status.RUNTIME_ERROR, Status.COMPILE_ERROR),
        (Status.WALL_LIMIT, Status.COMPILE_LIMIT),
        (Status.MEMORY_LIMIT, Status.COMPILE_LIMIT),
        (Status.OUTPUT_LIMIT, Status.COMPILE_LIMIT),
        (Status.OK, Status.OK),
        (Status.INTERNAL_ERROR, Status.INTERNAL_ERROR),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_compile_steps_have_names_of_their_own(language: str, ended: Status, told: Status) -> None:
    session = Scripted(Outcome(ended))
    files = {LANGUAGES[language].main: b""}

    assert languages.build(session, language, files).status is told  # type: ignore[arg-type]
    assert languages.syntax(session, language, files).status is told  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_without_a_source_of_its_language_does_not_compile(language: str) -> None:
    session = Scripted(Outcome(Status.OK))

    outcome = languages.build(session, language, {"notes.txt": b""})  # type: ignore[arg-type]

    assert outcome.status is Status.COMPILE_ERROR
    assert b"no source file" in outcome.stderr
    assert not session.ran


def test_an_entry_without_a_suffix_is_a_source() -> None:
    session = Scripted(Outcome(Status.OK))

    languages.syntax(session, "bash", {"solve": b"echo"}, "solve")  # type: ignore[arg-type]

    assert "/program/solve" in session.ran[0].argv


def test_declarations_alone_are_no_typescript_program() -> None:
    assert LANGUAGES["typescript"].sources(["a.d.ts", "b.ts"]) == ("/program/b.ts",)


@pytest.mark.parametrize(
    ("language", "entry", "expected"),
    [
        ("python", "src/main.py", ("python3", "/program/src/main.py", "x")),
        ("c", "main.c", ("/program/a.out", "x")),
        ("cpp", "main.cpp", ("/program/a.out", "x")),
        ("javascript", "main.mjs", ("node", "/program/main.mjs", "x")),
        ("typescript", "src/main.ts", ("node", "/program/src/main.js", "x")),
        ("typescript", "main.mts", ("node", "/program/main.mjs", "x")),
        ("bash", "main.sh", ("bash", "/program/main.sh", "x")),
        ("rust", "src/main.rs", ("/program/a.out", "x")),
        ("go", "main.go", ("env", "GOMAXPROCS=4", "/program/a.out", "x")),
    ],
)
def test_run_argv_names_what_the_build_left(
    language: str, entry: str, expected: tuple[str, ...]
) -> None:
    assert run_argv(language, entry, ("x",)) == expected


@pytest.mark.parametrize(
    ("language", "text", "name", "version"),
    [
        ("python", "Python 3.11.7", "cpython", "3.11.7"),
        ("c", "cc (Debian 12.2.0-14+deb12u1) 12.2.0", "gcc", "12.2.0"),
        ("c", "clang version 22.1.8 (https://example.org 1)", "clang", "22.1.8"),
        ("cpp", "Debian clang version 14.0.6", "clang++", "14.0.6"),
        ("javascript", "v20.20.2", "node", "20.20.2"),
        ("typescript", "Version 5.9.3", "typescript", "5.9.3"),
        ("bash", "nothing", "bash", "unknown"),
        ("rust", "rustc 1.96.0 (ac68faa20 2026-05-25) (built from source)", "rustc", "1.96.0"),
        ("go", "go version go1.26.8 linux/amd64", "go", "1.26.8"),
        ("java", "javac 17.0.21", "javac", "17.0.21"),
        ("solidity", "solc 0.8.37+commit.7dd6d404.Emscripten.clang", "solc", "0.8.37"),
        ("vyper", "0.4.3+commit.bff19ea2", "vyper", "0.4.3"),
    ],
)
def test_versions_are_read_from_what_the_tools_print(
    language: str, text: str, name: str, version: str
) -> None:
    toolchain = parse_version(language, text)

    assert (toolchain.name, toolchain.version) == (name, version)


def built(language: str, files: Mapping[str, bytes], entry: str | None, *flags: str) -> Job:
    session = Scripted(Outcome(Status.OK))
    languages.build(session, language, files, entry, flags)  # type: ignore[arg-type]
    return (session.built + session.ran)[0]


def test_rust_is_given_the_entry_alone() -> None:
    files = {"main.rs": b"", "other.rs": b""}

    assert built("rust", files, None, "-Dwarnings").argv[-2:] == ("-Dwarnings", "/program/main.rs")
    assert "/program/main.rs" not in built("rust", files, "other.rs").argv
    assert built("rust", {"b.rs": b"", "a.rs": b""}, None).argv[-1] == "/program/a.rs"


def test_go_is_given_the_entrys_folder() -> None:
    argv = built("go", {"go.mod": b"", "cmd/x/main.go": b""}, "cmd/x/main.go", "-tags=a").argv

    assert argv[-3:] == ("/program/a.out", "/program/cmd/x", "-tags=a")


def test_nothing_is_fetched_for_a_go_build() -> None:
    script = built("go", {"main.go": b""}, None).argv[2]

    for setting in ("GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0"):
        assert setting in script


def test_java_compiles_all_sources_and_starts_the_entry() -> None:
    argv = built("java", {"Main.java": b"", "A.java": b""}, "Main.java", "-g").argv

    assert argv[3:5] == ("bash", "/program/Main.java")
    assert argv[-3:] == ("-g", "/program/A.java", "/program/Main.java")
    assert "-proc:none" in argv


@pytest.mark.parametrize(("memory_mb", "heap"), [(16, 8), (128, 80), (256, 205), (2048, 1639)])
def test_javas_heap_leaves_room_for_java_itself(memory_mb: int, heap: int) -> None:
    argv = run_argv("java", "Main.java", ("x",), memory_mb)

    assert f"-Xmx{heap}m" in argv
    assert argv[-2:] == ("@/program/.java-start", "x")


@pytest.mark.parametrize("language", ["solidity", "vyper"])
def test_contracts_compile_and_never_run(language: str) -> None:
    sentence = f"{language} is compiled here and not run"

    assert str(compiles_only(language)).startswith(sentence)
    with pytest.raises(ValueError, match=sentence):
        run_argv(language, "main")
    assert compiles_only("rust") is compiles_only("cobol") is None


def test_every_file_is_given_to_a_checker_of_its_own() -> None:
    command = (*LANGUAGES["bash"].syntax(("/program/a.sh", "/program/b c.sh")),)
    assert command[3:] == ("bash", "bash", "-n", "--", "/program/a.sh", "/program/b c.sh")
    script = command[2].replace("$file", "<$file>")
    shown = subprocess.run(
        ["bash", "-c", script, "bash", "echo", "word", "--", "a", "b c"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert (shown.returncode, shown.stdout) == (0, "word <a>\nword <b c>\n")
