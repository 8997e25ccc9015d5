"""Child side of `checkers.jail`: load the parser, give up everything, then read hostile bytes."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

from checkers.jailed.confine import confine

if TYPE_CHECKING:
    from collections.abc import Callable

# Every module that the work needs must be loaded before `confine`: afterwards no file opens.
WORKS = {
    "audit": ("checkers.audit.judging", "judge"),
    "report": ("checkers.jailed.report", "read_report"),
    "text": ("checkers.jailed.text", "judge"),
    "media": ("checkers.jailed.media", "judge"),
    "table": ("checkers.jailed.table", "judge"),
    "schema": ("checkers.jailed.schema", "judge"),
    "math": ("checkers.math.compare", "judge"),
}


def main() -> None:
    """Serve one request."""
    message = json.loads(sys.stdin.buffer.readline())
    blobs = [sys.stdin.buffer.read(length) for length in message["blobs"]]
    module, name = WORKS[message["work"]]
    work: Callable[..., Any] = getattr(importlib.import_module(module), name)
    confine(message["seconds"])
    reply = json.dumps(work(message["request"], *blobs))
    sys.stdout.buffer.write(reply.encode())
    sys.stdout.buffer.flush()


main()
