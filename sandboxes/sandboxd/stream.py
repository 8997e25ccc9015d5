"""Messages over a connected Unix socket, for `sandboxd` and its clients."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from sandboxes.wire import Decoder, Message, WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandboxes.wire import Json

CHUNK = 262_144


class Stream:
    """One end of a connection. One thread may send while another receives."""

    def __init__(self, connection: socket.socket, timeout: float | None) -> None:
        self._socket = connection
        self._socket.settimeout(timeout)
        self._decoder = Decoder()
        self._messages: list[Message] = []

    def limit(self, timeout: float | None) -> None:
        """Set how long one send or receive may take."""
        self._socket.settimeout(timeout)

    def send(self, message: Message) -> None:
        """Write a message; OSError when the other end is gone or does not read."""
        self._socket.sendall(message.encode())

    def say(self, kind: str, fields: Mapping[str, Json] | None = None) -> None:
        """Write a message without bytes."""
        self.send(Message(kind, fields))

    def receive(self) -> Message | None:
        """Return the next message, or None when the other end has closed."""
        while not self._messages:
            data = self._socket.recv(CHUNK)
            if not data:
                if not self._decoder.idle:
                    raise WireError("the stream ended within a message")
                return None
            self._messages += self._decoder.feed(data)
        return self._messages.pop(0)

    def shut(self) -> None:
        """End the connection both ways; whoever waits on it wakes up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection and give the descriptor back."""
        self.shut()
        self._socket.close()
