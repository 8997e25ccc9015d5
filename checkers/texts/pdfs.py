"""PDF: pages, and what would act if somebody opened it. Nothing is run or unpacked to a disk.

Call it in the jail only.
"""

from __future__ import annotations

import io
import logging
import zlib
from typing import TYPE_CHECKING, Any, Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from checkers.texts.pictures import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OBJECTS: Final = 100_000
_ACTIONS: Final = {
    "/JavaScript": "JavaScript",
    "/Launch": "an action that starts a program",
    "/SubmitForm": "an action that sends a form",
    "/ImportData": "an action that loads data",
    "/GoToR": "an action that opens another file",
    "/GoToE": "an action that opens an embedded file",
    "/Rendition": "an action that plays media",
}
_KEYS: Final = {
    "/JS": "JavaScript",
    "/JavaScript": "JavaScript",
    "/EmbeddedFiles": "embedded files",
    "/EF": "embedded files",
    "/RichMedia": "rich media",
    "/XFA": "an XFA form",
}


# What the library was seen to raise on broken files, besides its own.
_BROKEN: Final = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError,
    OSError, RecursionError, TypeError, UnicodeError, zlib.error,
)  # fmt: skip


def warm() -> None:
    """Load what the library loads late; call before the jail closes."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    buffer = io.BytesIO()
    writer.write(buffer)
    read_pdf(buffer.getvalue())


def read_pdf(data: bytes) -> tuple[int, list[str]]:
    """Return the number of pages and what would act, sorted. Raises `MediaError`."""
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted
        pages = 0 if locked else len(reader.pages)
        parts = () if locked else _objects(reader.trailer)
        found = {what for part in parts for what in _acting(part)}
    except _BROKEN as error:
        if b"/Encrypt" in data:
            raise MediaError(f"is encrypted and cannot be read ({type(error).__name__})") from None
        raise MediaError(f"is no PDF that can be read ({type(error).__name__})") from None
    if locked:
        raise MediaError("is encrypted, so that nobody can look into it")
    if pages == 0:
        raise MediaError("has no page")
    return pages, sorted(found)


def _objects(root: Any) -> Iterator[DictionaryObject]:  # noqa: ANN401 - the library's tree
    """All dictionaries that can be reached, each once."""
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    count = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, IndirectObject):
            if (part.idnum, part.generation) in seen:
                continue
            seen.add((part.idnum, part.generation))
            part = part.get_object()
        count += 1
        if count > MAX_OBJECTS:
            raise OverflowError(f"more than {MAX_OBJECTS} objects")
        if isinstance(part, DictionaryObject):
            yield part
            waiting += [part.raw_get(key) for key in part]
        elif isinstance(part, ArrayObject):
            waiting += list(part)


def _acting(part: DictionaryObject) -> Iterator[str]:
    for key in part:
        if key in _KEYS:
            yield _KEYS[key]
    action = part.get("/S")
    if isinstance(action, str) and action in _ACTIONS:
        yield _ACTIONS[action]
