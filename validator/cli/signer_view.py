"""A signer's status as an operator reads it: state and what to do, then the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.signing.words import phase_in_words, reason_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOTHING: Final = "none"
_ROOT: Final = 16
"""Digits of a root that a person compares."""


def state_rows(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield phase, reasons and what to do as names and sentences."""
    yield "signing", f"{found['phase']}: {phase_in_words(found['phase'])}"
    for reason in found["reasons"]:
        words = reason_in_words(reason)
        yield "because", words.sentence
        if words.mend:
            yield "to do", words.mend
    if found["fault"]:
        yield "chain", found["fault"]


def status_rows(found: Mapping[str, Any], address: str) -> Iterator[tuple[str, object]]:
    """Yield everything that `status` tells; `address` is the key's, on its network."""
    yield from state_rows(found)
    yield "key", found["fingerprint"]
    yield "address", address
    yield "public key", found["public_key"]
    yield "network", f"{found['network']}, genesis {found['genesis']}"
    yield "stable height", _or_none(found["stable_height"])
    yield "read up to", _or_none(found["reconciled_height"])
    yield "next nonce", _or_none(found["next_nonce"])
    yield (
        "watermarks",
        f"low {_or_none(found['low_watermark'])}, high {_or_none(found['high_watermark'])}",
    )
    if found["gap_declared"]:
        yield "gap", f"declared; {found['quiet_blocks']} quiet blocks seen"
    yield from _used(found)
    yield "last verdict", _or_none(found["last_verdict_at"])
    yield "since the start", _counts(found["tally"])
    yield "log", f"{found['log']['origin']}, {_place(found['log'])}"
    yield "published", NOTHING if found["published"] is None else _place(found["published"])


def _used(found: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    most = found["ceilings"]
    yield "open attempts", found["open_attempts"]
    yield "in an hour", f"{found['transactions_in_hour']} of {most['per_hour']} transactions"
    yield "in 24 hours", f"{found['fees_in_day']} of {most['fees_per_day']} units of fees"


def _place(checkpoint: Mapping[str, Any]) -> str:
    return f"size {checkpoint['size']}, root {checkpoint['root'][:_ROOT]}..."


def _counts(tally: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(tally.items())) or NOTHING


def _or_none(value: object) -> object:
    return NOTHING if value is None else value
