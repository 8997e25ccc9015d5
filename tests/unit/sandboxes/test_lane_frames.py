"""The keeper's frames: any stream, cut anywhere, and no room speaks for the keeper."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandboxes.docker.attachment import ENGINE_HEADER, STDERR, STDOUT, LaneAttachment, LostError
from sandboxes.docker.frames import DATA, END, MAX_DATA, ROOM, FrameError, Frames, frame
from sandboxes.wire import Message

KINDS = DATA + END + ROOM


@given(
    st.lists(st.tuples(st.sampled_from([DATA, END, ROOM]), st.binary(max_size=300)), max_size=8),
    st.lists(st.integers(1, 50), max_size=20),
)
def test_frames_come_back_however_the_stream_is_cut(
    frames: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(frame(kind, payload) for kind, payload in frames)
    reader, found, at = Frames(KINDS), [], 0
    for cut in cuts:
        found += reader.feed(stream[at : at + cut])
        at += cut
    found += reader.feed(stream[at:])

    assert found == frames


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_in_another_way(data: bytes) -> None:
    with contextlib.suppress(FrameError):
        Frames(DATA).feed(data)


def test_an_oversized_frame_is_refused_before_it_is_read() -> None:
    head = frame(DATA, b"")[:1] + (MAX_DATA + 1).to_bytes(4, "big")
    with pytest.raises(FrameError, match="65537 bytes"):
        Frames(DATA).feed(head)


def engine(stream: int, data: bytes) -> bytes:
    return ENGINE_HEADER.pack(stream, len(data)) + data


def soon() -> float:
    return time.monotonic() + 2


@pytest.fixture
def ends() -> tuple[LaneAttachment, socket.socket]:
    ours, theirs = socket.socketpair()
    return LaneAttachment(ours), theirs


def said(message: Message) -> bytes:
    return frame(DATA, message.encode())


def test_what_an_old_room_said_is_never_heard_in_the_next(
    ends: tuple[LaneAttachment, socket.socket],
) -> None:
    attachment, keeper = ends
    forged = Message("ready", {"version": 2, "program_kb": 0})
    # A room that was taken over leaves a message, half a message, and a frame of the keeper's.
    left = said(forged) + frame(DATA, forged.encode()[:7]) + frame(DATA, frame(ROOM))
    keeper.sendall(engine(STDOUT, frame(ROOM) + left))
    attachment.await_room(soon())
    attachment.leave_room(soon())
    keeper.sendall(engine(STDOUT, left + frame(ROOM) + said(Message("ready", {"mine": True}))))
    attachment.await_room(soon())

    assert attachment.receive(soon()).fields == {"mine": True}
    with pytest.raises(LostError, match="in time"):
        attachment.receive(time.monotonic() + 0.05)
    assert keeper.recv(100) == frame(END)
    attachment.close()
    keeper.close()


def test_a_long_message_goes_out_in_frames(ends: tuple[LaneAttachment, socket.socket]) -> None:
    attachment, keeper = ends
    message = Message("put", {"files": ["a"]}, [b"x" * (3 * MAX_DATA)])
    heard = bytearray()
    whole = sum(len(payload) + 5 for payload in _cut(message.encode()))

    def read() -> None:
        while len(heard) < whole:
            heard.extend(keeper.recv(65536))

    thread = threading.Thread(target=read)
    thread.start()
    attachment.send(message, soon())
    thread.join(5)

    found = Frames(DATA).feed(bytes(heard))
    assert b"".join(payload for _, payload in found) == message.encode()
    assert {kind for kind, _ in found} == {DATA}
    attachment.close()
    keeper.close()


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + MAX_DATA] for at in range(0, len(data), MAX_DATA)]


def test_a_keeper_that_breaks_the_protocol_is_lost(
    ends: tuple[LaneAttachment, socket.socket],
) -> None:
    attachment, keeper = ends
    keeper.sendall(engine(STDERR, b"room: no room\n") + engine(STDOUT, frame(END)))
    with pytest.raises(LostError, match=r"broke the protocol.*room: no room"):
        attachment.await_room(soon())
    attachment.close()
    keeper.close()
