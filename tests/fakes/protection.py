"""Small values for tests of the protection of verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.domain.clock import SystemClock
from validator.protection.database import ProtectionDatabase
from validator.protection.reconcile import ChainVerdict, Reading
from validator.protection.values import Request, Verdict, fingerprint

if TYPE_CHECKING:
    from pathlib import Path


def h(number: int) -> bytes:
    """A hash that is easy to tell from another."""
    return number.to_bytes(4, "big") * 8


GENESIS = h(0x10)
OTHER_GENESIS = h(0x11)
KEY = h(0x20)
OTHER_KEY = h(0x21)
TASK = h(0x30)
SUBMITTER = h(0x60)
CLOCK = SystemClock()


def request(
    answer: int = 0,
    score: int = 80,
    height: int | None = None,
    content: int | None = None,
    key: bytes = KEY,
    genesis: bytes = GENESIS,
) -> Request:
    """Ask for a score of answer number `answer`, whose content has the same number by default."""
    return Request(
        genesis=genesis,
        public_key=key,
        verdict=Verdict(TASK, h(0x400000 + answer), score),
        submitter=SUBMITTER,
        answer_hash=h(0x700000 + (answer if content is None else content)),
        height=100 + answer if height is None else height,
    )


def on_chain(asked: Request, nonce: int = 0, *, verified: bool = True) -> ChainVerdict:
    """The verdict of a request as the chain shows it."""
    return ChainVerdict(
        asked.verdict, asked.submitter, asked.answer_hash, asked.height, nonce, verified
    )


def reading(stable: int, nonce: int = 0, *verdicts: ChainVerdict) -> Reading:
    """A whole reading of a chain with nothing pending."""
    return Reading(GENESIS, stable, 0, nonce, None, verdicts, frozenset())


def created(folder: Path, key: bytes = KEY) -> ProtectionDatabase:
    """A new history with one key."""
    return ProtectionDatabase.create(folder, GENESIS, key, fingerprint(key), CLOCK)


def opened(folder: Path) -> ProtectionDatabase:
    """An existing history."""
    return ProtectionDatabase.open(folder, GENESIS, CLOCK)
