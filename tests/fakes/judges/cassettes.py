"""Recorded exchanges with judges: replayed without a network, refused where none fits.

Keys and canaries are taken out before anything is written.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vcr

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FOLDER = Path(__file__).resolve().parents[2] / "data" / "judges"
_SECRET_HEADERS = ["authorization", "x-api-key", "cookie", "set-cookie"]
_CANARY = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
REMOVED = "removed"


def cassette(
    name: str, *, record: bool = False, folder: Path = FOLDER
) -> AbstractContextManager[Any]:
    """Replay an exchange; an unknown request raises. With `record` it is written anew."""
    path = folder / name
    if record:
        path.unlink(missing_ok=True)
    tape = vcr.VCR(
        serializer="json",
        record_mode="once" if record else "none",
        match_on=["method", "path", "asked"],
        filter_headers=[(one, None) for one in _SECRET_HEADERS],
        before_record_request=_cleaned,
        before_record_response=_without_canary,
    )
    tape.register_matcher("asked", _same_question)
    found: AbstractContextManager[Any] = tape.use_cassette(str(path))
    return found


def _cleaned(request: Any) -> Any:
    """Nonces and canaries are 128 random bits in hexadecimal: none of them is kept."""
    if request.body:
        text = request.body if isinstance(request.body, str) else request.body.decode()
        request.body = _CANARY.sub(REMOVED, text).encode()
    return request


def _without_canary(response: dict[str, Any]) -> dict[str, Any]:
    body = response.get("content", response.get("body", {}).get("string", b""))
    text = body if isinstance(body, str) else body.decode()
    cleaned = _CANARY.sub(REMOVED, text)
    if "content" in response:
        response["content"] = cleaned
    else:
        response["body"] = {"string": cleaned.encode()}
    return response


def _same_question(first: Any, second: Any) -> None:
    assert json.loads(first.body) == json.loads(second.body)
