from __future__ import annotations

# ruff: noqa: TC001 - tables of inputs read best on one line each
from typing import TYPE_CHECKING, Any

import pytest

from checkers.protocol import CheckStatus, Reason
from tests.integration.checkers.conftest import Judge

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox

GOOD = {
    "python": "print(1)\n",
    "javascript": "console.log(1)\n",
    "c": "int main(void) { return 0; }\n",
    "cpp": "int main() { return 0; }\n",
    "bash": "echo 1\n",
    "typescript": "const one: number = 1; console.log(one);\n",
}
BAD = {
    "python": "def f(:\n",
    "javascript": "function (\n",
    "c": "int main(void) { return 0 }\n",
    "cpp": "int main() { return x; \n",
    "bash": "if true; then\n",
    "typescript": "const one: = 1;\n",
}


@pytest.mark.parametrize("language", GOOD)
@pytest.mark.parametrize("check", ["syntax", "compile"])
def test_good_source_passes_and_broken_source_fails(
    judge: Judge, check: Any, language: Any
) -> None:
    good = judge({"check": check}, GOOD[language], language)
    bad = judge({"check": check}, BAD[language], language)

    if good.reason is Reason.TOOLCHAIN_MISSING:
        pytest.skip(good.summary)
    assert (good.status, good.score) == (CheckStatus.PASS, 100), good
    assert (bad.status, bad.score) == (CheckStatus.FAIL, 0), bad
    assert bad.findings


def test_a_type_error_passes_syntax_and_fails_compile(judge: Judge) -> None:
    code = 'const one: number = "text"; console.log(one);\n'
    syntax = judge({"check": "syntax"}, code, "typescript")
    if syntax.reason is Reason.TOOLCHAIN_MISSING:
        pytest.skip(syntax.summary)

    assert syntax.status is CheckStatus.PASS
    assert judge({"check": "compile"}, code, "typescript").status is CheckStatus.FAIL


def test_code_without_annotations_compiles_unless_the_flags_ask_for_them(judge: Judge) -> None:
    code = "function add(a, b) { return a + b }\nconsole.log(add(1, 2));\n"
    strict = {"check": "compile", "flags": ["--noImplicitAny"]}

    assert judge({"check": "compile"}, code, "typescript").status is CheckStatus.PASS
    assert judge(strict, code, "typescript").status is CheckStatus.FAIL


def test_a_finding_names_file_and_line(judge: Judge) -> None:
    result = judge({"check": "compile"}, "int main(void) {\n  return x;\n}\n", "c")

    assert ("main.c", (2, 2)) in {(finding.file, finding.lines) for finding in result.findings}


def test_a_language_without_toolchain_is_an_error_not_a_failure(
    judge: Judge, cage: Sandbox
) -> None:
    if cage.name == "docker":
        pytest.skip("an image may hold any language")
    result = judge({"check": "syntax", "language": "java"}, {"Main.java": "class Main {}"})

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TOOLCHAIN_MISSING)


def test_flags_from_the_allow_list_reach_the_compiler(judge: Judge) -> None:
    code = "int main(void) { int unused; return 0; }\n"
    options = {"check": "compile", "language": "c", "flags": ["-Wall", "-Werror"]}

    assert judge({"check": "compile"}, code, "c").status is CheckStatus.PASS
    assert judge(options, code, "c").status is CheckStatus.FAIL


def test_a_source_that_includes_host_files_learns_nothing(judge: Judge) -> None:
    result = judge({"check": "compile"}, '#include "/etc/shadow"\nint main(void){return 0;}\n', "c")

    assert result.status is CheckStatus.FAIL
    assert "root:" not in str(result)
