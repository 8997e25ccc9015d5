"""DSSE envelopes (secure-systems-lab/dsse, v1): bytes, what they are, and who signed them.

Signing and verifying are securesystemslib's. What is ours is a strict reader, and that nobody gets
a payload whose signature was not verified over these very bytes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from securesystemslib import dsse
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer

from checkers.strict_json import StrictJsonError, loads
from validator.audit.notes import read_base64
from validator.errors import EvidenceRefusedError, InvalidEvidenceError
from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securesystemslib.signer import SSlibKey

    from validator.audit.ed25519 import EvidenceSigner, PublicKey

IN_TOTO: Final = "application/vnd.in-toto+json"
"""Payload type of a statement (in-toto/attestation, v1, envelope)."""

MAX_ENVELOPE: Final = 4 * 1024 * 1024
MAX_SIGNATURES: Final = 16
_MAX_TEXT: Final = 256


@dataclass(frozen=True, slots=True)
class Verified:
    """A payload whose signatures hold, and the ids of the keys that signed it."""

    payload: bytes
    payload_type: str
    key_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as it was read or made. Its payload is only for `verify` to give away.

    `signatures` are pairs of key id and signature, each id once.
    """

    payload: bytes
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...]

    def document(self) -> dict[str, Any]:
        """Return the envelope's JSON form."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": key_id, "sig": base64.b64encode(signature).decode()}
                for key_id, signature in self.signatures
            ],
        }

    def encode(self) -> bytes:
        """Return the JSON form in its one spelling (`tosv-c14n/1`)."""
        return canonical_json(self.document())

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of `encode()`: what the log's leaf names."""
        return sha256_digest(self.encode())

    def pae(self) -> bytes:
        """Return the bytes that signatures cover (the specification's PAE)."""
        return self._library().pae()

    def verify(self, keys: Sequence[PublicKey], threshold: int = 1) -> Verified:
        """Return the payload once `threshold` of these keys have been seen to have signed it.

        A key counts once, however often it is given. Raises EvidenceRefusedError.
        """
        trusted = list({key.key_id: key.library_key() for key in keys}.values())
        if not 0 < threshold <= len(trusted):
            raise EvidenceRefusedError("there are fewer trusted keys than signatures to be had")
        try:
            found = self._library().verify([*trusted], threshold)
        except VerificationError:
            raise EvidenceRefusedError(
                "the envelope is not signed by the key that was given"
                if threshold == 1
                else f"the envelope is not signed by {threshold} of the keys that were given"
            ) from None
        return Verified(self.payload, self.payload_type, tuple(sorted(found)))

    def _library(self) -> dsse.Envelope:
        signatures = {key_id: Signature(key_id, sig.hex()) for key_id, sig in self.signatures}
        return dsse.Envelope(self.payload, self.payload_type, signatures)


def sign_envelope(
    payload: bytes, signers: Sequence[EvidenceSigner], payload_type: str = IN_TOTO
) -> Envelope:
    """Sign these bytes as they are. Raises EvidenceKeyError."""
    made = dsse.Envelope(payload, payload_type, {})
    for signer in signers:
        made.sign(_Signing(signer))
    pairs = ((key_id, bytes.fromhex(one.signature)) for key_id, one in made.signatures.items())
    return Envelope(payload, payload_type, tuple(pairs))


def read_envelope(content: bytes) -> Envelope:
    """Read an envelope, however its JSON is spelled. Raises InvalidEvidenceError."""
    try:
        return envelope_of(loads(content, max_depth=8, max_bytes=MAX_ENVELOPE))
    except StrictJsonError as error:
        raise InvalidEvidenceError(f"the envelope {error}") from None


def envelope_of(document: object) -> Envelope:
    """Return the envelope that this JSON value is. Raises InvalidEvidenceError."""
    found = _members(document, {"payload", "payloadType", "signatures"}, "the envelope")
    signatures = found["signatures"]
    if not isinstance(signatures, list) or not 0 < len(signatures) <= MAX_SIGNATURES:
        raise InvalidEvidenceError(f"the envelope has 1 to {MAX_SIGNATURES} signatures")
    pairs = tuple(_signature(item) for item in signatures)
    if len({key_id for key_id, _ in pairs}) < len(pairs):
        raise InvalidEvidenceError("the envelope has two signatures of one key")
    payload_type = found["payloadType"]
    if not isinstance(payload_type, str) or not 0 < len(payload_type) <= _MAX_TEXT:
        raise InvalidEvidenceError("payloadType of the envelope must be a short text")
    return Envelope(_octets(found["payload"], "the payload"), payload_type, pairs)


class _Signing(Signer):
    """Our signer in the library's form."""

    def __init__(self, signer: EvidenceSigner) -> None:
        self._signer = signer

    @property
    def public_key(self) -> SSlibKey:
        return self._signer.public.library_key()

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Signer:
        raise NotImplementedError("our signers are handed in, never found by an address")

    def sign(self, payload: bytes) -> Signature:
        return Signature(self._signer.public.key_id, self._signer.sign(payload).hex())


def _signature(item: object) -> tuple[str, bytes]:
    found = _members(item, {"keyid", "sig"}, "a signature of the envelope")
    key_id = found["keyid"]
    if not isinstance(key_id, str) or not 0 < len(key_id) <= _MAX_TEXT:
        raise InvalidEvidenceError("keyid of a signature must be a short text")
    return key_id, _octets(found["sig"], "a signature")


def _octets(value: object, what: str) -> bytes:
    if not isinstance(value, str):
        raise InvalidEvidenceError(f"{what} of the envelope must be base64")
    return read_base64(value, f"{what} of the envelope")


def _members(value: object, names: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise InvalidEvidenceError(f"{what} must be an object with {', '.join(sorted(names))}")
    return value
