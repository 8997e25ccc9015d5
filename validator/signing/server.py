"""The signer's door: a Unix socket for its own account, one thread, and no waiting for anybody.

Requests are answered one after the other. A client that stops in the middle of a message, or does
not take its answer, is dropped; until then it holds up nobody.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import stat
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from validator.errors import ConfigurationError, TooLargeError
from validator.signing.frames import LENGTH, length_of
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

CONNECTIONS: Final = 64
SLOW_S: Final = 10.0
"""A begun message or a waiting answer must be through in this time."""
BACKLOG: Final = 64
TICK_S: Final = 0.2
MODE: Final = 0o600
MAX_PATH: Final = 107
"""Bytes of a Unix socket's name (unix(7))."""
_CHUNK: Final = 256 * 1024
_CREDENTIALS: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid
_ROOT: Final = 0


class _Client:
    """One connection: what has come of a message, and what is left of an answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.come = bytearray()
        self.left = memoryview(b"")
        self.since = 0.0  # when the message began, or the answer was ready

    def take_message(self) -> bytes | None:
        """Return the first whole message. Raises TooLargeError for one over the cap."""
        if len(self.come) < LENGTH.size:
            return None
        end = LENGTH.size + length_of(bytes(self.come[: LENGTH.size]))
        if len(self.come) < end:
            return None
        content = bytes(self.come[LENGTH.size : end])
        del self.come[:end]
        return content

    @property
    def is_waiting(self) -> bool:
        """Whether it owes us the rest of a message, or the reading of an answer."""
        return bool(self.come) or bool(self.left)


class Server:
    """Listens until `close`; `answer` turns a message into the bytes of a framed answer."""

    def __init__(self, path: Path, answer: Callable[[bytes], bytes]) -> None:
        """Take the place at `path`, which nobody else serves: the caller owns the history.

        Raises ConfigurationError when something else lies there, or the name is too long.
        """
        self._path = path
        self._answer = answer
        self._listener = _listen(path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: set[_Client] = set()
        self._stopped = False

    def stop(self) -> None:
        """Let `run` return after the request that is being answered; safe in a signal handler."""
        self._stopped = True

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._stopped:
            for key, _ in self._selector.select(TICK_S):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._serve(key.data)
            self._drop_slow()

    def close(self) -> None:
        """Hang up, and remove the socket."""
        for client in list(self._clients):
            self._drop(client)
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # a client that left already, or no descriptor is free
            log.warning("a connection was not accepted: %s", error.strerror)
            return
        if not _may_speak(connection) or len(self._clients) >= CONNECTIONS:
            connection.close()
            return
        connection.setblocking(False)
        client = _Client(connection)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _serve(self, client: _Client) -> None:
        try:
            if client.left:
                self._send(client)
            elif not self._receive(client):
                self._drop(client)
                return
            self._answer_next(client)
        except BlockingIOError:
            return
        except (OSError, TooLargeError) as error:
            log.info("a client is dropped: %s", plain(str(error)))
            self._drop(client)

    def _receive(self, client: _Client) -> bool:
        """Take what has come; False at the end."""
        content = client.connection.recv(_CHUNK)
        if not client.come:
            client.since = time.monotonic()
        client.come += content
        return bool(content)

    def _answer_next(self, client: _Client) -> None:
        """Answer one message; a client with an answer to read is not listened to."""
        if client.left:
            return
        message = client.take_message()
        if message is not None:
            client.left = memoryview(self._answer(message))
            client.since = time.monotonic()
            self._selector.modify(client.connection, selectors.EVENT_WRITE, client)

    def _send(self, client: _Client) -> None:
        sent = client.connection.send(client.left)
        client.left = client.left[sent:]
        if not client.left:
            client.since = time.monotonic()
            self._selector.modify(client.connection, selectors.EVENT_READ, client)

    def _drop_slow(self) -> None:
        now = time.monotonic()
        for client in list(self._clients):
            if client.is_waiting and now - client.since > SLOW_S:
                self._drop(client)

    def _drop(self, client: _Client) -> None:
        self._clients.discard(client)
        with suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()


def _may_speak(connection: socket.socket) -> bool:
    """Whether the other end is our own account, or root (SO_PEERCRED, unix(7))."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid = _CREDENTIALS.unpack(raw)[1]
    if uid in (_ROOT, os.geteuid()):
        return True
    log.warning("a connection of user %d was refused", uid)
    return False


def _listen(path: Path) -> socket.socket:
    name = plain(str(path))
    if len(os.fsencode(path)) > MAX_PATH:
        raise ConfigurationError(
            f"data_dir: {name} is longer than the {MAX_PATH} bytes of a socket"
        )
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~MODE)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"data_dir: {name} cannot be made: {error.strerror}") from None
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener


def _clear(path: Path) -> None:
    """Remove the socket of a signer that died: its history is ours, so it lives no more."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigurationError(f"data_dir: {plain(str(path))} is no socket; move it away")
        path.unlink()
