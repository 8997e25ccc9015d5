"""Rows of C and C++."""

from __future__ import annotations

from tests.integration.checkers.static.rows import Failure, Injection

BAIT = "#include <stdio.h>\n{}int main(void) {{\n  int zero = 0;\n  return 1 / zero;{}\n}}\n"


def tidy(name: str, source: str, planted: dict[str, str | bytes] | None = None) -> Injection:
    return Injection(
        name,
        "clang-tidy",
        "c",
        {"main.c": source},
        planted or {},
        ("clang-tidy/clang-analyzer-core.DivideZero",),
    )


def cppcheck(name: str, source: str, planted: dict[str, str | bytes] | None = None) -> Injection:
    return Injection(
        name, "cppcheck", "c", {"main.c": source}, planted or {}, ("cppcheck/zerodiv",)
    )


def _nested(depth: int, inner: str = "1") -> str:
    return f"int main(void) {{ return {'(' * depth}{inner}{')' * depth}; }}\n"


ZERO = "int other(void) { int zero = 0; return 1 / zero; }\n"

INJECTIONS = (
    tidy("clang-tidy file", BAIT.format("", ""), {".clang-tidy": "Checks: '-*,misc-*'\n"}),
    tidy(
        "clang-tidy file with arguments of the compiler",
        BAIT.format("", ""),
        {
            ".clang-tidy": "ExtraArgs: ['-D__clang_analyzer__', '-fplugin=./x.so', '-w']\n"
            "ExtraArgsBefore: ['-include', '/etc/passwd', '-load', './x.so']\n",
            "x.so": b"\x7fELF",
        },
    ),
    tidy("compile commands", BAIT.format("", ""), {"compile_commands.json": "[]"}),
    tidy("NOLINT", BAIT.format("", "  // NOLINT")),
    tidy("NOLINT of one check", BAIT.format("", "  // NOLINT(clang-analyzer-*)")),
    tidy("NOLINTNEXTLINE", BAIT.format("", "").replace("  return", "// NOLINTNEXTLINE\n  return")),
    tidy("NOLINTBEGIN", BAIT.format("// NOLINTBEGIN\n", "") + "// NOLINTEND\n"),
    tidy("NOLINT in a string", BAIT.format("", ' puts("NOLINT");').replace("return", "zero =")),
    tidy("hidden from the analyzer", BAIT.format("#ifndef __clang_analyzer__\n", "") + "#endif\n"),
    tidy("another place", BAIT.format('#line 1 "/usr/include/stdio.h"\n', "")),
    tidy("another place in disguise", BAIT.format('#/**/line 1 "/usr/include/stdio.h"\n', "")),
    tidy("a system header", BAIT.format("#pragma GCC system_header\n", "")),
    tidy(
        "a weakness in a header",
        '#include "u.h"\nint main(void) { return use(); }\n',
        {"u.h": "static int use(void) {\n  int zero = 0;\n  return 1 / zero; // NOLINT\n}\n"},
    ),
    cppcheck("suppression", BAIT.format("", "  // cppcheck-suppress zerodiv")),
    cppcheck("hidden", BAIT.format("#ifndef __cppcheck__\n", "") + "#endif\n"),
    cppcheck("another place", BAIT.format('#line 1 "/usr/include/stdio.h"\n', "")),
    cppcheck("a weakness after 5,000 parentheses", _nested(5000) + ZERO),
    cppcheck("a weakness before 5,000 parentheses", ZERO + _nested(5000)),
    cppcheck("a weakness inside 5,000 parentheses", _nested(5000, "1 / (0)")),
    cppcheck(
        "a weakness inside 5,000 braces",
        "int main(void) " + "{" * 5000 + "int zero = 0; return 1 / zero;" + "}" * 5000,
    ),
    cppcheck("suppressions file", BAIT.format("", ""), {"suppressions.txt": "zerodiv\n"}),
)

NESTED = _nested(5000).encode()
BANGS = b"int main(void) { return " + b"!" * 20_000 + b"1; }\n"
TERNARY = b"int f(int a) { return " + b"a ? 1 : " * 5000 + b"1; }\n"
BRANCHES = b"int f(int a) { " + b"if (a) {" * 3000 + b"a++;" + b"}" * 3000 + b" return a; }\n"
WIDE = "\ufeffint main(void) { return 0; }\n".encode("utf-16-le")

FAILURES = (
    Failure("nested brackets", ("clang-tidy",), "c", {"main.c": NESTED}),
    # The rows of weaknesses around so many show that cppcheck reads them.
    Failure("nested brackets", ("cppcheck",), "c", {"main.c": NESTED}, clean=True),
    Failure(
        "more parentheses than gcc reads", ("cppcheck",), "c", {"main.c": _nested(60_000).encode()}
    ),
    Failure("20,000 times not", ("cppcheck",), "c", {"main.c": BANGS}),
    Failure("5,000 choices", ("cppcheck",), "c", {"main.c": TERNARY}),
    Failure("3,000 branches", ("cppcheck",), "c", {"main.c": BRANCHES}, heavy=True),
    Failure("UTF-16", ("cppcheck", "clang-tidy"), "c", {"main.c": WIDE}),
    Failure("an empty file", ("cppcheck", "clang-tidy"), "c", {"main.c": b""}, clean=True),
    Failure("a syntax error", ("cppcheck", "clang-tidy"), "c", {"main.c": b"int main( {\n"}),
    Failure("a file of the machine", ("clang-tidy",), "c", {"main.c": b'#include "/etc/passwd"\n'}),
    Failure(
        "what clang cannot compile",
        ("clang-tidy",),
        "c",
        {"main.c": b"int main(void) { int f(void) { return 0; } return f(); }\n"},
    ),
    Failure("a header that is not there", ("clang-tidy",), "c", {"main.c": b'#include "no.h"\n'}),
    Failure("no fault", ("cppcheck", "clang-tidy"), "cpp", {"main.cpp": b"int main() {}"}, True),
)
