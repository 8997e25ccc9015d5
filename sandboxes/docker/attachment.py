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

from sandboxes.docker.frames import DATA, END, MAX_DATA, ROOM, FrameError, Frames, frame
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
        self._unsaid = b""

    def send(self, message: Message, deadline: float) -> None:
        """Write a message, or raise LostError when that takes too long."""
        self._write(self._wrapped(message), deadline)

    def say_with_the_next(self, message: Message) -> None:
        """Write a message together with the one that is sent next, or before reading."""
        self._unsaid += self._wrapped(message)

    def _wrapped(self, message: Message) -> bytes:
        """Return a message's bytes as they go over the stream."""
        return message.encode()

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(self._unsaid + data)
        self._unsaid = b""
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
        if self._unsaid:
            self._write(b"", deadline)
        while not self._messages:
            self._read(deadline)
        return self._messages.pop(0)

    def _read(self, deadline: float) -> None:
        """Take what comes next, or raise LostError."""
        data = self.next_bytes(deadline)
        if not data:
            raise self._lost("the sandbox ended before its answer")
        self._take(data)

    def next_bytes(self, deadline: float) -> bytes:
        """Return the next bytes as the engine frames them, none at the end; or raise LostError."""
        while True:
            self._wait(select.POLLIN, deadline)
            try:
                return self._socket.recv(CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._lost("the supervisor's stream broke") from error

    def waits_to_be_read(self) -> bool:
        """True when the other end has spoken and nobody has read it yet. For any thread."""
        poll = select.poll()
        try:
            poll.register(self._socket, select.POLLIN)
            return any(event & select.POLLIN for _, event in poll.poll(0))
        except (OSError, ValueError):  # closed meanwhile
            return False

    def stands(self) -> bool:
        """True while the stream has not ended; for a stream that owes us nothing."""
        poll = select.poll()
        try:
            poll.register(self._socket, select.POLLIN | select.POLLRDHUP)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

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
        self._hear(part)

    def _hear(self, part: bytes) -> None:
        """Take bytes of the supervisor."""
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


class LaneAttachment(Attachment):
    """Messages to and from the supervisors of a lane's rooms, one room after the other.

    The keeper frames what a room says, so that no room can speak for the next one.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self._frames = Frames(DATA + ROOM)
        self._stands = False

    def _wrapped(self, message: Message) -> bytes:
        data = memoryview(message.encode())
        parts = (bytes(data[at : at + MAX_DATA]) for at in range(0, len(data), MAX_DATA))
        return b"".join(frame(DATA, part) for part in parts)

    def await_room(self, deadline: float) -> None:
        """Wait until a room stands; what was heard before it is forgotten."""
        while not self._stands:
            self._read(deadline)

    def leave_room(self, deadline: float) -> None:
        """Have the keeper end the room and make the next one."""
        self._stands = False
        self._unsaid = b""
        self._write(frame(END), deadline)

    def _hear(self, part: bytes) -> None:
        try:
            found = self._frames.feed(part)
        except FrameError as error:
            raise self._lost(f"the keeper broke the protocol ({error})") from error
        for kind, payload in found:
            if kind == ROOM:
                self._stands = True
                self._messages.clear()
                self._decoder = Decoder()
            elif self._stands:
                super()._hear(payload)
