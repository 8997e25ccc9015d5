"""Signers, logs and leaves for tests of the evidence."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fakes.store import START
from validator.audit.ed25519 import PublicKey
from validator.audit.leaf import Leaf, LeafKind
from validator.audit.log import AuditLog

if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = "audit.test/log"


@dataclass(frozen=True)
class MemorySigner:
    """A key that lives in memory; the same seed byte gives the same key."""

    seed: int = 1
    private: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        secret = Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        object.__setattr__(self, "private", secret)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def leaf(number: int = 0, kind: LeafKind = LeafKind.VERDICT, **body: Any) -> Leaf:
    at: datetime = START + timedelta(seconds=number)
    return Leaf(kind, at, {"number": number} | body)


@contextmanager
def memory_log(count: int = 0, origin: str = ORIGIN) -> Iterator[AuditLog]:
    """A log in memory with so many leaves, in an open transaction."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    log = AuditLog.create(connection.cursor(), origin)
    for number in range(count):
        log.append(leaf(number), published=None)
    try:
        yield log
    finally:
        connection.close()
