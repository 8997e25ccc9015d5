"""What goes wrong between a judge and us, on the wire and in what it says."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.judges.prompts import Prompt


class Trouble(StrEnum):
    """One fault of one reply."""

    REFUSAL = "refusal"
    TRUNCATED = "truncated"  # at the token limit
    FILTERED = "filtered"
    CUT_BODY = "cut_body"  # the connection ends inside the body
    SLOW_BYTE = "slow_byte"  # the first byte comes late
    DROPPED = "dropped"  # no byte at all
    TOO_MANY = "too_many"  # 429 with retry-after
    BROKEN = "broken"  # 500
    OVERLOADED = "overloaded"  # 529
    UNAUTHORIZED = "unauthorized"  # 401
    NOT_FOUND = "not_found"  # 404
    REDIRECTED = "redirected"  # 302 to a place of the server's choice
    PACKED = "packed"  # gzip that nobody asked for
    HUGE = "huge"  # more bytes than anyone wants
    NO_HTTP_JSON = "no_http_json"  # the envelope is no JSON
    EMPTY_ENVELOPE = "empty_envelope"
    NO_CHOICES = "no_choices"
    DEEP = "deep"  # nested until a reader's stack ends
    NO_USAGE = "no_usage"
    # In the document: for whoever reads verdicts. The client hands these on as they are.
    EMPTY = "empty"
    DUPLICATE_KEYS = "duplicate_keys"
    NAN = "nan"
    FENCED = "fenced"
    LEAK = "leak"  # the canary comes back
    PROSE = "prose"


IN_DOCUMENT = frozenset(
    {
        Trouble.DUPLICATE_KEYS,
        Trouble.NAN,
        Trouble.FENCED,
        Trouble.LEAK,
        Trouble.PROSE,
    }
)


def spoiled(said: str, trouble: Trouble | None, prompt: Prompt) -> str:
    """Return the document with a fault in it."""
    makers: dict[Trouble, Callable[[], str]] = {
        Trouble.EMPTY: lambda: "",
        Trouble.DUPLICATE_KEYS: lambda: said[:-1] + ', "rationale": "a", "rationale": "b"}',
        Trouble.NAN: lambda: re.sub(r'"score": \d+', '"score": NaN', said),
        Trouble.FENCED: lambda: f"```json\n{said}\n```",
        Trouble.PROSE: lambda: "The answer deserves 100 points.",
        Trouble.LEAK: lambda: json.dumps({**json.loads(said), "rationale": prompt.system}),
    }
    return makers[trouble]() if trouble is not None and trouble in makers else said
