"""What silences an analyzer is masked; code, lines and columns stay."""

from __future__ import annotations

import ast
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.static.comments import comments
from checkers.static.suppressions import neutral

SILENCERS = [
    ("python", b"x = 1  # noqa: E501"),
    ("python", b"x = 1  #NOQA"),
    ("python", b"x = 1  # nosec B602"),
    ("python", b"x = 1  # type: ignore[arg-type]"),
    ("python", b"x = 1  # type:ignore"),
    ("python", b"# mypy: ignore-errors"),
    ("python", b'"""\n# mypy: ignore-errors\n"""'),
    ("python", b"x = 'a' \"b#\"  # pylint: disable=all"),
    ("python", b"x = '''\n'#'''  # noqa"),
    ("python", b"x = 1 # nosemgrep: rule"),
    ("javascript", b"/* eslint-disable */"),
    ("javascript", b"a(); // oxlint-disable-line no-eval"),
    ("javascript", b"a(); // biome-ignore lint: no"),
    ("javascript", b"/* eslint no-eval: 0 */"),
    ("javascript", b"if (a) /'/.test(b) // eslint-disable-line '"),
    ("typescript", b"// @ts-nocheck"),
    ("typescript", b"/* @ts-ignore */"),
    ("typescript", b"const a = `${'`'}` // @ts-expect-error"),
    ("bash", b"# shellcheck disable=SC2086"),
    ("bash", b"cat <<'E'\n'\nE\n#  shellcheck  source=x"),
    ("c", b"f(); // NOLINT(bugprone-*)"),
    ("c", b'f("NOLINT");'),
    ("c", b"// cppcheck-suppress[zerodiv]"),
    ("c", b'#line 1 "/usr/include/stdio.h"'),
    ("cpp", b'auto a = R"(")"; // NOLINTNEXTLINE'),
    ("cpp", b"int a = 1'000; // nosemgrep '"),
    ("c", b"# /* x */ pragma GCC system_header"),
    ("solidity", b"// slither-disable-next-line reentrancy"),
    ("java", b"a(); // nosemgrep"),
    ("go", b'a := `"` // nosem'),
]
WORDS = re.compile(
    rb"noqa|nosec|type:\s*ignore|mypy:|pylint:|nosem|(eslint|oxlint|slither)\b|biome-ignore|@ts-"
    rb"|shellcheck|NOLINT|cppcheck-suppress|line 1|system_header",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("language", "source"), SILENCERS)
def test_what_silences_is_masked_in_its_place(language: str, source: bytes) -> None:
    changed = neutral(source, language)

    assert not WORDS.search(changed.replace(b"@xx-", b"")), changed
    assert len(changed) == len(source)
    assert changed.count(b"\n") == source.count(b"\n")


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", b"s = '# noqa'\nt = '''\n# type: ignore\n'''\nu = \"# nosec\"\n"),
        ("python", b"noqa = type = ignore = 1  # a remark on types\n"),
        ("javascript", b"const s = '// eslint-disable'\n"),
        ("typescript", b'const s = "// @ts-ignore"\n'),
        ("go", b"s := `// nosemgrep`\n"),
        ("cpp", b'auto s = R"x(// nosemgrep)" )x";\n'),
        ("java", b'String s = "// nosemgrep";\n'),
    ],
)
def test_strings_that_look_like_comments_survive(language: str, source: bytes) -> None:
    assert neutral(source, language) == source


def test_a_name_in_code_is_masked_the_same_way_everywhere() -> None:
    source = b"int NOLINT_x = 1;\nint main(void) { return NOLINT_x; } // NOLINT\n"

    changed = neutral(source, "c")

    assert changed == source.replace(b"NOLINT", b"xxxxxx")


@pytest.mark.parametrize("language", ["python", "c", "cpp", "javascript", "java", "go", "bash"])
@given(source=st.binary(max_size=300))
def test_any_bytes_keep_their_length_and_lines(language: str, source: bytes) -> None:
    changed = neutral(source, language)

    assert len(changed) == len(source)
    assert [at for at, byte in enumerate(changed) if byte in b"\r\n"] == [
        at for at, byte in enumerate(source) if byte in b"\r\n"
    ]


@given(
    pieces=st.lists(
        st.sampled_from(["'# noqa'", '"""# nosec\n"""', "x", "(1)", "'\\'# noqa'", 'r"\\"', "b'#'"])
    )
)
def test_python_code_is_the_same_program_afterwards(pieces: list[str]) -> None:
    source = "".join(f"y = {piece}  # noqa\n" for piece in pieces)

    changed = neutral(source.encode(), "python").decode()

    try:
        wanted = ast.dump(ast.parse(source))
    except SyntaxError:
        return
    assert ast.dump(ast.parse(changed)) == wanted


def test_long_sources_are_scanned_in_one_pass() -> None:
    pieces = (
        b"'",
        b"/*",
        b'R"(',
        b"#\\\n",
        b"/**/",
        b"\n/**/",
        b"\n/*",
        b"'" * 3 + b"x",
        b"# noqa",
    )
    started = time.process_time()
    for piece in pieces:
        for language in ("python", "cpp", "javascript", "bash"):
            neutral(piece * (100_000 // len(piece)), language)
    assert time.process_time() - started < 20


def test_comments_of_a_script_with_an_expression_are_unknown() -> None:
    assert comments(b"a = b / c", "javascript") is None
    assert comments(b"// a\nb", "javascript") == [(0, 4)]
    assert comments(b"# a", "bash") is None


@pytest.mark.parametrize(
    "piece",
    [
        b"/* */ \\\n",
        b"\\\n",
        b"/*\n",
        b"# /*\n",
        b"#pragma/*\n*/",
        b"#pragma GCC /*\n",
        b"??= /*\n",
    ],
)
@pytest.mark.parametrize("end", [b"", b"*/"])
def test_directives_of_hostile_length_are_found_in_linear_time(piece: bytes, end: bytes) -> None:
    started = time.process_time()

    neutral(piece * 60_000 + end, "c")

    assert time.process_time() - started < 10


def test_a_directive_behind_a_long_comment_is_blanked() -> None:
    source = b"/* " + b"x" * 300 + b"\n */ # line 9\nint x;"

    found = neutral(source, "c")

    assert b"line 9" not in found
    assert len(found) == len(source)
    assert found.endswith(b"\nint x;")
