"""Reading and writing the chain's bytes: big-endian integers, one-byte lengths, strict booleans.

Sizes and refusals are those of the node's `Reader` and `Writer` (protocol note, section 1).
"""

from __future__ import annotations

from typing import Final

from validator.wire.tos.errors import DecodeError, EncodeError

U8_MAX: Final = 2**8 - 1
U16_MAX: Final = 2**16 - 1
U64_MAX: Final = 2**64 - 1
HASH_SIZE: Final = 32
MAX_TEXT: Final = U8_MAX
"""Bytes of UTF-8 in a text: a node's writer cuts at 255 and stores the length modulo 256."""


class Reader:
    """Takes values from the front of some bytes; each fault names the field that was asked for."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def consumed(self) -> int:
        """Bytes taken so far."""
        return self._at

    @property
    def left(self) -> int:
        """Bytes not taken yet."""
        return len(self._data) - self._at

    def octets(self, field: str, size: int) -> bytes:
        """Take exactly `size` bytes. Raises DecodeError when fewer are left."""
        if size > self.left:
            raise DecodeError(f"{field}: {size} bytes are needed at {self._at}, {self.left} left")
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def hash(self, field: str) -> bytes:
        """Take 32 bytes."""
        return self.octets(field, HASH_SIZE)

    def u8(self, field: str) -> int:
        """Take an integer 0-255."""
        return self.octets(field, 1)[0]

    def u16(self, field: str) -> int:
        """Take a big-endian integer below 2^16."""
        return int.from_bytes(self.octets(field, 2), "big")

    def u64(self, field: str) -> int:
        """Take a big-endian integer below 2^64."""
        return int.from_bytes(self.octets(field, 8), "big")

    def flag(self, field: str) -> bool:
        """Take a boolean: 00 or 01, anything else is refused."""
        value = self.u8(field)
        if value > 1:
            raise DecodeError(f"{field}: {value} is neither 0 nor 1")
        return value == 1

    def text(self, field: str) -> str:
        """Take a one-byte length and that many bytes of UTF-8."""
        taken = self.octets(field, self.u8(field))
        try:
            return taken.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(f"{field}: not UTF-8 at byte {error.start}") from None


class Writer:
    """Collects bytes. Values were checked when their dataclass was made."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = bytearray()

    def octets(self, data: bytes) -> Writer:
        """Append bytes as they are."""
        self._data += data
        return self

    def u8(self, value: int) -> Writer:
        """Append an integer 0-255."""
        return self.octets(value.to_bytes(1, "big"))

    def u16(self, value: int) -> Writer:
        """Append an integer below 2^16, big-endian."""
        return self.octets(value.to_bytes(2, "big"))

    def u64(self, value: int) -> Writer:
        """Append an integer below 2^64, big-endian."""
        return self.octets(value.to_bytes(8, "big"))

    def text(self, value: str) -> Writer:
        """Append the length in bytes and the UTF-8."""
        data = value.encode("utf-8")
        return self.u8(len(data)).octets(data)

    def bytes(self) -> bytes:
        """Return what was written."""
        return bytes(self._data)


def check_integer(field: str, value: object, maximum: int = U64_MAX) -> None:
    """Raise EncodeError unless the value is a whole number in 0..maximum (booleans are not)."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
        raise EncodeError(f"{field} must be a whole number from 0 to {maximum}")


def check_octets(field: str, value: object, size: int = HASH_SIZE) -> None:
    """Raise EncodeError unless the value is exactly `size` bytes."""
    if not isinstance(value, bytes) or len(value) != size:
        raise EncodeError(f"{field} must be {size} bytes")


def check_text(field: str, value: object) -> None:
    """Raise EncodeError unless the value is text of at most 255 bytes of UTF-8."""
    if not isinstance(value, str):
        raise EncodeError(f"{field} must be text")
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise EncodeError(f"{field} holds a lone surrogate, which UTF-8 cannot carry") from None
    if size > MAX_TEXT:
        raise EncodeError(f"{field} is {size} bytes of UTF-8; the wire carries at most {MAX_TEXT}")
