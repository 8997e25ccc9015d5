from __future__ import annotations

import hashlib

import pytest

from validator.wire.digest import Algorithm, Digest

# BLAKE3's own test vector for no input.
EMPTY_BLAKE3 = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [(Algorithm.BLAKE3, EMPTY_BLAKE3), (Algorithm.SHA256, hashlib.sha256(b"").hexdigest())],
)
def test_a_digest_is_that_of_its_algorithm(algorithm: Algorithm, value: str) -> None:
    digest = Digest.of(b"", algorithm)

    assert str(digest) == f"{algorithm.value}:{value}"
    assert Digest.parse(str(digest)) == digest
    assert digest.holds_for(b"")
    assert not digest.holds_for(b"\x00")


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", EMPTY_BLAKE3, f"blake3:{EMPTY_BLAKE3.upper()}", f"md5:{EMPTY_BLAKE3}",
     f"blake3:{EMPTY_BLAKE3}\n", f"BLAKE3:{EMPTY_BLAKE3}", f"blake3:{EMPTY_BLAKE3}0"],
)  # fmt: skip
def test_other_spellings_are_no_digest(text: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Digest.parse(text)


def test_a_digest_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Digest(Algorithm.SHA256, b"short")
