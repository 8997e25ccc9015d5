"""Parameters of methods as the node's deserializer reads them: an object, or an array in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devnet.errors import Code, NodeError, invalid_params
from validator.wire.tos import AddressError, DecodeError, Network, PublicKey, key_from_json
from validator.wire.tos.address import ACCOUNT, INTEGRATED, decode_bech32
from validator.wire.tos.keys import KEY_SIZE
from validator.wire.tos.networks import MAINNET_PREFIX, TEST_PREFIX
from validator.wire.tos.octets import HASH_SIZE, U64_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_INTEGRATED: Final = 128
REQUIRED: Final = object()
"""In the place of a default: there is none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its name, how a JSON value becomes a Python one, what stands for none."""

    name: str
    read: Callable[[object, str], object]
    default: object = REQUIRED


@dataclass(frozen=True, slots=True)
class GivenAddress:
    """An address of a request; `plain` is false for an integrated one."""

    key: PublicKey
    prefix: str
    plain: bool

    def of(self, network: Network) -> PublicKey:
        """Return the key. Raises NodeError when the prefix is another network's."""
        if self.prefix != network.prefix:
            raise invalid_params("Invalid network state")
        return self.key


def no_params(params: object) -> None:
    """Refuse everything but absent, null and an empty array: an empty object, too."""
    if params is not None and params != []:
        raise NodeError(Code.INVALID_PARAMS, "Unexpected parameters for this method")


def read_params(params: object, fields: Sequence[Field]) -> dict[str, Any]:
    """Return the values by name. Raises NodeError (-32602) that names what does not read."""
    if params is None:
        params = {}
    if isinstance(params, list):
        if len(params) > len(fields):
            raise invalid_params(f"invalid length {len(params)}, expected {len(fields)} elements")
        params = dict(zip((field.name for field in fields), params, strict=False))
    if not isinstance(params, dict):
        raise invalid_params("invalid type, expected an object")
    return {field.name: _value(params, field) for field in fields}


def _value(params: dict[str, object], field: Field) -> object:
    if field.name in params:
        return field.read(params[field.name], field.name)
    if field.default is REQUIRED:
        raise invalid_params(f"missing field `{field.name}`")
    return field.default


def u64(value: object, name: str) -> int:
    """Read a whole number below 2^64."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= U64_MAX:
        raise invalid_params(f"invalid value for `{name}`, expected u64")
    return value


def optional_u64(value: object, name: str) -> int | None:
    """Read a whole number or null."""
    return None if value is None else u64(value, name)


def boolean(value: object, name: str) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise invalid_params(f"invalid type for `{name}`, expected a boolean")
    return value


def text(value: object, name: str) -> str:
    """Read text."""
    if not isinstance(value, str):
        raise invalid_params(f"invalid type for `{name}`, expected a string")
    return value


def hash32(value: object, name: str) -> bytes:
    """Read 64 hex digits of either case."""
    data = octets(value, name)
    if len(data) != HASH_SIZE:
        raise invalid_params(f"Invalid hex length for `{name}`")
    return data


def octets(value: object, name: str) -> bytes:
    """Read hex of any length."""
    given = text(value, name)
    # bytes.fromhex alone would let spaces pass.
    if not given.isascii() or not (given.isalnum() or not given):
        raise invalid_params(f"Invalid hex for `{name}`")
    try:
        return bytes.fromhex(given)
    except ValueError:
        raise invalid_params(f"Invalid hex for `{name}`") from None


def hashes(value: object, name: str) -> list[bytes]:
    """Read an array of hashes."""
    if not isinstance(value, list):
        raise invalid_params(f"invalid type for `{name}`, expected a sequence")
    return [hash32(one, name) for one in value]


def key32(value: object, name: str) -> PublicKey:
    """Read an array of 32 numbers; an address is refused here."""
    try:
        return key_from_json(value, name)
    except DecodeError as error:
        raise invalid_params(str(error)) from None


def address(value: object, name: str) -> GivenAddress:
    """Read an account's or an integrated address of either prefix."""
    try:
        prefix, data = decode_bech32(text(value, name))
    except AddressError as error:
        raise invalid_params(f"`{name}`: {error}") from None
    extra = len(data) - KEY_SIZE - 1
    kind = data[KEY_SIZE] if extra >= 0 else None
    plain = kind == ACCOUNT
    if prefix not in (MAINNET_PREFIX, TEST_PREFIX) or not (
        plain or (kind == INTEGRATED and 0 < extra <= MAX_INTEGRATED)
    ):
        raise invalid_params(f"`{name}`: not an address of this chain")
    return GivenAddress(PublicKey(data[:KEY_SIZE]), prefix, plain)
