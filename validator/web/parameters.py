"""Path and query parameters: bounded, named in the refusal, never a surprise for the store."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from validator.errors import FieldError, InvalidParameterError, NotFoundError
from validator.rounds.reading import account
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Container

    from starlette.requests import Request

    from validator.wire.tos import Network

SUBMISSION_ID = re.compile(r"sub_[0-9a-f]{32}", re.ASCII)
VERDICT_ID = re.compile(r"ver_[0-9a-f]{32}", re.ASCII)
ROUND_ID = re.compile(r"rnd_[0-9a-f]{32}", re.ASCII)
REVIEW_ID = re.compile(r"rev_[0-9a-f]{32}", re.ASCII)
CURSOR = re.compile(r"[A-Za-z0-9_.~=-]{1,512}", re.ASCII)
MAX_LIMIT = 200
DEFAULT_LIMIT = 50
MAX_NUMBER = 20  # characters of a number in a query


def submission_id(text: str) -> str:
    """Return a well-formed id; another text cannot be an id of ours, so it is not found."""
    if not SUBMISSION_ID.fullmatch(text):
        raise NotFoundError("There is no such submission.")
    return text


def verdict_id(text: str) -> str:
    """Likewise for verdicts."""
    if not VERDICT_ID.fullmatch(text):
        raise NotFoundError("There is no such verdict.")
    return text


def round_id(text: str) -> str:
    """Likewise for rounds of votes."""
    if not ROUND_ID.fullmatch(text):
        raise NotFoundError("There is no such round.")
    return text


def review_id(text: str) -> str:
    """Likewise for reviews."""
    if not REVIEW_ID.fullmatch(text):
        raise NotFoundError("There is no such review.")
    return text


def voter(text: str | None, network: Network) -> str:
    """Return the public key of the voter that a query names."""
    if text is None:
        raise _refused("voter", "is missing; give an address or a public key of 64 hex digits")
    try:
        return account(text, network)
    except ValueError as error:
        raise _refused("voter", plain(str(error))) from None


def query(request: Request, known: Container[str]) -> dict[str, str]:
    """Return the query's parameters; unknown ones and repeated ones are refused by name."""
    raw: bytes = request.scope["query_string"]
    if not raw:
        return {}
    found: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise _refused(name[:100], "is not a parameter of this path")
        if name in found:
            raise _refused(name, "was given more than once")
        found[name] = value
    return found


def wait_seconds(text: str | None, ceiling: float) -> float:
    """Return how long to wait for the verdict; 0 without the parameter."""
    if text is None:
        return 0.0
    seconds = _number(text)
    if seconds is None or not 0 <= seconds <= ceiling:
        raise _refused("wait", f"must be a number of seconds from 0 to {ceiling:g}")
    return seconds


def page_limit(text: str | None) -> int:
    """Return the size of a page."""
    if text is None:
        return DEFAULT_LIMIT
    plain = text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER
    if not plain or not 1 <= int(text) <= MAX_LIMIT:
        raise _refused("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def page_cursor(text: str | None) -> str | None:
    """Return the cursor as a page gave it; only the store can tell whether it is this owner's."""
    if text is not None and not CURSOR.fullmatch(text):
        raise _refused("cursor", "must be the `next` of an earlier page")
    return text


def _number(text: str) -> float | None:
    if len(text) > MAX_NUMBER or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text, re.ASCII):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _refused(name: str, message: str) -> InvalidParameterError:
    return InvalidParameterError(f"{name} {message}.", (FieldError(name, message),))
