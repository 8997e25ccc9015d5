"""Time, randomness and ids, passed in so that property and replay tests are exact."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time and monotonic time."""

    def now(self) -> datetime:
        """Aware UTC time."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""


class IdSource(Protocol):
    """Where ids come from."""

    def new(self, prefix: str) -> str:
        """`<prefix>_` and 32 hex digits: a UUIDv7 (RFC 9562), so that ids rise with time."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Aware UTC time."""
        return datetime.fromtimestamp(time.time(), tz=UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class RandomIds:
    """UUIDv7 from a clock and the system's random source."""

    clock: Clock

    def new(self, prefix: str) -> str:
        """Return a fresh id; 74 of its 128 bits are random (RFC 9562, section 5.7)."""
        millis = int(self.clock.now().timestamp() * 1000)
        value = millis << 80 | 0x7 << 76 | secrets.randbits(12) << 64
        value |= 0b10 << 62 | secrets.randbits(62)
        return f"{prefix}_{value:032x}"
