"""Encrypted key files, `tosv.key/1`: one secret, bound to a network, under a passphrase.

Argon2id (RFC 9106) makes the key of ChaCha20-Poly1305 (RFC 8439); everything that the file says in
the clear is its associated data, so that no word of it can be changed. A checksum beside it tells
damage from a wrong passphrase, which the cipher alone cannot.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from validator.errors import (
    KeyFileDamagedError,
    KeyMismatchError,
    WrongKeyError,
    WrongPassphraseError,
)
from validator.keys.material import (
    SECRET_SIZE,
    AnyKey,
    Kind,
    from_secret,
    kind_of,
    public_of,
)
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.tos import Network, PublicKey, encode_address

if TYPE_CHECKING:
    from pydantic import SecretBytes

SCHEMA: Final = "tosv.key/1"
SALT_SIZE: Final = 16
NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16
DIGEST_SIZE: Final = 32

Hex16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cost(_Part):
    """What one guess at the passphrase costs. The default is RFC 9106's second recommendation.

    Files that ask for more than the bounds are refused: they could hold the machine up.
    """

    name: Literal["argon2id"] = "argon2id"
    memory_kib: Annotated[int, Field(ge=8 * 1024, le=1024 * 1024)] = 64 * 1024
    iterations: Annotated[int, Field(ge=1, le=16)] = 3
    lanes: Annotated[int, Field(ge=1, le=16)] = 4


STANDARD: Final = Cost()


class _Sealed(_Part):
    name: Literal["chacha20-poly1305"] = "chacha20-poly1305"
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
    text: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{96}$")]


class _Document(_Part):
    """The file, field by field."""

    schema_: Annotated[Literal["tosv.key/1"], Field(alias="schema")]
    kind: Kind
    network: Network
    genesis: Hex32 | None
    public_key: Hex32
    kdf: Cost
    salt: Hex16
    cipher: _Sealed
    checksum: str


@dataclass(frozen=True, slots=True)
class Binding:
    """What a key file says in the clear: which key, of what kind, for which chain.

    `genesis` is the hash of a chain's first block, where the key is bound to one chain of its
    network. A T0 transaction is valid on every network, so a key is used on one only.
    """

    kind: Kind
    network: Network
    genesis: bytes | None
    public_key: bytes

    @property
    def address(self) -> str | None:
        """The account's address; an evidence key has none."""
        if self.kind is Kind.EVIDENCE:
            return None
        return encode_address(PublicKey(self.public_key), self.network)

    def require(
        self,
        kind: Kind | None = None,
        network: Network | None = None,
        genesis: bytes | None = None,
    ) -> None:
        """Raise WrongKeyError unless the key is of this kind and bound to this chain."""
        if kind is not None and kind is not self.kind:
            raise WrongKeyError(f"this is the {self.kind.value} key, not the {kind.value} key")
        if network is not None and network is not self.network:
            raise WrongKeyError(
                f"this key is bound to {self.network.value} and must not be used on {network.value}"
            )
        if None not in (genesis, self.genesis) and genesis != self.genesis:
            raise WrongKeyError("this key is bound to a chain with another genesis block")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file in memory. Nothing in it is secret without the passphrase."""

    binding: Binding
    cost: Cost
    salt: bytes
    nonce: bytes
    sealed: bytes

    def to_bytes(self) -> bytes:
        """Return the file's JSON, with its checksum."""
        document = self._clear() | {
            "salt": self.salt.hex(),
            "cipher": _Sealed(nonce=self.nonce.hex(), text=self.sealed.hex()).model_dump(),
        }
        document["checksum"] = sha256_digest(canonical_json(document))
        return (json.dumps(document, indent=2) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> KeyFile:
        """Read a file. Raises KeyFileDamagedError."""
        raw = _json(data)
        try:
            document = _Document.model_validate(raw)
        except ValidationError as error:
            field = ".".join(map(str, error.errors()[0]["loc"])) or "it"
            raise KeyFileDamagedError(f"this is no key file of version 1: see {field}") from None
        rest = {name: value for name, value in raw.items() if name != "checksum"}
        if document.checksum != sha256_digest(canonical_json(rest)):
            raise KeyFileDamagedError("the key file was changed since it was written")
        genesis = None if document.genesis is None else bytes.fromhex(document.genesis)
        return cls(
            Binding(document.kind, document.network, genesis, bytes.fromhex(document.public_key)),
            document.kdf,
            bytes.fromhex(document.salt),
            bytes.fromhex(document.cipher.nonce),
            bytes.fromhex(document.cipher.text),
        )

    def open(self, passphrase: SecretBytes) -> AnyKey:
        """Return the key.

        Raises WrongPassphraseError, and KeyMismatchError when the secret inside does not give the
        public key that the file names.
        """
        cipher = ChaCha20Poly1305(_derive(passphrase, self.salt, self.cost))
        try:
            secret = cipher.decrypt(self.nonce, self.sealed, self._associated())
        except InvalidTag:
            raise WrongPassphraseError("the passphrase does not open this key file") from None
        key = from_secret(self.binding.kind, secret)
        if public_of(key) != self.binding.public_key:
            raise KeyMismatchError("the secret in this key file does not give its public key")
        return key

    def _clear(self) -> dict[str, Any]:
        binding = self.binding
        return {
            "schema": SCHEMA,
            "kind": binding.kind.value,
            "network": binding.network.value,
            "genesis": None if binding.genesis is None else binding.genesis.hex(),
            "public_key": binding.public_key.hex(),
            "kdf": self.cost.model_dump(),
        }

    def _associated(self) -> bytes:
        return canonical_json(self._clear())


def seal(
    key: AnyKey,
    network: Network,
    passphrase: SecretBytes,
    *,
    genesis: bytes | None = None,
    cost: Cost = STANDARD,
) -> KeyFile:
    """Encrypt a key for a file, with a salt and a nonce of its own."""
    binding = Binding(kind_of(key), network, genesis, public_of(key))
    salt, nonce = os.urandom(SALT_SIZE), os.urandom(NONCE_SIZE)
    blank = KeyFile(binding, cost, salt, nonce, b"")
    cipher = ChaCha20Poly1305(_derive(passphrase, salt, cost))
    sealed = cipher.encrypt(nonce, key.reveal(), blank._associated())  # noqa: SLF001 - our own
    return KeyFile(binding, cost, salt, nonce, sealed)


def _derive(passphrase: SecretBytes, salt: bytes, cost: Cost) -> bytes:
    derivation = Argon2id(
        salt=salt,
        length=SECRET_SIZE,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return derivation.derive(passphrase.get_secret_value())


def _json(data: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(data)
        canonical_json(raw)
    except (ValueError, RecursionError):
        raise KeyFileDamagedError("this is no key file: it is not JSON") from None
    if not isinstance(raw, dict):
        raise KeyFileDamagedError("this is no key file: it is no JSON object")
    return raw
