"""The compact pointer that a description or an answer on chain is (architecture, decision 9).

`{"v":1,"t":"<type>","u":"<uri>","h":"<blake3>"}`: version, type of the task, where the document
lies, BLAKE3-256 of its bytes in hex. 255 bytes of UTF-8 at most: a string of the chain carries one
byte of length (protocol note, section 0.2).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from checkers.strict_json import StrictJsonError, loads
from validator.errors import FieldError, InvalidPointerError, UnsupportedVersionError
from validator.wire.digest import Algorithm, Digest
from validator.wire.plain import plain
from validator.wire.uri import InvalidUriError, parse_uri

MAX_TEXT: Final = 255
"""Bytes of a string on the chain."""

VERSION: Final = 1
_FIELDS: Final = ("v", "t", "u", "h")
# An object whose first key is one of ours means to be a pointer; a set `{1, 2}` or an answer that
# is JSON of its own does not.
_CLAIMS: Final = re.compile(r'[ \t\r\n]*\{[ \t\r\n]*"[vtuh]"')
_TYPE: Final = re.compile(r"[a-z][a-z_]{0,31}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a document lies and what it must be. `type` is that of the task, also for an answer."""

    type: str
    uri: str
    digest: Digest

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            raise _refusal("t", "must be a type of task: at most 32 small letters and underscores")
        try:
            parse_uri(self.uri)
        except InvalidUriError as error:
            raise _refusal("u", str(error)) from None
        if self.digest.algorithm is not Algorithm.BLAKE3:
            raise _refusal("h", "must be a BLAKE3 digest")
        size = len(self.text)
        if size > MAX_TEXT:
            raise _refusal("u", f"the pointer has {size} bytes, the chain carries {MAX_TEXT}")

    @property
    def text(self) -> str:
        """The one spelling that we write; ASCII."""
        fields = (VERSION, self.type, self.uri, self.digest.value.hex())
        return json.dumps(dict(zip(_FIELDS, fields, strict=True)), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class PlainText:
    """Text on the chain that is no pointer: the description or the answer itself."""

    text: str


def read_pointer(text: str) -> Pointer | PlainText:
    """Read a description or an answer as it stands on the chain.

    White space and the order of fields are free; nothing else is. Raises UnsupportedVersionError
    for another version, InvalidPointerError for what means to be a pointer and is none.
    """
    if not _CLAIMS.match(text):
        return PlainText(text)
    try:
        document = loads(text.encode("utf-8", "surrogatepass"), max_depth=1, max_bytes=MAX_TEXT)
    except StrictJsonError as error:
        field = error.path if error.path in _FIELDS else ""
        raise _refusal(field, plain(error.message)) from None
    return _pointer(document)


def _pointer(document: dict[str, Any]) -> Pointer:
    version = document.get("v")
    if type(version) is not int or version < 1:
        raise _refusal("v", f"must be the number {VERSION}")
    if version != VERSION:
        raise UnsupportedVersionError(
            f"pointer.v: this release reads version {VERSION}, not the one that is named"
        )
    if set(document) - set(_FIELDS):
        raise _refusal("", "holds a field that is not v, t, u or h")
    for name in _FIELDS[1:]:
        if not isinstance(document.get(name), str):
            raise _refusal(name, "must be text" if name in document else "is missing")
    kind, uri, digest = (document[name] for name in _FIELDS[1:])
    if not _HEX.fullmatch(digest):
        raise _refusal("h", "must be 64 hexadecimal digits in lower case, a BLAKE3 digest")
    return Pointer(kind, uri, Digest(Algorithm.BLAKE3, bytes.fromhex(digest)))


def _refusal(field: str, message: str) -> InvalidPointerError:
    place = f"pointer.{field}" if field else "pointer"
    return InvalidPointerError(f"{place}: {message}", (FieldError(place, message),))
