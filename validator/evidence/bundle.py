"""Bundles: evidence as one JSON file, with all that is needed to check it but the public key.

The public bundle has the envelope and its place in the log. The sealed one, for whoever may see
hidden things, adds what the verdict was computed from, so that it can be computed again.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from checkers.strict_json import StrictJsonError, loads
from validator.audit.leaf import read_leaf
from validator.audit.notes import read_base64
from validator.audit.proof import LogProof, read_proof
from validator.errors import InvalidEvidenceError
from validator.evidence.commitments import SALT_SIZE
from validator.evidence.envelope import Envelope, envelope_of
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.evidence.seal import Sealed

BUNDLE_SCHEMA: Final = "tosv.evidence/1"
SEALED_SCHEMA: Final = "tosv.evidence-sealed/1"
MAX_BUNDLE: Final = 128 * 1024 * 1024
"""Bytes; a sealed bundle holds the submission in base64, and what was recorded."""

_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class PublicBundle:
    """Envelope, the leaf's bytes, and the proof that the log holds them. Not verified."""

    envelope: Envelope
    leaf: bytes
    proof: LogProof

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        lines = self.proof.signed.note.signatures
        return {
            "schema": BUNDLE_SCHEMA,
            "envelope": self.envelope.document(),
            "log": {"leaf": loads(self.leaf), "proof": self.proof.encode().decode()},
            "keys": {
                "envelope": [key_id for key_id, _ in self.envelope.signatures],
                "log": [f"{line.name}+{line.short_id.hex()}" for line in lines],
            },
        }

    def encode(self) -> bytes:
        """Return the file's bytes."""
        return canonical_json(self.document()) + b"\n"


@dataclass(frozen=True, slots=True)
class SealedBundle:
    """The public bundle, the accepted bytes, the whole verdict, the salt, recorded inputs."""

    public: PublicBundle
    submission: bytes = field(repr=False)
    verdict: Mapping[str, Any] = field(repr=False)
    salt: bytes | None = field(repr=False)
    recorded: Mapping[str, bytes] = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        recorded = {name: _spelled(content) for name, content in self.recorded.items()}
        return {
            "schema": SEALED_SCHEMA,
            "public": self.public.document(),
            "submission": _spelled(self.submission),
            "verdict": dict(self.verdict),
            "salt": None if self.salt is None else self.salt.hex(),
            "recorded": recorded,
        }

    def encode(self) -> bytes:
        """Return the file's bytes."""
        return canonical_json(self.document()) + b"\n"


def bundles(sealed: Sealed, leaf: bytes, proof: LogProof) -> tuple[PublicBundle, SealedBundle]:
    """Return both bundles of what `seal` made, once a checkpoint covers its leaf."""
    public = PublicBundle(sealed.envelope, leaf, proof)
    grounds = sealed.grounds
    return public, SealedBundle(
        public, grounds.body, sealed.verdict, sealed.salt, dict(grounds.recorded)
    )


def read_bundle(content: bytes) -> PublicBundle | SealedBundle:
    """Read a bundle of either kind.

    Raises InvalidEvidenceError; EvidenceRefusedError for a proof without a signed checkpoint.
    """
    try:
        found = loads(content, max_depth=_DEPTH, max_bytes=MAX_BUNDLE)
    except StrictJsonError as error:
        raise InvalidEvidenceError(f"the bundle {error}") from None
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema == SEALED_SCHEMA:
        return _sealed(found)
    if schema == BUNDLE_SCHEMA:
        return _public(found)
    raise InvalidEvidenceError(f"schema of the bundle must be {BUNDLE_SCHEMA} or {SEALED_SCHEMA}")


def _public(document: object) -> PublicBundle:
    found = _members(document, {"schema", "envelope", "log", "keys"}, "the bundle")
    log = _members(found["log"], {"leaf", "proof"}, "log of the bundle")
    if not isinstance(log["proof"], str):
        raise InvalidEvidenceError("log.proof of the bundle must be text")
    leaf = canonical_json(log["leaf"])
    read_leaf(leaf)
    bundle = PublicBundle(envelope_of(found["envelope"]), leaf, read_proof(log["proof"].encode()))
    if bundle.document() != found:
        raise InvalidEvidenceError("schema or keys of the bundle are not those of its parts")
    return bundle


def _sealed(document: dict[str, Any]) -> SealedBundle:
    names = {"schema", "public", "submission", "verdict", "salt", "recorded"}
    found = _members(document, names, "the bundle")
    for name in ("verdict", "recorded"):
        if not isinstance(found[name], dict):
            raise InvalidEvidenceError(f"{name} of the bundle must be an object")
    return SealedBundle(
        _public(found["public"]),
        _octets(found["submission"], "submission"),
        found["verdict"],
        _salt(found["salt"]),
        {name: _octets(item, "an entry of recorded") for name, item in found["recorded"].items()},
    )


def _salt(value: object) -> bytes | None:
    if value is None:
        return None
    try:
        salt = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        salt = b""
    if len(salt) != SALT_SIZE or salt.hex() != value:
        raise InvalidEvidenceError(f"salt of the bundle must be {2 * SALT_SIZE} hexadecimal digits")
    return salt


def _octets(value: object, name: str) -> bytes:
    if not isinstance(value, str):
        raise InvalidEvidenceError(f"{name} of the bundle must be base64")
    return read_base64(value, f"{name} of the bundle")


def _spelled(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _members(value: object, names: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise InvalidEvidenceError(f"{what} must be an object with {', '.join(sorted(names))}")
    return value
