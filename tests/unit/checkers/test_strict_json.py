from __future__ import annotations

# ruff: noqa: E501 - tables of inputs read best on one line each
from typing import Any

import pytest

from checkers.strict_json import StrictJsonError, loads


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ('{"a": {"b": [1, {"c": 1, "c": 2}]}}', "a.b[1]", "appears twice"),
        ('{"a": [NaN]}', "a[0]", "NaN is not JSON"),
        ('{"a": -Infinity}', "a", "-Infinity is not JSON"),
        ("[1e400]", "[0]", "too large"),
        ('{"a": "\\ud800"}', "a", "lone surrogate"),
        ('{"\\udfff": 1}', "", "lone surrogate"),
        ("[" * 65 + "]" * 65, "", "nested more than 64"),
        ("[" * 200_000, "", "nested"),
        ('{"a":' * 200_000, "", "nested"),
        ("\ufeff1", "", "byte order mark"),
        ("1 2", "", "not JSON"),
        ("", "", "not JSON"),
        ("[1,]", "", "not JSON"),
        ("'a'", "", "not JSON"),
        ('"\t"', "", "not JSON"),
        (b"\xff", "", "not UTF-8"),
        (b"\xef\xbb\xbf1", "", "byte order mark"),
        (b'"\xed\xa0\x80"', "", "not UTF-8"),
        ("9" * 4301, "", "4300 digits"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_its_place(text: Any, path: Any, said: Any) -> None:
    with pytest.raises(StrictJsonError) as caught:
        loads(text)

    assert caught.value.path == path
    assert said in caught.value.message


def test_what_is_strict_json_keeps_its_value() -> None:
    assert loads('{"n": 12345678901234567890123, "s": "\\ud83d\\ude00", "x": [null, true, 0.5]}') == {
        "n": 12345678901234567890123, "s": "😀", "x": [None, True, 0.5],
    }  # fmt: skip
    assert loads("[" * 64 + "]" * 64) is not None
    assert loads('"' + "[" * 1000 + '"') == "[" * 1000


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(StrictJsonError, match="larger than 3 bytes"):
        loads(b"12345", max_bytes=3)
