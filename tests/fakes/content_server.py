"""An HTTP server that answers as a test says, down to the byte, on 127.0.0.1."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

Reply = Callable[[socket.socket], None]


class ContentServer:
    """Answers each path with its reply; remembers requests and the names asked for by SNI."""

    def __init__(self, replies: Mapping[str, Reply], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.accepted = 0
        self._replies = replies
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listener.settimeout(0.05)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop, and wait for what is still being answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                self.accepted += 1
                thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _answer(self, plain: socket.socket) -> None:
        plain.settimeout(5)
        with plain, suppress(OSError):
            if self._tls is None:
                self._reply_on(plain)
            else:
                with self._tls.wrap_socket(plain, server_side=True) as connection:
                    self._reply_on(connection)

    def _reply_on(self, connection: socket.socket) -> None:
        request = b""
        # What does not begin as HTTP is answered at once, as servers do.
        while (
            request[:1] in b"G" and b"\r\n\r\n" not in request and (data := connection.recv(65536))
        ):
            request += data
        self.requests.append(request)
        path = request.split(b" ")[1].decode("latin-1") if b" " in request else ""
        self._replies.get(path, answer(b"", status="404 Not Found"))(connection)


@contextmanager
def serving(
    replies: Mapping[str, Reply], tls: ssl.SSLContext | None = None
) -> Iterator[ContentServer]:
    """Run a server for a while."""
    server = ContentServer(replies, tls)
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Reply:
    """A whole answer. `length` is what it says of itself; negative: nothing."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, *([f"Content-Length: {said}"] if said >= 0 else [])]
    sent = "\r\n".join([*lines, "", ""]).encode() + body
    return lambda connection: connection.sendall(sent)


def redirect(location: str) -> Reply:
    """A redirect."""
    return answer(b"", f"Location: {location}", status="302 Found")


def endless(
    piece: bytes,
    *headers: str,
    pause: float = 0.0,
    status: str = "200 OK",
    ends_head: bool = True,
) -> Reply:
    """An answer that repeats a piece, of body or head, until the other end is gone."""

    def reply(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", *headers, *([""] if ends_head else []), ""]
        connection.sendall("\r\n".join(lines).encode())
        waiting = threading.Event()
        while True:
            connection.sendall(piece)
            waiting.wait(pause)

    return reply
