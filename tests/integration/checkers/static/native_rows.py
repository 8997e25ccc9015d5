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


INJECTIONS = (
    tidy("clang-tidy file", BAIT.format("", ""), {".clang-tidy": "Checks: '-*,misc-*'\n"}),
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
    cppcheck("suppressions file", BAIT.format("", ""), {"suppressions.txt": "zerodiv\n"}),
)

FAILURES = (
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
