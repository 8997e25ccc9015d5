"""Images, decoded whole: what is one by its first bytes only is none. Call it in the jail only."""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, UnidentifiedImageError

MAX_PIXELS: Final = 50_000_000
"""Of all frames together; a kilobyte of PNG may claim billions."""

MAX_FRAMES: Final = 500
_FORMATS: Final = {"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP"}
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL: Final = 66_000  # the end record and its longest comment


class MediaError(ValueError):
    """The file is not what it claims; the message says why."""


def warm() -> None:
    """Load all decoders; call before the jail closes."""
    Image.init()
    Image.MAX_IMAGE_PIXELS = None  # counted here, with the frames
    for form in _FORMATS.values():
        buffer = io.BytesIO()
        Image.new("RGB", (2, 2)).save(buffer, form)
        read_picture(buffer.getvalue(), form.lower())


def read_picture(data: bytes, kind: str) -> tuple[int, int, int]:
    """Decode every frame; return width, height and number of frames. Raises `MediaError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[_FORMATS[kind]]) as image:
                return _decode(image)
    except UnidentifiedImageError:
        raise MediaError(f"starts as {kind} and is none") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"cannot be decoded: {str(error)[:100] or type(error).__name__}") from None


def _decode(image: Image.Image) -> tuple[int, int, int]:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise MediaError(f"is {width} x {height}; at most {MAX_PIXELS} pixels are decoded")
    frames = int(getattr(image, "n_frames", 1))
    if frames > MAX_FRAMES or frames * width * height > MAX_PIXELS:
        raise MediaError(f"has {frames} frames of {width} x {height}, which is too much")
    for frame in range(frames):
        image.seek(frame)
        image.load()
    return width, height, frames


def extras(data: bytes, kind: str) -> list[list[str]]:
    """Return `[category, sentence]` for what the file holds besides a picture or a document.

    Raises `MediaError` where the end of the format is missing.
    """
    found = []
    if _ZIP_END in data[-_ZIP_TAIL:]:
        found.append(["polyglot", "is a zip archive too"])
    if kind != "pdf" and b"%PDF-" in data[:1024]:  # where PDF readers look for their mark
        found.append(["polyglot", "is a PDF too"])
    end = _end(data, kind)
    if end is None:
        raise MediaError("is cut off: its end is missing")
    rest = data[end:].rstrip(b"\0\r\n")
    if rest:
        found.append(["trailing", f"holds {len(rest)} bytes after its end"])
    return found


def _end(data: bytes, kind: str) -> int | None:
    """Offset behind the last byte that belongs to the format; None where its mark is missing."""
    if kind == "png":
        return _png_end(data)
    if kind == "webp":
        size = 8 + int.from_bytes(data[4:8], "little")
        return size + size % 2
    mark = {"jpeg": b"\xff\xd9", "gif": b";", "pdf": b"%%EOF"}[kind]
    place = data.rfind(mark)
    return place + len(mark) if place >= 0 else None


def _png_end(data: bytes) -> int | None:
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        place += 12 + length
        if kind == b"IEND":
            return place
    return None
