"""The offline proof of one leaf (c2sp.org/tlog-proof): its place, its path, a signed checkpoint."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.audit.checkpoint import SignedCheckpoint, read_checkpoint, read_number
from validator.audit.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from validator.audit.notes import MAX_NOTE, read_base64
from validator.errors import EvidenceRefusedError, InvalidEvidenceError

if TYPE_CHECKING:
    from validator.audit.checkpoint import Checkpoint
    from validator.audit.ed25519 import PublicKey
    from validator.audit.merkle import Proof

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PATH: Final = 63
"""Steps of a path: a tree of 2^63 leaves has no longer one."""

MAX_PROOF: Final = MAX_NOTE + 16 * 1024


@dataclass(frozen=True, slots=True)
class LogProof:
    """What shows that a leaf is in the log that signed `signed`.

    `extra` is opaque and covered by no signature; our own proofs have none.
    """

    index: int
    path: Proof
    signed: SignedCheckpoint
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Return the text."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(step).decode() for step in self.path]
        return "\n".join((*lines, "", "")).encode() + self.signed.encode()

    def verify(self, leaf: bytes, public: PublicKey) -> Checkpoint:
        """Return the checkpoint whose tree holds this leaf's bytes. Raises EvidenceRefusedError.

        The checkpoint's signature comes first: a path to an unsigned root proves nothing.
        """
        checkpoint = self.signed.verify(public)
        verify_inclusion(leaf_hash(leaf), self.index, checkpoint.size, self.path, checkpoint.root)
        return checkpoint


def read_proof(content: bytes) -> LogProof:
    """Read a proof. Raises InvalidEvidenceError; EvidenceRefusedError without a checkpoint."""
    if len(content) > MAX_PROOF:
        raise InvalidEvidenceError(f"a log proof has at most {MAX_PROOF} bytes")
    head, blank, note = content.partition(b"\n\n")
    if not blank or not note:
        raise EvidenceRefusedError("the log proof has no signed checkpoint, so it proves nothing")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise InvalidEvidenceError("the lines of a log proof are ASCII") from None
    if lines.pop(0) != HEADER:
        raise InvalidEvidenceError(f"a log proof begins with {HEADER}")
    extra = _extra(lines)
    if not lines or not lines[0].startswith("index "):
        raise InvalidEvidenceError("a log proof names the index of its leaf")
    index = read_number(lines.pop(0).removeprefix("index "), "the index of the leaf")
    if len(lines) > MAX_PATH:
        raise InvalidEvidenceError(f"a log proof has at most {MAX_PATH} hashes")
    return LogProof(index, tuple(_step(line) for line in lines), read_checkpoint(note), extra)


def _extra(lines: list[str]) -> bytes | None:
    """Take the line of extra data off the front, if there is one."""
    if not lines or not lines[0].startswith("extra "):
        return None
    return read_base64(lines.pop(0).removeprefix("extra "), "the extra data of the log proof")


def _step(line: str) -> bytes:
    step = read_base64(line, "a hash of the log proof")
    if len(step) != HASH_SIZE:
        raise InvalidEvidenceError(f"a hash of the log proof does not have {HASH_SIZE} bytes")
    return step
