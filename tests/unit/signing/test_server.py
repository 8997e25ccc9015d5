"""The socket: who may come in, and who holds up whom."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import struct
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from validator.errors import ConfigurationError, SignerUnavailableError
from validator.signing import server as module
from validator.signing.client import SignerClient
from validator.signing.frames import LENGTH, MAX_FRAME, frame
from validator.signing.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: the name of a socket has at most 107 bytes."""
    folder = Path(tempfile.mkdtemp())
    yield folder / "s.sock"
    shutil.rmtree(folder)


def echo(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content


@contextlib.contextmanager
def serving(place: Path) -> Iterator[Server]:
    made = Server(place, echo)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join(5)
        made.close()


def dial(place: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(5)
    made.connect(str(place))
    return made


def take(connection: socket.socket, count: int) -> bytes:
    come = b""
    while len(come) < count:
        more = connection.recv(count - len(come))
        if not more:
            break
        come += more
    return come


def test_the_socket_is_its_owners_alone_and_goes_with_the_server(place: Path) -> None:
    with serving(place):
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert not place.exists()


def test_several_requests_go_over_one_connection_also_at_once(place: Path) -> None:
    with serving(place), dial(place) as client:
        for _ in range(3):
            client.sendall(echo(b"one"))
            assert take(client, 7) == echo(b"one")
        client.sendall(echo(b"two") + echo(b"three") + echo(b"four")[:5])
        assert take(client, 16) == echo(b"two") + echo(b"three")
        client.sendall(echo(b"four")[5:])
        assert take(client, 8) == echo(b"four")


def test_a_client_that_takes_nothing_holds_up_nobody(place: Path) -> None:
    with serving(place), dial(place) as slow, dial(place) as half, dial(place) as quick:
        slow.sendall(echo(b"x" * 4_000_000))  # and never reads the answer
        half.sendall(LENGTH.pack(100) + b"y")
        start = time.monotonic()
        for _ in range(20):
            quick.sendall(echo(b"quick"))
            assert take(quick, 9) == echo(b"quick")
        assert time.monotonic() - start < 5


def test_a_slow_client_is_dropped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_S", 0.3)
    with serving(place), dial(place) as half, dial(place) as idle:
        half.sendall(LENGTH.pack(100) + b"y")
        assert half.recv(1) == b""
        idle.sendall(echo(b"an idle connection stays"))
        assert take(idle, 28) == echo(b"an idle connection stays")


def test_a_length_over_the_cap_ends_the_connection_before_anything_is_kept(place: Path) -> None:
    with serving(place), dial(place) as client:
        client.sendall(LENGTH.pack(MAX_FRAME + 1))
        assert client.recv(1) == b""


def test_there_are_only_so_many_connections(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 2)
    with serving(place), dial(place) as one, dial(place) as two:
        for client in (one, two):
            client.sendall(echo(b"a"))
            assert take(client, 5) == echo(b"a")
        with dial(place) as third:
            assert third.recv(1) == b""


class Stranger(socket.socket):
    """A connection whose other end the kernel says to be another user's."""

    uid = os.geteuid() + 1

    def getsockopt(self, *of: int) -> bytes:  # type: ignore[override]
        assert of == (socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.pack("iII", 1, self.uid, 0)


def test_another_user_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = socket.socket.accept

    def accept(listener: socket.socket) -> tuple[socket.socket, object]:
        connection, name = accepted(listener)
        return Stranger(fileno=connection.detach()), name

    with serving(place):
        monkeypatch.setattr(socket.socket, "accept", accept)
        with dial(place) as client:
            assert client.recv(1) == b""
        monkeypatch.setattr(Stranger, "uid", 0)
        with dial(place) as root:
            root.sendall(echo(b"a"))
            assert take(root, 5) == echo(b"a")


def test_the_socket_of_a_dead_signer_is_replaced_and_nothing_else_is(place: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(place))
    left.close()
    with serving(place), dial(place) as client:
        client.sendall(echo(b"a"))
        assert take(client, 5) == echo(b"a")
    place.write_text("somebody's file")
    with pytest.raises(ConfigurationError, match="no socket"):
        Server(place, echo)
    with pytest.raises(ConfigurationError, match="longer than"):
        Server(place.parent / ("x" * 120), echo)
    with pytest.raises(ConfigurationError, match="cannot be made"):
        Server(place.parent / "nowhere" / "s", echo)


def test_a_client_says_in_one_sentence_what_is_wrong(place: Path) -> None:
    with pytest.raises(SignerUnavailableError, match="no signer answers"):
        SignerClient(place)
    with serving(place) as made:
        made._answer = lambda _: frame({"neither": 1})
        with (
            pytest.raises(SignerUnavailableError, match="another form"),
            SignerClient(place) as one,
        ):
            one.status()
        made._answer = lambda _: LENGTH.pack(4) + b"nope"
        with (
            pytest.raises(SignerUnavailableError, match="did not answer"),
            SignerClient(place) as one,
        ):
            one.status()
        made._answer = lambda _: LENGTH.pack(2**31)
        with (
            pytest.raises(SignerUnavailableError, match="did not answer"),
            SignerClient(place) as one,
        ):
            one.status()
