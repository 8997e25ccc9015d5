"""What a call may cost at most, and what it did cost, in millionths of a US dollar."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import Usage

if TYPE_CHECKING:
    from validator.domain.reviews import Ask, Seat

PRICED_TOKENS: Final = 1_000_000
"""Prices are for so many tokens."""
FRAME_TOKENS: Final = 1024
"""What an API adds to a request: roles, the note on the schema, the tags of a turn.

The largest published figure is Anthropic's 530 for a forced tool; this is twice that.
"""
BILLED_ATTEMPTS: Final = 2
"""How many attempts of one call may be charged: one whose answer was lost on the way, and one more.

The client keeps to it (`validator.experts.client`), so a reservation covers the whole call.
"""


def most_usage(ask: Ask) -> Usage:
    """Return the tokens of one attempt, from above.

    No tokenizer in use makes more tokens than there are bytes: the byte-level ones start from bytes
    and merge, the others fall back to them.
    """
    schema = json.dumps(dict(ask.schema), ensure_ascii=True)
    texts = (ask.system, ask.user, schema, ask.purpose)
    read = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return Usage(read + FRAME_TOKENS, ask.max_output_tokens, estimated=True)


def worst_case(seat: Seat, ask: Ask) -> int:
    """Return what a whole call with its retries may cost at most, rounded up."""
    return BILLED_ATTEMPTS * actual(seat, most_usage(ask))


def actual(seat: Seat, usage: Usage) -> int:
    """Return what these tokens cost at this seat, rounded up. Negative counts cost nothing."""
    total = (
        max(usage.input_tokens, 0) * seat.price_in + max(usage.output_tokens, 0) * seat.price_out
    )
    return -(-total // PRICED_TOKENS)


def together(first: Usage, second: Usage) -> Usage:
    """Return the sum of two attempts' tokens; an estimate when either is one."""
    return Usage(
        first.input_tokens + second.input_tokens,
        first.output_tokens + second.output_tokens,
        first.estimated or second.estimated,
    )
