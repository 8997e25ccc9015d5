from __future__ import annotations

import json

import pytest

from validator.errors import InvalidPointerError, UnsupportedVersionError
from validator.wire.digest import Algorithm, Digest
from validator.wire.pointer import MAX_TEXT, PlainText, Pointer, read_pointer

HASH = "ab" * 32
DIGEST = Digest(Algorithm.BLAKE3, bytes.fromhex(HASH))
GOOD = {"v": 1, "t": "code", "u": "https://example.org/t.json", "h": HASH}


def spelled(**changed: object) -> str:
    return json.dumps({**GOOD, **changed})


def refused(text: str) -> str:
    with pytest.raises(InvalidPointerError) as caught:
        read_pointer(text)
    return caught.value.detail


def test_a_pointer_has_one_compact_spelling() -> None:
    pointer = Pointer("code", "https://example.org/t.json", DIGEST)

    assert pointer.text == (
        '{"v":1,"t":"code","u":"https://example.org/t.json","h":"' + HASH + '"}'
    )
    assert read_pointer(pointer.text) == pointer


def test_white_space_and_order_are_free() -> None:
    text = f' {{ "h" : "{HASH}", "u": "ipfs://Qm{"a" * 44}/x", "t":"math" ,"v":1 }}\n'

    assert read_pointer(text) == Pointer("math", f"ipfs://Qm{'a' * 44}/x", DIGEST)


@pytest.mark.parametrize(
    "text",
    [
        "Write a function that sorts.",
        "",
        "{1, 2, 3}",
        "{x | x > 3}",
        '{"answer": 42}',
        '["v", 1]',
        '"v"',
        "42",
        '{"version": 1}',
        "\ufeff" + spelled(),
    ],
)
def test_other_text_is_no_pointer(text: str) -> None:
    assert read_pointer(text) == PlainText(text)


@pytest.mark.parametrize("version", [2, 3, 10**100])
def test_another_version_is_declined_whatever_else_it_holds(version: int) -> None:
    with pytest.raises(UnsupportedVersionError, match="version 1"):
        read_pointer(json.dumps({"v": version, "new": "thing"}))


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None])
def test_a_version_is_a_number_from_one_on(version: object) -> None:
    assert refused(spelled(v=version)) == "pointer.v: must be the number 1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"v":1,"v":1}', "the key 'v' appears twice"),
        ('{"v":NaN}', "pointer.v: NaN is not JSON"),
        ('{"v":Infinity}', "pointer.v: Infinity is not JSON"),
        ('{"v":1e999}', "too large for a double"),
        ('{"v":1,"t":[1]}', "nested more than 1"),
        ('{"v":' + "[" * 200, "nested more than 1"),
        ('{"v":1', "is not JSON"),
        ('{"v":1}}', "is not JSON"),
        ('{"v":1,"t":"a\nb"}', "is not JSON"),
        ('{"v":1,"t":"\ud800"}', "is not UTF-8"),
        ('{"v":1,"t":"\\ud800"}', "lone surrogate"),
        ('{"v":1,"t":"' + "a" * 300 + '"}', "larger than 255"),
        ('{"v":' + "9" * 300 + "}", "larger than 255"),
        ('{"v":1}', "pointer.t: is missing"),
        (spelled(t=1), "pointer.t: must be text"),
        (spelled(u=None), "pointer.u: must be text"),
        (spelled(x=1), "not v, t, u or h"),
        (spelled(t="Code"), "pointer.t"),
        (spelled(t=""), "pointer.t"),
        (spelled(t="code\n"), "pointer.t"),
        (spelled(h=HASH.upper()), "pointer.h"),
        (spelled(h="blake3:" + HASH), "pointer.h"),
        (spelled(h=HASH + "\n"), "pointer.h"),
        (spelled(h=HASH[:-1]), "pointer.h"),
        (spelled(u="https://a b/"), "pointer.u"),
        (spelled(u="https://ex\u0430mple.org/"), "pointer.u"),  # a Cyrillic letter
        (spelled(u="ftp://example.org/"), "pointer.u"),
    ],
)
def test_what_means_to_be_a_pointer_and_is_none_is_one_sentence(text: str, said: str) -> None:
    detail = refused(text)

    assert said in detail
    assert detail.startswith("pointer")
    assert detail.isprintable()


def test_a_pointer_that_the_chain_cannot_carry_cannot_be_made() -> None:
    most = MAX_TEXT - len(Pointer("code", "https://example.org/", DIGEST).text)

    fits = Pointer("code", "https://example.org/" + "a" * most, DIGEST)
    assert len(fits.text) == MAX_TEXT
    assert read_pointer(fits.text) == fits
    with pytest.raises(InvalidPointerError, match="256 bytes"):
        Pointer("code", "https://example.org/" + "a" * (most + 1), DIGEST)


def test_a_pointer_carries_blake3_only() -> None:
    with pytest.raises(InvalidPointerError, match="BLAKE3"):
        Pointer("code", "https://example.org/", Digest(Algorithm.SHA256, bytes(32)))
