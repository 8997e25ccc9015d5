"""Checkpoints (c2sp.org/tlog-checkpoint): the log's name, its size and its root, signed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.audit.merkle import HASH_SIZE, MAX_SIZE
from validator.audit.notes import Note, NoteKey, check_name, read_base64, read_note, sign_note
from validator.errors import InvalidEvidenceError

if TYPE_CHECKING:
    from validator.audit.ed25519 import EvidenceSigner, PublicKey

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State of a log: `origin` is its name, `size` its leaves, `root` the 32 bytes of its root.

    `extensions` are lines of others that we keep and do not read. Our own checkpoints have none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the note's text."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note that it was read from. Worth nothing before `verify`."""

    checkpoint: Checkpoint
    note: Note

    def encode(self) -> bytes:
        """Return the note's bytes."""
        return self.note.encode()

    def verify(self, public: PublicKey) -> Checkpoint:
        """Return the checkpoint, once the log's own key has been seen to have signed it.

        The log signs under its origin. Raises EvidenceRefusedError.
        """
        self.note.verify([NoteKey(self.checkpoint.origin, public)])
        return self.checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signer: EvidenceSigner) -> SignedCheckpoint:
    """Sign a state of the log, which must hold every state that was signed before."""
    note = sign_note(checkpoint.text(), checkpoint.origin, signer)
    return SignedCheckpoint(checkpoint, note)


def read_checkpoint(content: bytes) -> SignedCheckpoint:
    """Read a signed checkpoint. Raises InvalidEvidenceError."""
    note = read_note(content)
    lines = note.text[:-1].split("\n")
    if len(lines) < _LINES or not all(lines):
        raise InvalidEvidenceError("a checkpoint has three lines: origin, size and root")
    origin, size, root, *extensions = lines
    check_name(origin)
    return SignedCheckpoint(
        Checkpoint(origin, read_number(size, "the checkpoint's size"), _root(root), (*extensions,)),
        note,
    )


def read_number(text: str, what: str) -> int:
    """Read a decimal number without leading zeroes, 0 to 2^63 - 1. Raises InvalidEvidenceError."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise InvalidEvidenceError(f"{what} is not a decimal number below 2^63")
    return int(text)


def _root(text: str) -> bytes:
    root = read_base64(text, "the checkpoint's root")
    if len(root) != HASH_SIZE:
        raise InvalidEvidenceError(f"the checkpoint's root does not have {HASH_SIZE} bytes")
    return root
