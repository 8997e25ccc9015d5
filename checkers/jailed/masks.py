"""Masking what silences analyzers, inside the jail: the comments of an answer are hostile text."""

from __future__ import annotations

from typing import Any

from checkers.static import encodings
from checkers.static.suppressions import neutral


def warm() -> None:
    """Load what a source's encoding may need."""
    encodings.warm()


def mask(request: dict[str, Any], *sources: bytes) -> dict[str, Any]:
    """Return `{"changed": [null or text, ...]}` or `{"odd": n}`, by the order of the sources.

    `request` is `{"language": name}`. Null stands for a source in which nothing was masked; a text
    holds one character for each byte (ISO 8859-1). `odd` is the first source in an encoding that
    could hide a comment.
    """
    language = request["language"]
    odd = next((n for n, one in enumerate(sources) if encodings.is_odd(one, language)), None)
    if odd is not None:
        return {"odd": odd}
    masked = [neutral(source, language) for source in sources]
    changed = [
        None if new == old else new.decode("latin-1")
        for old, new in zip(sources, masked, strict=True)
    ]
    return {"changed": changed}
