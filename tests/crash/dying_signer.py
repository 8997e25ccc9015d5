"""The signer, killed at a named point of its first signature, or with a defect planted in it."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from validator import signer
from validator.protection.database import ProtectionDatabase
from validator.signing.book import Book
from validator.signing.desk import Desk
from validator.signing.signer import Signer

if TYPE_CHECKING:
    from collections.abc import Callable


def _dying(kind: type, name: str, *, before: bool) -> None:
    """Let a method be the last thing that this process does."""
    method: Callable[..., Any] = getattr(kind, name)

    def last(self: object, *given: Any, **named: Any) -> Any:
        if not before:
            method(self, *given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, name, last)


def _dying_reply() -> None:
    answer = Desk.answer

    def last(self: Desk, content: bytes) -> bytes:
        made = answer(self, content)
        if b'"do":"sign_verdict"' in content:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    Desk.answer = last  # type: ignore[method-assign]


def _broken(self: Signer, _: object) -> None:
    """A defect of ours, in a frame from which the key can be reached."""
    key, secret = self._secret, self._secret.reveal()
    raise RuntimeError(f"a defect at {len(secret)} bytes of {key!r}")


POINTS: dict[str, Callable[[], None]] = {
    "leaf_written": lambda: _dying(Book, "keep", before=False),
    "protection_committed": lambda: _dying(ProtectionDatabase, "protect_attempt", before=False),
    "signature_made": lambda: _dying(ProtectionDatabase, "keep_bytes", before=True),
    "bytes_kept": lambda: _dying(ProtectionDatabase, "keep_bytes", before=False),
    "reply_ready": _dying_reply,
    "defect": lambda: setattr(Signer, "sign", _broken),
}

if __name__ == "__main__":
    POINTS[os.environ["STAGE_SIGNER"]]()
    sys.exit(signer.main())
