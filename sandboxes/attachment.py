"""The byte stream to a container's supervisor, with a deadline on every read and write.

The engine wraps what the container writes into frames of its own: a stream number, three zero
bytes, a length. stdout is the supervisor's; of stderr only the end is kept, for the operator.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import suppress

from sandboxes.protocol import SandboxError
from sandboxes.wire import Decoder, Message, WireError

ENGINE_HEADER = struct.Struct(">BxxxI")
STDOUT, STDERR = 1, 2
CHUNK = 262_144
STDERR_KEPT = 1000


class LostError(SandboxError):
    """The supervisor is gone, silent, or not itself."""


class Attachment:
    """Messages to and from one supervisor."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._decoder = Decoder()
        self._messages: list[Message] = []
        self._buffer = bytearray()
        self._stream, self._left = 0, 0
        self._stderr = bytearray()

    def send(self, message: Message, deadline: float) -> None:
        """Write a message, or raise LostError when that takes too long."""
        view = memoryview(message.encode())
        while view:
            self._wait(select.POLLOUT, deadline)
            try:
                view = view[self._socket.send(view[:CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._lost("the supervisor's stream broke") from error

    def receive(self, deadline: float) -> Message:
        """Return the next message, or raise LostError."""
        while not self._messages:
            self._wait(select.POLLIN, deadline)
            try:
                data = self._socket.recv(CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._lost("the supervisor's stream broke") from error
            if not data:
                raise self._lost("the sandbox ended before its answer")
            self._take(data)
        return self._messages.pop(0)

    def _take(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer:
            if not self._left:
                if len(self._buffer) < ENGINE_HEADER.size:
                    return
                self._stream, self._left = ENGINE_HEADER.unpack_from(self._buffer)
                del self._buffer[: ENGINE_HEADER.size]
            part = bytes(self._buffer[: self._left])
            del self._buffer[: self._left]
            self._left -= len(part)
            self._sort(part)

    def _sort(self, part: bytes) -> None:
        if self._stream == STDERR:
            self._stderr = (self._stderr + part)[-STDERR_KEPT:]
            return
        try:
            self._messages += self._decoder.feed(part)
        except WireError as error:
            raise self._lost(f"the supervisor broke the protocol ({error})") from error

    def _wait(self, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise self._lost("the supervisor did not answer in time")

    def _lost(self, reason: str) -> LostError:
        said = self._stderr.decode(errors="replace").strip()
        return LostError(f"{reason}: {said}" if said else reason)

    def shut(self) -> None:
        """End the stream; a thread that waits on it wakes up with LostError."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the descriptor back; nobody may be waiting on it any more."""
        self._socket.close()
