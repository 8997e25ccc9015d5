"""A front door that is meant to be killed while voters commit; says where it listens.

Run by tests as `python -m tests.crash.vote_writer FOLDER URL`: a real server on a store on disk.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import uvicorn

from tests.fakes.front_house import FrontHouse, Probes
from validator.domain.clock import RandomIds, SystemClock
from validator.evidence.shelf import EvidenceShelf
from validator.services import SubmissionService
from validator.settings import Settings
from validator.store.store import open_store


def main() -> None:
    folder, url = Path(sys.argv[1]), sys.argv[2]
    settings = Settings(data_dir=folder)
    clock = SystemClock()
    ids = RandomIds(clock)
    store = open_store(url, folder, clock, ids)
    submissions = SubmissionService(store, ids, settings.limits)
    house = FrontHouse(
        settings, clock, ids, store, submissions, Probes(store), EvidenceShelf(folder)
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    os.write(1, f"http://127.0.0.1:{listener.getsockname()[1]}\n".encode())
    config = uvicorn.Config(house.app(), log_level="critical", access_log=False)
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
