"""Normalised tokens of an answer's parts, as hashes, inside the jail."""

from __future__ import annotations

import base64
import hashlib
import sys
from array import array
from typing import TYPE_CHECKING, Any, Final

from checkers.similarity.languages import LEXERS
from checkers.similarity.lexing import code_tokens, cut_tokens, text_tokens, warm

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["judge", "warm"]

MAX_TOKENS: Final = 50_000
"""Tokens of one part that are compared: two such parts take some 40 ms."""

MAX_TOTAL: Final = 200_000
"""Tokens of all parts of a request, so that the reply stays under the jail's 4 MiB."""

CODE_SHINGLE: Final = 5
TEXT_SHINGLE: Final = 3
"""Tokens in one shingle. With fewer, an index of programs has many times the candidates (measured
on 6,000 functions: 13 with 5 tokens, 92 with 4, 357 with 3); of text, 3 are the best."""

_MASK: Final = 2**32 - 1
_PRIME: Final = 0x01000193  # FNV's (draft-eastlake-fnv), to mix the hashes of a shingle


def judge(request: dict[str, Any], *parts: bytes) -> list[dict[str, Any]]:
    """Read `{"languages": [one for each part]}` and the parts.

    Returns for each part, in order, `{"tokens", "shingles": base64 of little-endian 32-bit
    hashes, "digest": hex, "cut": bool}`. Bytes that are not UTF-8 are replaced, never refused.
    """
    left, found = MAX_TOTAL, []
    for language, data in zip(request["languages"], parts, strict=True):
        read = _read(data.decode(errors="replace"), language, min(MAX_TOKENS, left))
        left -= read.pop("count")
        found.append(read)
    return found


def _read(text: str, language: str, limit: int) -> dict[str, Any]:
    is_code = language in LEXERS
    source = code_tokens(text, language) if is_code else text_tokens(text)
    tokens, cut = cut_tokens(source, limit)
    number = _numbering()
    bare = array("I", [number(token[0]) for token in tokens])
    kept = array("I", [number(token[1]) for token in tokens]) if is_code else bare
    shingles = array("I", sorted(_shingles(kept, CODE_SHINGLE if is_code else TEXT_SHINGLE)))
    return {
        "tokens": _packed(bare),
        "shingles": _packed(shingles),
        "digest": hashlib.blake2b(_little(kept), digest_size=16).hexdigest(),
        "cut": cut,
        "count": len(tokens),
    }


def _numbering() -> Callable[[str], int]:
    """Return a function that hashes each distinct token once."""
    known: dict[str, int] = {}

    def number(token: str) -> int:
        found = known.get(token)
        if found is None:
            body = token.encode(errors="replace")
            found = int.from_bytes(hashlib.blake2b(body, digest_size=4).digest(), "little")
            known[token] = found
        return found

    return number


def _shingles(tokens: array[int], width: int) -> set[int]:
    """Return the hashes of every `width` neighbours; a shorter part is one shingle of all."""
    width = max(1, min(width, len(tokens)))
    found = set()
    for start in range(len(tokens) - width + 1):
        mixed = 0x811C9DC5
        for token in tokens[start : start + width]:
            mixed = ((mixed ^ token) * _PRIME + (token >> 7)) & _MASK
        found.add(mixed)
    return found if len(tokens) else set()


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder != "little":
        numbers = array("I", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _packed(numbers: array[int]) -> str:
    return base64.b64encode(_little(numbers)).decode()
