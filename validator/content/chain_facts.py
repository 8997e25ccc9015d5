"""What the chain itself says of a task and of an answer. A document never overrules it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from validator.wire.tos.keys import PublicKey
    from validator.wire.tos.networks import Network
    from validator.wire.tos.payloads import Difficulty

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TIME_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, beyond which RFC 3339 has no spelling."""


@dataclass(frozen=True, slots=True)
class ChainTask:
    """A published task. Times are Unix milliseconds (protocol note, section 0.5)."""

    task_id: bytes
    text: str
    reward: int
    difficulty: Difficulty
    published_at_ms: int
    deadline_ms: int
    network: Network


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """A submitted answer; `submitted_at_ms` is the time of the block that applied it."""

    answer_id: bytes
    task_id: bytes
    submitter: PublicKey
    text: str
    submitted_at_ms: int


def rfc3339_ms(moment: int) -> str:
    """Return Unix milliseconds as RFC 3339. Raises ValueError outside the years 1970 to 9999."""
    if not 0 <= moment <= MAX_TIME_MS:
        raise ValueError("is a time after the year 9999")
    spelled = (_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds")
    return spelled.replace("+00:00", "Z")
