"""Pid 1 of the fast lane's container: one room at a time, each for one submission.

It moves bytes between the host and the room's supervisor, in frames that only it can write: a
room that was taken over can speak for itself, never for the keeper or for the next room.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from typing import Final, NoReturn

from sandboxes.custody import NOT_PID_1
from sandboxes.lane import linux
from sandboxes.lane.frames import DATA, END, MAX_DATA, ROOM, FrameError, Frames, frame
from sandboxes.lane.groups import mount_groups
from sandboxes.lane.room import Room
from sandboxes.messages import OPERATOR_LIMITS

HOST_IN, HOST_OUT = 0, 1
BACKLOG: Final = 4 * 1024 * 1024
"""What may wait for a room that does not read, before the host has to wait."""
USERS_FILES: Final = ("uid_map", "gid_map")


class HostGoneError(Exception):
    """Nobody is at the other end any more."""


class RoomLostError(Exception):
    """Something happened that has no explanation: a lane is lost rather than wrong."""


class Keeper:
    """Makes rooms and passes on what is said."""

    def __init__(self) -> None:
        self._top = mount_groups()
        self._serial = 0
        self._frames = Frames(DATA + END)
        self._waiting = bytearray()  # for the room
        self._room = self._new_room()

    def _new_room(self) -> Room:
        self._serial += 1
        room = Room(self._top, self._serial, OPERATOR_LIMITS)
        os.set_blocking(room.input, False)
        _say(ROOM)
        return room

    def serve(self) -> None:
        """Pass bytes until the host goes away."""
        while True:
            wanted = {self._room.output: select.POLLIN}
            if len(self._waiting) < BACKLOG:
                wanted[HOST_IN] = select.POLLIN
            if self._waiting:
                wanted[self._room.input] = select.POLLOUT
            poll = select.poll()
            for fd, event in wanted.items():
                poll.register(fd, event)
            ready = {fd for fd, _ in poll.poll()}
            if self._room.output in ready:
                self._from_room()
            if self._room.input in ready:
                self._to_room()
            if HOST_IN in ready:
                self._from_host()

    def _from_room(self) -> None:
        data = os.read(self._room.output, MAX_DATA)
        if not data:
            # Its supervisor has said why on our common standard error.
            raise RoomLostError("the room's supervisor ended by itself")
        _say(DATA, data)

    def _to_room(self) -> None:
        try:
            del self._waiting[: os.write(self._room.input, self._waiting[:MAX_DATA])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._waiting.clear()  # its output ends too, and tells

    def _from_host(self) -> None:
        data = os.read(HOST_IN, MAX_DATA)
        if not data:
            raise HostGoneError
        for kind, payload in self._frames.feed(data):
            if kind == END:
                self._replace()
            else:
                self._waiting += payload

    def _replace(self) -> None:
        self._waiting.clear()
        self._room.end()
        self._room = self._new_room()


def _say(kind: bytes, payload: bytes = b"") -> None:
    view = memoryview(frame(kind, payload))
    while view:
        view = view[os.write(HOST_OUT, view) :]


def leave_the_container() -> None:
    """Enter a user namespace that knows the container's users, to own mounts and groups in it.

    Another process has to write its maps: who has just left has no rights where it came from.
    """
    told, tell = os.pipe()
    wait, done = os.pipe()
    writer = os.fork()
    if writer == 0:
        _write_maps(told, done)
    linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWCGROUP)
    os.write(tell, b"u")
    written = os.read(wait, 1) if _reap(writer) == 0 else b""
    for fd in (told, tell, wait, done):
        os.close(fd)
    if written != b"d":
        raise OSError("the maps of users cannot be written")
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)


def _write_maps(told: int, done: int) -> NoReturn:
    code = 1
    try:
        os.read(told, 1)
        for name in USERS_FILES:
            with open(f"/proc/self/{name}") as source:  # noqa: PTH123
                known = [line.split() for line in source]
            text = "".join(f"{first} {first} {count}\n" for first, _, count in known)
            fd = os.open(f"/proc/1/{name}", os.O_WRONLY | os.O_CLOEXEC)
            os.write(fd, text.encode())
        os.write(done, b"d")
        code = 0
    except OSError as error:
        sys.stderr.write(f"keeper: {error}\n")
    finally:
        os._exit(code)


def _reap(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    """Keep rooms until the host is gone; refuse to run anywhere but as pid 1 of a container."""
    if os.getpid() != 1:
        sys.stderr.write(f"{NOT_PID_1}\n")
        return 2
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        leave_the_container()
        # What rooms share with us they need not copy: no collection shall touch it.
        gc.collect()
        gc.freeze()
        Keeper().serve()
    except HostGoneError:
        return 0
    except (OSError, FrameError, RoomLostError) as error:
        sys.stderr.write(f"keeper: {error}\n")
        return 1
    return 0
