from __future__ import annotations

import time
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.similarity.languages import LEXERS, TEXT, language_of
from checkers.similarity.lexing import code_tokens, cut_tokens, text_tokens

SUM = """def total(values):
    # add them
    found = 0
    for one in values:
        found += one
    return found
"""
RENAMED = 'def f(a):\n  """Doc."""\n  b=0\n  for c in a: \n\n    b += c  # no\n  return b'


def bare(text: str, language: str = "python") -> list[str]:
    return [token[0] for token in code_tokens(text, language)]


def words(text: str) -> list[str]:
    return [token[0] for token in text_tokens(text)]


def test_names_comments_documentation_and_layout_of_code_make_no_difference() -> None:
    assert bare(SUM) == bare(RENAMED)


def test_numbers_and_strings_are_bare_in_one_stream_and_kept_in_the_other() -> None:
    found = list(code_tokens("a = f(12, 'x' 'y')", "python"))

    assert [token[0] for token in found] == ["n", "=", "n", "(", "0", ",", '"', '"', ")"]
    assert [token[1] for token in found][4:8] == ["12", ",", "'x'", "'y'"]


def test_a_program_moved_into_macros_does_not_vanish() -> None:
    macro = bare("#define F(a) for (a = 0; a < 9; a++) g(a);\n", "c")

    assert macro.count("0") == 2
    assert macro.count("n") >= 6


def test_case_marks_width_and_unseen_characters_of_text_make_no_difference() -> None:
    plain = words("The quick fox, resume of the file")

    assert words("the QUICK f\u200box re\u0301sume\u0301 \uff4f\uff46 the \ufb01le") == plain


def test_a_chinese_character_is_a_word() -> None:
    assert words("\u6570\u5b66 ok") == ["\u6570", "\u5b66", "ok"]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "python"), ("dir.py/x", TEXT), ("A.JAVA", "java"), (".py", TEXT), ("a", TEXT),
        ("a.tar.sol", "solidity"), ("", TEXT), ("a.py.txt", TEXT), ("x.h", "c"),
    ],
)  # fmt: skip
def test_the_language_is_that_of_the_extension(name: str, language: str) -> None:
    assert language_of(name) == language


@given(st.text(max_size=200), st.sampled_from(sorted(LEXERS)))
def test_any_text_lexes_in_any_language(text: str, language: str) -> None:
    assert all(bare and kept for bare, kept in code_tokens(text, language))


@given(st.text(max_size=400))
def test_the_words_of_a_text_and_of_its_upper_case_lines_are_words(text: str) -> None:
    assert all(word.strip() and not word.isspace() for word in words(text))


def test_tokens_over_the_limit_are_never_made() -> None:
    def endless() -> object:
        while True:
            yield ("a", "a")

    found, cut = cut_tokens(islice(endless(), 10**9), 7)  # type: ignore[call-overload]

    assert (len(found), cut) == (7, True)
    assert cut_tokens(iter([("a", "a")] * 7), 7) == ([("a", "a")] * 7, False)


def test_a_pile_of_combining_marks_takes_linear_time() -> None:
    started = time.process_time()
    words("a" + "\u0315\u0300" * 500_000)

    assert time.process_time() - started < 20
