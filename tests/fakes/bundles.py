"""Sealed verdicts and their bundles for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.evidence import MemorySigner, leaf, memory_log
from tests.fakes.store import START, verdict_of
from tests.fakes.submissions import STDIN_CASE, body
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.evidence.bundle import PublicBundle, SealedBundle, bundles
from validator.evidence.seal import Grounds, Sealed, seal
from validator.intake import parse
from validator.settings import LimitSettings

if TYPE_CHECKING:
    from validator.audit.log import AuditLog
    from validator.domain.verdict import Verdict

SIGNER = MemorySigner()
SALT = bytes(range(32))
VERDICT_ID = f"ver_{7:032x}"
SUBMISSION_ID = f"sub_{8:032x}"
SECRET = "hidden input"  # stands only in hidden cases
OPEN = body()
HIDING = body(
    {
        "checks": [
            {
                "check": "tests",
                "cases": [STDIN_CASE, {"stdin": SECRET, "expected_stdout": "1", "hidden": True}],
            }
        ]
    }
)


def grounds(content: bytes = OPEN, **changes: Any) -> Grounds:
    limits = LimitSettings()
    values: dict[str, Any] = {
        "body": content,
        "intake": parse(content, limits),
        "origin": Origin.API,
        "owner": LOCAL_OWNER,
        "received_at": START,
        "limits": limits.model_dump(mode="json"),
        "policy": "policy/1",
    }
    return Grounds(**values | changes)


def verdict(**changes: Any) -> Verdict:
    return verdict_of(SUBMISSION_ID, VERDICT_ID, **changes)


def sealed(content: bytes = OPEN, given: Verdict | None = None, **changes: Any) -> Sealed:
    return seal(given or verdict(), grounds(content, **changes), [SIGNER], SALT)


def log_of(made: Sealed, log: AuditLog) -> tuple[PublicBundle, SealedBundle]:
    """Put the leaf among others and prove it."""
    entry = log.append(made.leaf, published=None)
    log.append(leaf(1), published=None)
    signed = log.checkpoint(SIGNER, START, published=None)
    return bundles(made, entry.content, log.prove(entry.place, signed))


def both(content: bytes = OPEN, **changes: Any) -> tuple[PublicBundle, SealedBundle]:
    """The public and the sealed bundle of a verdict on this submission."""
    with memory_log(3) as log:
        return log_of(sealed(content, **changes), log)
