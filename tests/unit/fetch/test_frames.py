from __future__ import annotations

import json
import socket
import struct
import time
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given

from validator.fetch.client import _failure
from validator.fetch.frames import MAX_FRAME, Failure, FrameError, Frames, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Frames]]:
    child, parent = socket.socketpair()
    with child, parent:
        yield child, Frames(parent)


def test_frames_come_as_they_were_sent(ends: tuple[socket.socket, Frames]) -> None:
    child, parent = ends
    for kind, data in ((Kind.DATA, b"abc"), (Kind.END, b""), (Kind.DATA, bytes(1000))):
        Frames(child).send(kind, data)
        assert parent.receive(time.monotonic() + 5) == (kind, data)


def test_a_frame_in_pieces_is_put_together(ends: tuple[socket.socket, Frames]) -> None:
    child, parent = ends
    for byte in b"D\x00\x00\x00\x03abcE\x00\x00\x00\x00":
        child.sendall(bytes([byte]))

    assert parent.receive(time.monotonic() + 5) == (Kind.DATA, b"abc")
    assert parent.receive(time.monotonic() + 5) == (Kind.END, b"")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"D" + struct.pack(">I", MAX_FRAME + 1), "too long"),
        (b"D\xff\xff\xff\xff", "too long"),
        (b"?\x00\x00\x00\x00", "no known kind"),
        (b"D\x00\x00\x00\x05abc", "gone"),
        (b"D\x00", "gone"),
        (b"", "gone"),
    ],
)
def test_what_is_no_frame_is_refused(
    ends: tuple[socket.socket, Frames], sent: bytes, said: str
) -> None:
    child, parent = ends
    child.sendall(sent)
    child.shutdown(socket.SHUT_RDWR)
    with pytest.raises(FrameError, match=said):
        parent.receive(time.monotonic() + 5)


def test_waiting_ends_at_the_moment_that_was_named(ends: tuple[socket.socket, Frames]) -> None:
    _, parent = ends
    with pytest.raises(TimeoutError):
        parent.receive(time.monotonic() + 0.05)
    with pytest.raises(TimeoutError):
        parent.receive(time.monotonic() - 1)


def test_a_frame_that_is_too_long_is_not_sent(ends: tuple[socket.socket, Frames]) -> None:
    with pytest.raises(FrameError, match="too long"):
        ends[1].send(Kind.DATA, bytes(MAX_FRAME + 1))


def test_a_failure_is_one_of_the_closed_list() -> None:
    failed = _failure(json.dumps({"failure": "status", "status": 503}).encode())

    assert (failed.failure, failed.status) == (Failure.STATUS, 503)


@given(
    st.binary()
    | st.text().map(lambda text: json.dumps({"failure": text, "status": 1}).encode())
    | st.sampled_from([b"null", b"{}", b"[" * 100_000, b'{"failure":"status","status":[]}'])
)
def test_words_of_the_childs_own_are_never_taken(data: bytes) -> None:
    with pytest.raises(FrameError, match="no failure that there is"):
        _failure(data)
