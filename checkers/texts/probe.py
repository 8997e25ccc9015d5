"""What is wrong with a file that is called an image: it is decoded in the jail."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from checkers import jail
from checkers.results import cut

SECONDS: Final = 5.0
LEAST_S: Final = 0.1
_TYPES: Final = {".jpg": "jpeg"}


def image_fault(name: str, content: bytes, seconds: float) -> str | None:
    """One clause about the file, or None where nothing is wrong, or no time is left to look.

    `name` ends in the suffix of a type that `media` knows. What is too much for the jail is no
    fault: nobody can tell whose it is.
    """
    if seconds < LEAST_S:
        return None
    suffix = PurePosixPath(name).suffix.lower()
    request = {"target": f"files/{name}", "types": [_TYPES.get(suffix, suffix[1:])]}
    try:
        reply = jail.run("media", request, blobs=[content], seconds=min(SECONDS, seconds))
    except jail.JailError:
        return None
    if "fault" in reply:
        return cut(reply["fault"])
    if reply["acting"]:
        return cut(f"holds {reply['acting'][0]}")
    besides = [said for category, said in reply["extras"] if category == "polyglot"]
    return cut(besides[0]) if besides else None
