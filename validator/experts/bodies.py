"""What a provider's response says: the document as it was written, how it ended, what it used.

The document is taken from the body itself. The library would cut what looks like thoughts out of
it, and so a quoted `<think>` of an answer could cut a verdict to another one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from validator.domain.reviews import Fault, Usage
from validator.experts.prices import most_usage

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse

    from validator.domain.reviews import Ask
    from validator.experts.wiring import Exchange

_NAME: Final = 200  # letters of a name that a provider chose
_MOST_TOKENS: Final = 10**8


@dataclass(frozen=True, slots=True)
class Read:
    """One whole response. `ended` is the library's word for why the model stopped."""

    document: str
    ended: str | None
    model: str
    fingerprint: str | None
    request_id: str | None
    usage: Usage


def understand(api: str, response: ModelResponse, exchange: Exchange, ask: Ask) -> Read:
    """Return what a response of status 200 says. Never raises: what is missing is left empty."""
    envelope = _envelope(bytes(exchange.body))
    headers = exchange.headers
    request_id = headers.get("x-request-id") or headers.get("request-id") or envelope.get("id")
    return Read(
        document=_openai(envelope) if api == "openai" else _anthropic(envelope),
        ended=response.finish_reason,
        model=_name(envelope.get("model")) or "",
        fingerprint=_name(envelope.get("system_fingerprint")),
        request_id=_name(request_id),
        usage=_usage(response, ask),
    )


def refusal(read: Read) -> tuple[Fault, str] | None:
    """Return why a response holds no verdict, or none where it may."""
    if read.ended == "content_filter":
        return Fault.REFUSED, "the model refused"
    if read.ended == "length":
        return Fault.TRUNCATED, "the reply was cut at its token limit"
    if read.ended != "stop":
        return Fault.MALFORMED, f"the reply ended by {read.ended or 'nothing'}"
    if not read.document.strip():
        return Fault.MALFORMED, "the reply is empty"
    return None


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _openai(envelope: dict[str, Any]) -> str:
    choices = envelope.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return ""
    message = choices[0].get("message")
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _anthropic(envelope: dict[str, Any]) -> str:
    content = envelope.get("content")
    blocks = content if isinstance(content, list) else []
    texts = [
        block.get("text")
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "text"
    ]
    return "".join(text for text in texts if isinstance(text, str))


def _usage(response: ModelResponse, ask: Ask) -> Usage:
    """The provider's count; where it is missing or cannot be, the most that it may be."""
    found = response.usage
    read, written = found.input_tokens, found.output_tokens
    if 0 < read <= _MOST_TOKENS and 0 <= written <= _MOST_TOKENS:
        return Usage(read, written)
    return most_usage(ask)


def _name(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode()[:_NAME]
