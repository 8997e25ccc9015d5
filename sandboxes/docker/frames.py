"""How host and keeper talk: frames around the bytes of a room, which only these two can write.

The keeper's half is `sandboxes/supervisor/lane/frames.rs`.
"""

from __future__ import annotations

import struct
from typing import Final

FRAME: Final = struct.Struct(">cI")
DATA, END, ROOM = b"D", b"E", b"R"
"""Bytes for or from a room; end the room and make the next; a new room stands."""
MAX_DATA: Final = 64 * 1024


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """Return one frame; the payload is at most MAX_DATA bytes."""
    return FRAME.pack(kind, len(payload)) + payload


class FrameError(Exception):
    """The other end does not speak in frames."""


class Frames:
    """Turns a stream of bytes, cut anywhere, into frames of the kinds that are expected."""

    def __init__(self, kinds: bytes) -> None:
        self._kinds = kinds
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Take more bytes and return kind and payload of the frames that are complete."""
        self._buffer += data
        found = []
        while len(self._buffer) >= FRAME.size:
            kind, size = FRAME.unpack_from(self._buffer)
            if kind not in self._kinds or size > MAX_DATA:
                raise FrameError(f"a frame of kind {kind!r} and {size} bytes")
            end = FRAME.size + size
            if len(self._buffer) < end:
                break
            found.append((kind, bytes(self._buffer[FRAME.size : end])))
            del self._buffer[:end]
        return found
