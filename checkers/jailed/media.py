"""Form of an image or a PDF, inside the jail."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from checkers.sniffing import sniff
from checkers.texts import pdfs, pictures
from checkers.texts.pictures import MediaError, extras, read_picture

pictures.warm()
pdfs.warm()

_DATA_URI: Final = re.compile(
    rb"data:([a-z0-9.+/-]{0,100})((?:;[^,;]{0,100}){0,5}),", re.IGNORECASE
)


def judge(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    """Read `MediaOptions` as JSON and a file, or as `content` its base64 or data URI.

    Returns `{"type", "width", "height", "frames", "pages", "acting": [what], "extras":
    [[category, sentence]]}`, numbers as far as they apply, or `{"fault": sentence}`.
    """
    try:
        return _read(_decoded(data) if request["target"] == "content" else data, request["types"])
    except MediaError as error:
        return {"fault": str(error)}


def _read(data: bytes, types: list[str]) -> dict[str, Any]:
    kind = sniff(data)
    if kind is None or kind not in types:
        known = kind or "of no known type"
        raise MediaError(f"is {known} by its content; expected {', '.join(types)}")
    if kind == "pdf":
        pages, acting = pdfs.read_pdf(data)
        return {"type": kind, "pages": pages, "acting": acting, "extras": extras(data, kind)}
    width, height, frames = read_picture(data, kind)
    sizes = {"width": width, "height": height, "frames": frames}
    return {"type": kind, **sizes, "acting": [], "extras": extras(data, kind)}


def _decoded(text: bytes) -> bytes:
    head = _DATA_URI.match(text.lstrip())
    body = text.lstrip()
    if head is not None:
        if not head[2].lower().endswith(b";base64"):
            raise MediaError("is a data URI without base64")
        body = body[head.end() :]
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise MediaError("is neither base64 nor a data URI") from None
