"""Signed notes (c2sp.org/signed-note) with Ed25519 signatures.

A note is text that ends in a newline, an empty line, and signature lines. The text is worth nothing
until a key that the reader trusts has been seen to have signed it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.errors import EvidenceRefusedError, InvalidEvidenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.audit.ed25519 import EvidenceSigner, PublicKey

MAX_NOTE: Final = 64 * 1024
"""Bytes of a note; the specification asks readers to have a limit."""

MAX_SIGNATURES: Final = 64
"""Signature lines of a note; readers must take at least 16."""

_DASH: Final = "\u2014 "
_ED25519: Final = b"\x01"  # signature type of the specification
_ID_SIZE: Final = 4
_BLANK: Final = 0x20  # characters below are control characters


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key under a name. Raises InvalidEvidenceError for a name that no note can hold."""

    name: str
    public: PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def short_id(self) -> bytes:
        """Four bytes that tell keys apart; no proof of anything."""
        spelled = self.name.encode() + b"\n" + _ED25519 + self.public.raw
        return hashlib.sha256(spelled).digest()[:_ID_SIZE]

    def vkey(self) -> str:
        """Return the verifier key: name, id and public key as one text."""
        encoded = base64.b64encode(_ED25519 + self.public.raw).decode()
        return f"{self.name}+{self.short_id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the key's name, its four-byte id, what the algorithm gave."""

    name: str
    short_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read; `text` includes its last newline. Not verified."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """Return the bytes; reading them gives an equal note, and no other bytes do."""
        lines = "".join(
            f"{_DASH}{item.name} {base64.b64encode(item.short_id + item.signature).decode()}\n"
            for item in self.signatures
        )
        return f"{self.text}\n{lines}".encode()

    def verify(self, keys: Sequence[NoteKey]) -> tuple[NoteKey, ...]:
        """Return which of these keys have signed.

        Raises EvidenceRefusedError when none has, or a signature in the name of one does not hold.
        """
        found: dict[NoteKey, None] = {}
        for line in self.signatures:
            for key in keys:
                if (line.name, line.short_id) != (key.name, key.short_id):
                    continue
                if not key.public.verifies(line.signature, self.text.encode()):
                    raise EvidenceRefusedError("a signature of the checkpoint does not hold")
                found[key] = None
        if not found:
            raise EvidenceRefusedError("no trusted key has signed the checkpoint")
        return tuple(found)


def sign_note(text: str, name: str, signer: EvidenceSigner) -> Note:
    """Return the text as a note with one signature. Raises InvalidEvidenceError for a bad text."""
    key = NoteKey(name, signer.public)
    signature = NoteSignature(name, key.short_id, signer.sign(text.encode()))
    return read_note(Note(text, (signature,)).encode())


def read_note(content: bytes) -> Note:
    """Read a note. Raises InvalidEvidenceError for anything that `Note.encode` would not give."""
    if len(content) > MAX_NOTE:
        raise InvalidEvidenceError(f"a signed note has at most {MAX_NOTE} bytes")
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        raise InvalidEvidenceError("a signed note is UTF-8") from None
    if any(ord(char) < _BLANK and char != "\n" for char in whole):
        raise InvalidEvidenceError("a signed note holds no control characters")
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not text or not tail.endswith("\n"):
        raise InvalidEvidenceError("a signed note is text, an empty line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise InvalidEvidenceError(f"a signed note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def read_base64(text: str, what: str) -> bytes:
    """Decode standard base64 (RFC 4648, section 4), of which each value has one spelling here.

    Raises InvalidEvidenceError that names `what`.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidEvidenceError(f"{what} is not base64") from None
    if base64.b64encode(content).decode() != text:
        raise InvalidEvidenceError(f"{what} is not base64 in its one spelling")
    return content


def check_name(name: str) -> None:
    """Raise InvalidEvidenceError for what is no name of a key: empty, with blanks or a plus."""
    if not name or "+" in name or any(char.isspace() or ord(char) < _BLANK for char in name):
        raise InvalidEvidenceError("the name of a log or key has no blanks and no plus in it")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidEvidenceError("the name of a log or key is UTF-8") from None


def _signature(line: str) -> NoteSignature:
    name, blank, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not blank:
        raise InvalidEvidenceError("a signature line is a dash, a name and base64")
    check_name(name)
    content = read_base64(encoded, "a signature of the note")
    if len(content) <= _ID_SIZE:
        raise InvalidEvidenceError("a signature of the note is too short")
    return NoteSignature(name, content[:_ID_SIZE], content[_ID_SIZE:])
