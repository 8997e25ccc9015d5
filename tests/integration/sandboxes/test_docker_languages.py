"""Every language in its own image: what compiles, what does not, and what a program can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes import languages
from sandboxes.images.build import look
from sandboxes.images.groups import DEFAULT_PREFIX, build_hint, chosen, group_of
from sandboxes.images.verify import trials
from sandboxes.languages import LANGUAGES, compiles_only
from sandboxes.languages.hello import HELLO, OUTPUT
from sandboxes.protocol import Job, Limits, Outcome, Status, ToolchainMissingError
from tests.components import missing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandboxes.docker.backend import DockerSandbox
    from sandboxes.docker.engine import Engine
    from sandboxes.docker.session import ContainerSession

pytestmark = pytest.mark.docker

RUNNING = [name for name in LANGUAGES if compiles_only(name) is None]

BROKEN = {
    "python": b"def f(:\n",
    "c": b"int main( {\n",
    "cpp": b"int main( {\n",
    "rust": b"fn main( {\n",
    "go": b"package main\n\nfunc main( {\n",
    "javascript": b"let = ;\n",
    "typescript": b"const x: = 1;\n",
    "java": b"class Main { void f( { }\n",
    "solidity": b"contract A { function f( { } }\n",
    "vyper": b"def f(:\n",
    "bash": b"if then\n",
}
MISTYPED = {
    "c": b"int main(void) { return nothing; }\n",
    "cpp": b"int main() { return nothing; }\n",
    "rust": b'fn main() { let x: i32 = "a"; println!("{}", x); }\n',
    "go": b'package main\n\nfunc main() { var x int = "a"; _ = x }\n',
    "typescript": b'const x: number = "a";\nconsole.log(x);\n',
    "java": b'class Main { int x = "a"; }\n',
    "solidity": b"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
    b'contract A { uint256 x = "a"; }\n',
    "vyper": b'@external\ndef f() -> uint256:\n    return "a"\n',
}
ECHO = {
    "python": b"print(input()[::-1])\n",
    "c": b'#include <stdio.h>\nint main(void) { char s[9]; scanf("%8s", s);\n'
    b'  printf("%c%c%c", s[2], s[1], s[0]); }\n',
    "cpp": b"#include <iostream>\n#include <string>\nint main() { std::string s; std::cin >> s;\n"
    b"  std::cout << std::string(s.rbegin(), s.rend()); }\n",
    "rust": b"use std::io;\nfn main() { let mut s = String::new();\n"
    b"  io::stdin().read_line(&mut s).unwrap();\n"
    b'  println!("{}", s.trim().chars().rev().collect::<String>()); }\n',
    "go": b'package main\n\nimport (\n\t"bufio"\n\t"fmt"\n\t"os"\n\t"slices"\n)\n\n'
    b"func main() {\n\ts := bufio.NewScanner(os.Stdin)\n\ts.Scan()\n\tr := []rune(s.Text())\n"
    b"\tslices.Reverse(r)\n\tfmt.Println(string(r))\n}\n",
    "javascript": b"const s = require('fs').readFileSync(0, 'utf8').trim();\n"
    b"console.log([...s].reverse().join(''));\n",
    "typescript": b"import { readFileSync } from 'node:fs';\n"
    b"const s: string = readFileSync(0, 'utf8').trim();\n"
    b"console.log([...s].reverse().join(''));\n",
    "java": b"import java.util.Scanner;\npublic class Main {\n"
    b"  public static void main(String[] a) {\n"
    b"    System.out.println(new StringBuilder(new Scanner(System.in).next()).reverse()); } }\n",
    "bash": b'read -r s; rev <<<"$s"\n',
}
CRASH = {
    "python": b"raise SystemExit(3)\n",
    "c": b"int main(void) { return 3; }\n",
    "cpp": b"int main() { return 3; }\n",
    "rust": b"fn main() { std::process::exit(3); }\n",
    "go": b'package main\n\nimport "os"\n\nfunc main() { os.Exit(3) }\n',
    "javascript": b"process.exit(3);\n",
    "typescript": b"process.exit(3);\n",
    "java": b"class Main { public static void main(String[] a) { System.exit(3); } }\n",
    "bash": b"exit 3\n",
}
READ_AT_COMPILE_TIME = {
    "c": '#include "{0}"\nint main(void) {{ return 0; }}\n',
    "cpp": '#include "{0}"\nint main() {{ return 0; }}\n',
    "rust": 'fn main() {{ println!("{{}}", include_str!("{0}")); }}\n',
    "go": 'package main\n\nimport _ "embed"\n\n//go:embed {0}\nvar s string\n\n'
    "func main() {{ print(s) }}\n",
    "solidity": 'pragma solidity ^0.8.0;\nimport "{0}";\ncontract A {{}}\n',
}


def opened(sandbox: DockerSandbox, language: str) -> ContainerSession:
    try:
        return sandbox.open(language)
    except ToolchainMissingError as error:
        missing(str(error))
        raise


def ran(session: ContainerSession, language: str, source: bytes, stdin: bytes = b"") -> Outcome:
    name = LANGUAGES[language].main
    built = languages.build(session, language, {name: source}, name)
    assert built.ok, built
    return session.run(Job(languages.run_argv(language, name), stdin=stdin))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_is_checked_built_and_run(docker_sandbox: DockerSandbox, language: str) -> None:
    table = LANGUAGES[language]
    files = {table.main: HELLO[language]}
    with opened(docker_sandbox, language) as session:
        assert session.image == docker_sandbox.images[group_of(language) or ""]
        parsed = languages.syntax(session, language, files)
        assert parsed.ok, parsed
        built = languages.build(session, language, files)
        assert built.ok, built
        if table.run is not None:
            outcome = session.run(Job(languages.run_argv(language, table.main)))
            assert (outcome.status, outcome.stdout.strip()) == (Status.OK, OUTPUT), outcome
    tool = docker_sandbox.toolchain(language)
    assert tool.version[0].isdigit()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_parse_is_a_compile_error(
    docker_sandbox: DockerSandbox, language: str
) -> None:
    files = {LANGUAGES[language].main: BROKEN[language]}
    with opened(docker_sandbox, language) as session:
        for step in (languages.syntax, languages.build):
            outcome = step(session, language, files)
            assert outcome.status is Status.COMPILE_ERROR, outcome
            assert LANGUAGES[language].main.encode() in outcome.stderr + outcome.stdout


@pytest.mark.parametrize("language", MISTYPED)
def test_a_type_error_parses_and_does_not_compile(
    docker_sandbox: DockerSandbox, language: str
) -> None:
    files = {LANGUAGES[language].main: MISTYPED[language]}
    with opened(docker_sandbox, language) as session:
        if language not in ("c", "cpp"):  # their check without linking looks at types
            parsed = languages.syntax(session, language, files)
            assert parsed.ok, parsed
        built = languages.build(session, language, files)
        assert built.status is Status.COMPILE_ERROR, built


@pytest.mark.parametrize("language", RUNNING)
def test_a_program_reads_its_input_and_ends_with_its_own_code(
    docker_sandbox: DockerSandbox, language: str
) -> None:
    with opened(docker_sandbox, language) as session:
        echo = ran(session, language, ECHO[language], b"abc\n")
        assert (echo.status, echo.stdout.strip()) == (Status.OK, b"cba"), echo
        crash = ran(session, language, CRASH[language])
        assert (crash.status, crash.exit_code) == (Status.RUNTIME_ERROR, 3), crash


@pytest.mark.parametrize("language", READ_AT_COMPILE_TIME)
@pytest.mark.parametrize("what", ["host", "shadow"])
def test_a_compiler_reads_no_file_for_the_program(
    docker_sandbox: DockerSandbox, language: str, what: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("")  # an empty file would be welcome to every compiler
    path = "/etc/shadow" if what == "shadow" else str(secret)
    source = READ_AT_COMPILE_TIME[language].format(path).encode()
    with opened(docker_sandbox, language) as session:
        built = languages.build(session, language, {LANGUAGES[language].main: source})
    assert built.status is Status.COMPILE_ERROR, built


@pytest.mark.parametrize(
    ("language", "entry", "files"),
    [
        ("rust", "main.rs", {
            "main.rs": b'mod deep;\nfn main() { println!("{}", deep::answer()); }\n',
            "deep.rs": b"pub fn answer() -> i32 { 42 }\n",
        }),
        ("go", "main.go", {
            "main.go": b'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(answer()) }\n',
            "more.go": b"package main\n\nfunc answer() int { return 42 }\n",
            "more_test.go": b"package main\n\nfunc answer() int { return 41 }\n",
        }),
        ("go", "cmd/main.go", {
            "go.mod": b"module example.org/it\n\ngo 1.24\n",
            "cmd/main.go": b'package main\n\nimport "example.org/it/deep"\n\n'
                           b"func main() { println(deep.Answer); print(42) }\n",
            "deep/deep.go": b"package deep\n\nconst Answer = 42\n",
        }),
        ("java", "app/Main.java", {
            "app/Main.java": b"package app;\npublic class Main {\n"
            b"  public static void main(String[] a) { System.out.println(Deep.ANSWER); } }\n",
            "app/Deep.java": b"package app;\nclass Deep { static final int ANSWER = 42; }\n",
        }),
        ("java", "src/Main.java", {
            "src/Main.java": b"// the package is none\nclass Main {\n"
            b"  public static void main(String[] a) { System.out.println(42); } }\n",
        }),
    ],
)  # fmt: skip
def test_a_program_of_several_files_is_one(
    docker_sandbox: DockerSandbox, language: str, entry: str, files: Mapping[str, bytes]
) -> None:
    with opened(docker_sandbox, language) as session:
        built = languages.build(session, language, files, entry)
        assert built.ok, built
        outcome = session.run(Job(languages.run_argv(language, entry)))
        assert outcome.ok, outcome
        assert (outcome.stdout or outcome.stderr).split()[-1] == b"42" or b"42" in outcome.stderr


def test_contracts_of_several_files_find_each_other(docker_sandbox: DockerSandbox) -> None:
    head = b"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
    files = {
        "main.sol": head + b'import "./lib/Base.sol";\ncontract A is Base {}\n',
        "lib/Base.sol": head + b"contract Base { uint256 x; }\n",
    }
    with opened(docker_sandbox, "solidity") as session:
        assert languages.build(session, "solidity", files).ok
        del files["lib/Base.sol"]
        assert languages.build(session, "solidity", files).status is Status.COMPILE_ERROR


def test_java_stays_inside_its_limits(docker_sandbox: DockerSandbox) -> None:
    hungry = (
        b"import java.util.*;\nclass Main { public static void main(String[] a) {\n"
        b"  List<byte[]> all = new ArrayList<>(); while (true) all.add(new byte[1 << 20]); } }\n"
    )
    with opened(docker_sandbox, "java") as session:
        outcome = ran(session, "java", hungry)
        assert outcome.status in (Status.RUNTIME_ERROR, Status.MEMORY_LIMIT), outcome
        usage = session.run(
            Job(languages.run_argv("java", "Main.java"), limits=Limits(memory_mb=512))
        ).usage
        assert usage.processes is None or usage.processes < 40
        # And nothing is left of it for the next.
        assert ran(session, "java", HELLO["java"]).ok


def test_go_and_rust_are_built_within_a_few_seconds(docker_sandbox: DockerSandbox) -> None:
    for language in ("go", "rust"):
        with opened(docker_sandbox, language) as session:
            built = languages.build(session, language, {LANGUAGES[language].main: HELLO[language]})
        assert built.ok
        assert built.usage.cpu_s < 5, built.usage


def test_every_analyzer_answers_as_a_job(engine: Engine) -> None:
    (group,) = chosen(["analyzers"])
    if look(engine, group).state == "missing":
        missing(f"no image of the analyzers; {build_hint(group.name)}")

    found = [trial for trial in trials(engine, [group], DEFAULT_PREFIX) if trial.what]

    assert {trial.what for trial in found} == set(group.tools)
    assert [trial for trial in found if not trial.ok] == []


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("solidity", b"pragma solidity 0.7.2;\ncontract A {}\n"),
        ("vyper", b"# pragma version ==0.3.10\nx: public(uint256)\n"),
    ],
)
def test_a_source_for_another_compiler_version_is_not_judged(
    docker_sandbox: DockerSandbox, language: str, source: bytes
) -> None:
    files = {LANGUAGES[language].main: source}
    with (
        opened(docker_sandbox, language) as session,
        pytest.raises(ToolchainMissingError, match="another compiler version"),
    ):
        languages.build(session, language, files)
