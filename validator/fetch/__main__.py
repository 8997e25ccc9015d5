"""The fetcher: `python -m validator.fetch`, started by `validator.fetch.client` alone.

Standard input is one end of a socket pair; there is no other descriptor, no argument, and nothing
in the environment. It ends when its parent does.
"""

from __future__ import annotations

import codecs
import json
import os
import socket
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.fetch.exchange import Web, trust
from validator.fetch.files import read_file
from validator.fetch.frames import (
    MAX_FRAME,
    Failure,
    FetchFailedError,
    FrameError,
    Frames,
    Kind,
)
from validator.fetch.lockdown import lock_down
from validator.fetch.network import Deadline
from validator.fetch.policy import Policy, WebTarget

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass(frozen=True, slots=True)
class Server:
    """Answers one request after the other."""

    policy: Policy
    web: Web
    root: int | None
    """Descriptor of the folder for `file:`, opened while that was still possible."""

    def serve(self, frames: Frames) -> None:
        """Answer requests until the parent is gone. Raises FrameError at the end."""
        while True:
            kind, data = frames.receive()
            if kind is not Kind.REQUEST:
                raise FrameError("no request")
            self.answer(frames, **json.loads(data))

    def answer(self, frames: Frames, uri: str, max_bytes: int, seconds: float) -> None:
        """Send the content's pieces and an end, or a failure."""
        deadline = Deadline(time.monotonic() + seconds)
        try:
            with closing(self._pieces(uri, max_bytes, deadline)) as pieces:
                for piece in pieces:
                    for start in range(0, len(piece), MAX_FRAME):
                        frames.send(Kind.DATA, piece[start : start + MAX_FRAME])
        except FetchFailedError as failed:
            said = {"failure": failed.failure.value, "status": failed.status}
            frames.send(Kind.FAILED, json.dumps(said).encode())
        else:
            frames.send(Kind.END)

    def _pieces(self, uri: str, limit: int, deadline: Deadline) -> Generator[bytes, None, None]:
        target = self.policy.target(uri)
        if isinstance(target, WebTarget):
            yield from self.web.fetch(target, limit, deadline)
        elif self.root is not None:
            yield from read_file(self.root, target.parts, limit)
        else:
            raise FetchFailedError(Failure.NOT_FOUND)


def main() -> None:
    """Take the policy, give up everything else, and serve."""
    frames = Frames(socket.socket(fileno=sys.stdin.fileno()))
    with suppress(FrameError):
        _, data = frames.receive()
        policy = Policy.from_json(data)
        root = None
        if policy.file_root is not None:
            with suppress(OSError):
                root = os.open(policy.file_root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        server = Server(policy, Web(policy, trust(policy.authorities)), root)
        codecs.lookup("idna")  # what names are spelled with, loaded while its file can be read
        lock_down()
        frames.send(Kind.READY)
        server.serve(frames)


if __name__ == "__main__":
    main()
