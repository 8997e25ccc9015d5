"""Typed reading of one JSON value of a node's reply. Every fault names the field, never the value.

`InvalidReplyError` stays in this room: the client turns it into ChainUnreadableError.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Final

from validator.wire.tos import DecodeError, PublicKey, key_from_json
from validator.wire.tos.octets import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ITEMS: Final = 65_536
"""Of any list. Far more than the chain has; the cap on bytes is nearer for most."""
MAX_NUMBER: Final = 2**62
"""Of heights, times, nonces and amounts: far above any that can be on the chain (there are 184
million coins of 10^8 units), and two of them added fit a column of a database."""
MAX_TEXT: Final = 255
"""Bytes of a text on the wire (protocol note, section 1)."""
_HEX: Final = frozenset(string.hexdigits)


class InvalidReplyError(Exception):
    """A value that is none; the sentence names the field."""


class TooManyItemsError(InvalidReplyError):
    """A list that is longer than our cap."""


class Fields:
    """One JSON object. Members that nobody asks for are no fault: nodes of other versions differ.

    Every method raises InvalidReplyError.
    """

    def __init__(self, value: object, path: str = "result") -> None:
        if not isinstance(value, dict):
            raise InvalidReplyError(f"{path} must be an object")
        self._values: dict[str, Any] = value
        self._path = path

    def at(self, name: str) -> str:
        """Return a member's name for sentences."""
        return f"{self._path}.{name}"

    def get(self, name: str) -> object:
        """Return a member."""
        if name not in self._values:
            raise InvalidReplyError(f"{self.at(name)} is missing")
        return self._values[name]

    def has(self, name: str) -> bool:
        """Whether a member is there."""
        return name in self._values

    def integer(self, name: str, most: int = MAX_NUMBER) -> int:
        """Return a whole number from 0 to `most`."""
        return integer(self.get(name), self.at(name), most)

    def optional(self, name: str, most: int = MAX_NUMBER) -> int | None:
        """Return a whole number from 0 to `most`, or None for null."""
        return None if self.get(name) is None else self.integer(name, most)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.get(name)
        if not isinstance(value, bool):
            raise InvalidReplyError(f"{self.at(name)} must be true or false")
        return value

    def word(self, name: str, words: Iterable[str]) -> str:
        """Return one of some words."""
        value = self.get(name)
        if not isinstance(value, str) or value not in words:
            raise InvalidReplyError(f"{self.at(name)} is none of the words that there are")
        return value

    def text(self, name: str) -> str:
        """Return text of at most 255 bytes of UTF-8."""
        value = self.get(name)
        if not isinstance(value, str) or len(value.encode()) > MAX_TEXT:
            raise InvalidReplyError(f"{self.at(name)} must be text of at most {MAX_TEXT} bytes")
        return value

    def hash(self, name: str) -> bytes:
        """Return 32 bytes."""
        return hash_of(self.get(name), self.at(name))

    def optional_hash(self, name: str) -> bytes | None:
        """Return 32 bytes, or None for null."""
        return None if self.get(name) is None else self.hash(name)

    def key(self, name: str) -> PublicKey:
        """Return a key that is shown as 32 numbers."""
        try:
            return key_from_json(self.get(name), self.at(name))
        except DecodeError as error:
            raise InvalidReplyError(str(error)) from None

    def items(self, name: str) -> list[object]:
        """Return a list of at most 65 536."""
        return items(self.get(name), self.at(name))


def integer(value: object, path: str, most: int = MAX_NUMBER) -> int:
    """Return a whole number from 0 to `most`. Raises InvalidReplyError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise InvalidReplyError(f"{path} must be a whole number from 0 to {most}")
    return value


def hash_of(value: object, path: str) -> bytes:
    """Return the 32 bytes of 64 hex digits. Raises InvalidReplyError."""
    if not isinstance(value, str) or len(value) != 2 * HASH_SIZE or not _HEX.issuperset(value):
        raise InvalidReplyError(f"{path} must be 64 hex digits")
    return bytes.fromhex(value)


def items(value: object, path: str, most: int = MAX_ITEMS) -> list[object]:
    """Return a list of at most so many. Raises InvalidReplyError, TooManyItemsError for more."""
    said = f"{path} must be a list of at most {most}"
    if not isinstance(value, list):
        raise InvalidReplyError(said)
    if len(value) > most:
        raise TooManyItemsError(said)
    return value
