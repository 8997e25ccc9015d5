"""Rows of semgrep for the injection and the failure table.

An injection is (name, language, files, rules that must be found all the same); a failure is (name,
language, files), an answer that must not come out clean.
"""

from __future__ import annotations

Files = dict[str, bytes]
Injection = tuple[str, str, Files, tuple[str, ...]]
Failure = tuple[str, str, Files]

WEAK = b"def run(text):\n    return eval(text)%s\n"
PLAIN = WEAK % b""
EVAL = ("python-eval",)
SILENT = b"rules:\n- {id: x, languages: [python], severity: INFO, message: m, pattern: nothing}\n"

INJECTIONS: tuple[Injection, ...] = (
    ("nosemgrep", "python", {"main.py": WEAK % b"  # nosemgrep"}, EVAL),
    ("nosemgrep of one rule", "python", {"main.py": WEAK % b"  # nosemgrep: python-eval"}, EVAL),
    ("nosem", "python", {"main.py": WEAK % b"  # nosem"}, EVAL),
    ("nosemgrep on the line before", "python", {"main.py": b"# nosemgrep\n" + PLAIN}, EVAL),
    (
        "nosemgrep in JavaScript",
        "javascript",
        {"main.js": b"eval(text); // nosemgrep\n"},
        ("javascript-eval",),
    ),
    (
        "nosemgrep in Solidity",
        "solidity",
        {
            "main.sol": b"contract A { address o; function f() public {"
            b" require(tx.origin == o); // nosemgrep\n } }\n"
        },
        ("solidity-tx-origin-authorization",),
    ),
    ("semgrepignore", "python", {"main.py": PLAIN, ".semgrepignore": b"*\n"}, EVAL),
    ("gitignore", "python", {"main.py": PLAIN, ".gitignore": b"*\n"}, EVAL),
    ("a folder called tests", "python", {"tests/main.py": PLAIN}, EVAL),
    ("a folder called node_modules", "python", {"node_modules/main.py": PLAIN}, EVAL),
    ("rules of the answer", "python", {"main.py": PLAIN, ".semgrep.yml": SILENT}, EVAL),
    ("rules.json of the answer", "python", {"main.py": PLAIN, "rules.json": SILENT}, EVAL),
    ("settings of the answer", "python", {"main.py": PLAIN, ".semgrep/settings.yml": b"x"}, EVAL),
    ("a file of more than 1 MB", "python", {"main.py": PLAIN + b"#" * 1_100_000 + b"\n"}, EVAL),
    ("a minified file", "javascript", {"a.min.js": b"eval(x);" * 9}, ("javascript-eval",)),
    (
        "5,000 brackets",
        "python",
        {"main.py": b"x = " + b"[" * 5000 + b"eval(y)" + b"]" * 5000},
        EVAL,
    ),
    (
        "a guard in a comment",
        "solidity",
        {
            "main.sol": b"contract A { address owner; // onlyOwner require(msg.sender == owner)\n"
            b" function f(address o) public { /* onlyOwner */ owner = o; } }\n"
        },
        ("solidity-open-owner-setter",),
    ),
)

FAILURES: tuple[Failure, ...] = (
    ("a syntax error without a rule's word", "python", {"main.py": b"def f(:\n  pass\nx = (((\n"}),
    ("bytes that are not UTF-8", "python", {"main.py": b"x = '\xff\xfe'\n"}),
    ("half a program", "javascript", {"main.js": b"function f( { return ((( ;\n"}),
    ("half a contract", "solidity", {"main.sol": b"contract A { function f( { ((( \n"}),
    ("half a class", "java", {"Main.java": b"class A { void f( { ((( \n"}),
    ("half a file of Go", "go", {"main.go": b"package main\nfunc f( { (((\n"}),
    ("half a file of C", "c", {"main.c": b"int main( { return ((( ;\n"}),
    ("one file of two", "python", {"a.py": b"x = 1\n", "b.py": b"x = (((\n"}),
)
