"""Length-framed messages: how a host talks to a supervisor and a client to `sandboxd`.

A frame is two big-endian lengths, a JSON head and the bytes that belong to it. Whoever reads
takes the writer for an enemy: lengths are capped before anything is allocated, the head is checked
field by field, and an unknown field is an error.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence

HEADER = struct.Struct(">II")
VERSION = 2
"""Raised whenever a message changes; both ends must agree."""

MAX_HEAD = 4 * 1024 * 1024
MAX_BODY = 256 * 1024 * 1024
MAX_NAME = 1024  # bytes of a relative path; far below PATH_MAX, so a prefix always fits
MAX_COMPONENT = 255

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class WireError(Exception):
    """The other end broke the protocol."""


class Message:
    """One frame: a kind, named values, and byte strings in order."""

    __slots__ = ("blobs", "fields", "kind")

    def __init__(
        self, kind: str, fields: Mapping[str, Json] | None = None, blobs: Sequence[bytes] = ()
    ) -> None:
        self.kind = kind
        self.fields: dict[str, Json] = dict(fields or {})
        self.blobs = list(blobs)

    def encode(self) -> bytes:
        """Return the frame, or raise WireError when it is over the caps of every reader."""
        sizes = [len(blob) for blob in self.blobs]
        head = json.dumps(
            {"kind": self.kind, "fields": self.fields, "sizes": sizes}, separators=(",", ":")
        ).encode()
        body = sum(sizes)
        if len(head) > MAX_HEAD or body > MAX_BODY:
            raise WireError(f"a message of {len(head)} + {body} bytes is too large")
        return b"".join([HEADER.pack(len(head), body), head, *self.blobs])


class Decoder:
    """Turns a stream of bytes, cut anywhere, into messages."""

    def __init__(self, max_head: int = MAX_HEAD, max_body: int = MAX_BODY) -> None:
        self.max_head = max_head
        self.max_body = max_body
        self._buffer = bytearray()
        self._broken = False

    @property
    def idle(self) -> bool:
        """True when no message has begun: here the stream may end."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take more bytes and yield the messages that are complete."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            if self._broken:
                raise WireError("the stream was broken before")
            head, body = HEADER.unpack_from(self._buffer)
            if head > self.max_head or body > self.max_body:
                self._broken = True
                raise WireError(f"a frame of {head} + {body} bytes is over the cap")
            end = HEADER.size + head + body
            if len(self._buffer) < end:
                return
            with memoryview(self._buffer) as view:
                start = HEADER.size + head
                message = _message(bytes(view[HEADER.size : start]), view[start:end])
            del self._buffer[:end]
            yield message


def _message(head: bytes, body: memoryview) -> Message:
    try:
        value = json.loads(head, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("the head of a frame is not JSON") from error
    fields = Fields(value)
    kind = fields.text("kind", limit=32)
    inner = fields.mapping("fields")
    sizes = fields.integers("sizes")
    fields.done()
    if sum(sizes) != len(body):
        raise WireError("the sizes of a frame do not add up")
    blobs, at = [], 0
    for size in sizes:
        blobs.append(bytes(body[at : at + size]))
        at += size
    return Message(kind, inner, blobs)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


class Fields:
    """Strict reading of a mapping from the other side: each name once, with type and range."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise WireError("expected an object")
        self._left: dict[str, object] = dict(value)

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise WireError(f"{name}: missing")
        return self._left.pop(name)

    def text(self, name: str, limit: int = 4096) -> str:
        """Take a string of at most `limit` characters."""
        value = self._take(name)
        if not isinstance(value, str) or len(value) > limit:
            raise WireError(f"{name}: must be a string of at most {limit} characters")
        return value

    def optional_text(self, name: str, limit: int = 4096) -> str | None:
        """Take a string or null."""
        if self._left.get(name, "") is None:
            del self._left[name]
            return None
        return self.text(name, limit)

    def texts(self, name: str, limit: int = MAX_HEAD) -> tuple[str, ...]:
        """Take a list of strings."""
        value = self._take(name)
        if not isinstance(value, list) or not all(
            isinstance(item, str) and len(item) <= limit for item in value
        ):
            raise WireError(f"{name}: must be a list of strings")
        return tuple(value)

    def integer(self, name: str, low: int = 0, high: int = 2**53) -> int:
        """Take a whole number in a range."""
        value = self._take(name)
        if type(value) is not int or not low <= value <= high:
            raise WireError(f"{name}: must be a whole number from {low} to {high}")
        return value

    def optional_integer(self, name: str, low: int = 0, high: int = 2**53) -> int | None:
        """Take a whole number in a range, or null."""
        if self._left.get(name, 0) is None:
            del self._left[name]
            return None
        return self.integer(name, low, high)

    def number(self, name: str, low: float = 0.0, high: float = 1e9) -> float:
        """Take a finite number in a range."""
        value = self._take(name)
        if type(value) not in (int, float) or not low <= value <= high:  # type: ignore[operator]
            raise WireError(f"{name}: must be a number from {low} to {high}")
        return float(value)  # type: ignore[arg-type]

    def optional_number(self, name: str, low: float = 0.0, high: float = 1e9) -> float | None:
        """Take a finite number in a range, or null."""
        if self._left.get(name, 0) is None:
            del self._left[name]
            return None
        return self.number(name, low, high)

    def flag(self, name: str) -> bool:
        """Take a boolean."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise WireError(f"{name}: must be true or false")
        return value

    def integers(self, name: str) -> list[int]:
        """Take a list of whole numbers, 0 or more."""
        value = self._take(name)
        if not isinstance(value, list) or not all(type(n) is int and n >= 0 for n in value):
            raise WireError(f"{name}: must be a list of whole numbers")
        return value

    def mapping(self, name: str) -> dict[str, Json]:
        """Take an object."""
        value = self._take(name)
        if not isinstance(value, dict):
            raise WireError(f"{name}: must be an object")
        return value

    def done(self) -> None:
        """Refuse whatever was not asked for."""
        if self._left:
            raise WireError(f"{min(self._left)[:64]}: unknown field")


def check_name(name: str) -> str:
    """Return a relative POSIX path unchanged, or raise ValueError saying what is wrong with it."""
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        raise ValueError("a file name must be valid text") from None
    parts = encoded.split(b"/")
    if len(encoded) > MAX_NAME or any(len(part) > MAX_COMPONENT for part in parts):
        raise ValueError("a file name is too long")
    if b"\0" in encoded or any(part in (b"", b".", b"..") for part in parts):
        raise ValueError("a file name must be relative, without empty, '.' or '..' parts")
    return name


def check_tree(names: Sequence[str]) -> None:
    """Raise ValueError when names are bad, doubled, or one is a folder of another."""
    known = {check_name(name) for name in names}
    if len(known) != len(names):
        raise ValueError("a file name is given twice")
    for name in known:
        at = name.find("/")
        while at >= 0:
            if name[:at] in known:
                raise ValueError("a file name is also the folder of another")
            at = name.find("/", at + 1)
