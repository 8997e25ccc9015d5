"""Serve a scripted judge by hand: `python -m tests.fakes.judges [--judge gullible] [--port N]`."""

from __future__ import annotations

import argparse
import hashlib
import signal
import threading

from tests.fakes.judges.judges import Echoing, Gullible, Honest, Judge, Noisy
from tests.fakes.judges.server import judging


def by_digest(text: str) -> int:
    """A score that says nothing about an answer: it comes of its digest."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % 101


JUDGES: dict[str, Judge] = {
    "honest": Honest(by_digest),
    "gullible": Gullible(by_digest),
    "echoing": Echoing(),
    "noisy": Noisy(by_digest),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", choices=sorted(JUDGES), default="honest")
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args()
    done = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: done.set())
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    with judging(JUDGES[chosen.judge], port=chosen.port) as server:
        print("SCRIPTED judge: its scores are made up. Set on each seat: scripted = true")
        for api in ("openai", "anthropic"):
            print(f'api = "{api}"  base_url = "{server.base_url(api)}"', flush=True)
        done.wait()


if __name__ == "__main__":
    main()
