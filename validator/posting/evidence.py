"""The evidence of verdicts that go to a chain: stated before they are signed, kept, then let out.

Each call does the same whenever it is made again, so that whoever was killed in the middle of one
makes it once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from validator.audit.ed25519 import PublicKey
from validator.audit.leaf import read_leaf
from validator.audit.proof import read_proof
from validator.domain.submission import Origin
from validator.errors import (
    EvidenceKeyError,
    EvidenceRefusedError,
    NotFoundError,
    StoreDamagedError,
)
from validator.evidence.bundle import bundles
from validator.evidence.envelope import read_envelope
from validator.evidence.key_file import PUBLIC_FILE
from validator.evidence.salts import Salts
from validator.evidence.seal import Draft, Grounds, draft
from validator.evidence.shelf import EvidenceShelf
from validator.evidence.verification import verify_sealed
from validator.intake import parse
from validator.settings import LimitSettings
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.plain import plain
from validator.wire.tos import ValidateAnswer, encode_payload
from validator.wire.tos.rules.state import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from validator.settings import Settings
    from validator.signing.client import KeptEvidence
    from validator.store.judged import JudgedRow

CLOSED: Final = (TaskStatus.COMPLETED.value, TaskStatus.EXPIRED.value)
"""A task takes no verdict that matters any more: what judged its answers may be seen."""
POLICY: Final = "policy/1"
"""Begins what a statement calls the operator's policy; digits of its digest follow."""

_MANY: Final = 2**40
# Every body here passed intake once: ceilings that were lowered since refuse nothing judged.
_NO_CEILINGS: Final = LimitSettings(
    submission_bytes=_MANY, cpu_s=_MANY, wall_s=_MANY, memory_mb=_MANY, processes=_MANY,
    output_kb=_MANY, disk_mb=_MANY, file_count=_MANY,
)  # fmt: skip
_MAX_KEY: Final = 4096
_DIGITS: Final = 16


class Posted(Protocol):
    """A verdict on its way to the chain; ids of the chain have 64 hexadecimal digits."""

    @property
    def answer_id(self) -> str:
        """The chain's id of the answer."""

    @property
    def task_id(self) -> str:
        """The chain's id of the task."""

    @property
    def submission_id(self) -> str:
        """Our id of the answer."""

    @property
    def verdict_id(self) -> str:
        """Our id of the verdict."""

    @property
    def score(self) -> int:
        """What the chain is told, 0 to 100."""


class JudgedStore(Protocol):
    """Verdicts with what they rest on (`validator.store.judged.Judged`)."""

    def judged(self, verdict_id: str) -> JudgedRow:
        """A verdict with its submission. Raises NotFoundError, StoreDamagedError."""

    def final_of(self, task_id: str, closed: Collection[str]) -> list[str]:
        """Verdicts that are final on the chain, once their task is closed."""


class PostEvidence:
    """Statements and bundles of one data directory. Safe for threads: it holds no state."""

    def __init__(
        self, store: JudgedStore, data_dir: Path, limits: LimitSettings, policy: str, salts: Salts
    ) -> None:
        self._store = store
        self._shelf = EvidenceShelf(data_dir)
        self._public_key = data_dir / PUBLIC_FILE
        self._limits = limits
        self._policy = policy
        self._salts = salts

    @classmethod
    def open(cls, store: JudgedStore, settings: Settings) -> PostEvidence:
        """Return the evidence of this service. Raises EvidenceKeyError for a key of salts."""
        salts = Salts.open(settings.data_dir)
        return cls(store, settings.data_dir, settings.limits, policy_version(settings), salts)

    def statement(self, post: Posted) -> str:
        """Return the statement that the signer has to be given, in its one spelling.

        Raises NotFoundError, StoreDamagedError, InvalidEvidenceError, and what intake refuses: only
        a later release can refuse what was accepted.
        """
        return self._draft(post).statement.encode().decode()

    def keep(self, post: Posted, kept: KeptEvidence) -> None:
        """Put both bundles on the shelf, the public one not released yet.

        What was signed counts, also when settings have changed since; it must hold and be about
        this verdict. Raises EvidenceRefusedError for evidence that is not, EvidenceKeyError before
        the signer has laid its public key down, and StoreUnavailableError.
        """
        if self._has(post.verdict_id):
            return  # a later proof of the same leaf has other bytes; the first one stays
        leaf, proof = read_leaf(kept.leaf), read_proof(kept.proof)
        made = self._draft(post).signed(read_envelope(kept.envelope), leaf)
        public, sealed = bundles(made, kept.leaf, proof)
        holding = verify_sealed(sealed, self._key())
        stated = holding.statement.predicate.chain_payload
        if stated is None or f"sha256:{stated.sha256}" != sha256_digest(payload_of(post)):
            raise EvidenceRefusedError(f"what was signed is not about {post.verdict_id}'s post")
        self._shelf.put(public, sealed, post.verdict_id)

    def release(self, task_id: bytes | str) -> None:
        """Let out the public bundles of a task's final verdicts, once the task is closed.

        Before that nothing happens, and nothing for a verdict without evidence of ours. Raises
        StoreUnavailableError.
        """
        wanted = task_id.hex() if isinstance(task_id, bytes) else task_id
        for verdict_id in self._store.final_of(wanted, CLOSED):
            if self._has(verdict_id):
                self._shelf.release(verdict_id)

    def _has(self, verdict_id: str) -> bool:
        try:
            self._shelf.look(verdict_id)
        except NotFoundError:
            return False
        return True

    def _draft(self, post: Posted) -> Draft:
        row = self._store.judged(post.verdict_id)
        _require_same(post, row)
        grounds = Grounds(
            body=row.body,
            intake=parse(row.body, _NO_CEILINGS),
            origin=row.origin,
            owner=row.owner,
            received_at=row.received_at,
            limits=self._limits.model_dump(mode="json"),
            policy=self._policy,
            chain_payload=payload_of(post),
        )
        return draft(row.document, grounds, self._salts.of(post.verdict_id))

    def _key(self) -> PublicKey:
        try:
            with self._public_key.open("rb") as file:
                return PublicKey.read(file.read(_MAX_KEY))
        except OSError as error:
            name = plain(str(self._public_key), 120)
            raise EvidenceKeyError(f"{name} cannot be read: {error.strerror}") from None


def payload_of(post: Posted) -> bytes:
    """Return the 66 bytes of the chain's ValidateAnswer (protocol note, section 1.2)."""
    task, answer = bytes.fromhex(post.task_id), bytes.fromhex(post.answer_id)
    return encode_payload(ValidateAnswer(task, answer, post.score))


def policy_version(settings: Settings) -> str:
    """Return `policy/1+` and 16 digits of the digest of limits and rules of posting in force."""
    ruling: dict[str, Any] = {
        "limits": settings.limits.model_dump(mode="json"),
        "post": settings.post.model_dump(mode="json"),
        "alone_reward_max": settings.signer.alone_reward_max,
    }
    digest = sha256_digest(canonical_json(ruling)).removeprefix("sha256:")
    return f"{POLICY}+{digest[:_DIGITS]}"


def _require_same(post: Posted, row: JudgedRow) -> None:
    """A post that is not about this row would put another's evidence under a signature."""
    said = (post.submission_id, post.score, Origin.CHAIN)
    if said != (row.submission_id, row.document.get("score"), row.origin):
        raise StoreDamagedError(f"The post of {plain(post.verdict_id, 64)} is not about it.")
