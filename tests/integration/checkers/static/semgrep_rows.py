"""Rows of semgrep."""

from __future__ import annotations

from tests.integration.checkers.static.rows import Failure, Injection

WEAK = b"def run(text):\n    return eval(text)%s\n"
PLAIN = WEAK % b""
EVAL = ("python-eval",)
SILENT = b"rules:\n- {id: x, languages: [python], severity: INFO, message: m, pattern: nothing}\n"


def row(name: str, language: str, files: dict[str, bytes], rules: tuple[str, ...]) -> Injection:
    return Injection(
        name, "semgrep", language, {}, files, tuple(f"semgrep/{rule}" for rule in rules)
    )


def broken(name: str, language: str, files: dict[str, bytes]) -> Failure:
    return Failure(name, ("semgrep",), language, files)


INJECTIONS = (
    row("nosemgrep", "python", {"main.py": WEAK % b"  # nosemgrep"}, EVAL),
    row("nosemgrep of one rule", "python", {"main.py": WEAK % b"  # nosemgrep: python-eval"}, EVAL),
    row("nosem", "python", {"main.py": WEAK % b"  # nosem"}, EVAL),
    row("nosemgrep on the line before", "python", {"main.py": b"# nosemgrep\n" + PLAIN}, EVAL),
    row(
        "nosemgrep in JavaScript",
        "javascript",
        {"main.js": b"eval(text); // nosemgrep\n"},
        ("javascript-eval",),
    ),
    row(
        "nosemgrep in Solidity",
        "solidity",
        {
            "main.sol": b"contract A { address o; function f() public {"
            b" require(tx.origin == o); // nosemgrep\n } }\n"
        },
        ("solidity-tx-origin-authorization",),
    ),
    row("semgrepignore", "python", {"main.py": PLAIN, ".semgrepignore": b"*\n"}, EVAL),
    row("gitignore", "python", {"main.py": PLAIN, ".gitignore": b"*\n"}, EVAL),
    row("a folder called tests", "python", {"tests/main.py": PLAIN}, EVAL),
    row("a folder called node_modules", "python", {"node_modules/main.py": PLAIN}, EVAL),
    row("rules of the answer", "python", {"main.py": PLAIN, ".semgrep.yml": SILENT}, EVAL),
    row("rules.json of the answer", "python", {"main.py": PLAIN, "rules.json": SILENT}, EVAL),
    row(
        "settings of the answer", "python", {"main.py": PLAIN, ".semgrep/settings.yml": b"x"}, EVAL
    ),
    row("a file of more than 1 MB", "python", {"main.py": PLAIN + b"#" * 1_100_000 + b"\n"}, EVAL),
    row("a minified file", "javascript", {"a.min.js": b"eval(x);" * 9}, ("javascript-eval",)),
    row(
        "a guard in a comment",
        "solidity",
        {
            "main.sol": b"contract A { address owner; // onlyOwner require(msg.sender == owner)\n"
            b" function f(address o) public { /* onlyOwner */ owner = o; } }\n"
        },
        ("solidity-open-owner-setter",),
    ),
)

FAILURES = (
    broken(
        "a syntax error without a rule's word", "python", {"main.py": b"def f(:\n  pass\nx = (((\n"}
    ),
    broken("bytes that are not UTF-8", "python", {"main.py": b"x = '\xff\xfe'\n"}),
    broken("half a program", "javascript", {"main.js": b"function f( { return ((( ;\n"}),
    broken("half a contract", "solidity", {"main.sol": b"contract A { function f( { ((( \n"}),
    broken("half a class", "java", {"Main.java": b"class A { void f( { ((( \n"}),
    broken("half a file of Go", "go", {"main.go": b"package main\nfunc f( { (((\n"}),
    broken("half a file of C", "c", {"main.c": b"int main( { return ((( ;\n"}),
    # More than Python itself reads.
    broken("5,000 brackets", "python", {"main.py": b"x = " + b"[" * 5000 + b"]" * 5000}),
    broken("one file of two", "python", {"a.py": b"x = 1\n", "b.py": b"x = (((\n"}),
    Failure(
        "900,000 elements",
        ("semgrep",),
        "python",
        {"main.py": b"x = [" + b"1," * 900_000 + b"]\n"},
        heavy=True,
    ),
    *(
        Failure("an empty file", ("semgrep",), language, {name: b""}, clean=True)
        for language, name in (
            ("python", "main.py"),
            ("javascript", "main.js"),
            ("typescript", "main.ts"),
            ("c", "main.c"),
        )
    ),
)
