"""Account addresses: bech32 (BIP-173, constant 1, not bech32m) over public key || type byte.

Protocol note, section 4: the type byte follows the key, and only lower case decodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from validator.wire.tos.errors import AddressError
from validator.wire.tos.keys import KEY_SIZE, PublicKey
from validator.wire.tos.networks import MAINNET_PREFIX, TEST_PREFIX, Network

ACCOUNT: Final = 0
INTEGRATED: Final = 1
MAX_ADDRESS: Final = 320
"""Characters: an integrated address with 128 bytes of its own has 268."""

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_DIGITS: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_SIZE: Final = 6
_LOW_25_BITS: Final = 0x1FFFFFF


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says: a key, and whether it is of mainnet or of the three others."""

    public_key: PublicKey
    prefix: str

    def belongs_to(self, network: Network) -> bool:
        """Say whether the prefix is that of the network; the test networks share theirs."""
        return self.prefix == network.prefix


def encode_address(public_key: PublicKey, network: Network) -> str:
    """Return the account address of a key."""
    return encode_bech32(network.prefix, public_key.data + bytes([ACCOUNT]))


def decode_address(text: str, network: Network | None = None) -> Address:
    """Read an account address. Raises AddressError, also for a prefix of another network."""
    prefix, data = decode_bech32(text)
    if prefix not in (MAINNET_PREFIX, TEST_PREFIX):
        raise AddressError(f"an address begins with {MAINNET_PREFIX}1 or {TEST_PREFIX}1")
    if len(data) <= KEY_SIZE:
        raise AddressError(f"an address holds {KEY_SIZE + 1} bytes, this one {len(data)}")
    kind = data[KEY_SIZE]
    if kind == INTEGRATED:
        raise AddressError("this is an integrated address; give the account's own")
    if kind != ACCOUNT or len(data) != KEY_SIZE + 1:
        raise AddressError(f"an account's address is a key and a 0; this one has type {kind}")
    found = Address(PublicKey(data[:KEY_SIZE]), prefix)
    if network is not None and not found.belongs_to(network):
        raise AddressError(f"an address of {network.value} begins with {network.prefix}1")
    return found


def encode_bech32(prefix: str, data: bytes) -> str:
    """Return the bech32 text of some bytes. The prefix is lower case ASCII."""
    digits = _regroup(data)
    spread = _spread(prefix)
    rest = _polymod([*spread, *digits, *([0] * _CHECKSUM_SIZE)]) ^ 1
    checksum = [(rest >> 5 * (_CHECKSUM_SIZE - 1 - i)) & 31 for i in range(_CHECKSUM_SIZE)]
    return prefix + "1" + "".join(_ALPHABET[digit] for digit in (*digits, *checksum))


def decode_bech32(text: str) -> tuple[str, bytes]:
    """Return prefix and bytes. Raises AddressError."""
    if len(text) > MAX_ADDRESS:
        raise AddressError(f"an address has at most {MAX_ADDRESS} characters")
    if text != text.lower():
        raise AddressError("an address is written in lower case")
    prefix, separator, body = text.rpartition("1")
    if not separator or not prefix or len(body) < _CHECKSUM_SIZE or not prefix.isascii():
        raise AddressError("an address is a prefix, a 1, and letters with a checksum")
    try:
        digits = [_DIGITS[letter] for letter in body]
    except KeyError:
        raise AddressError("a character after the prefix is not of the bech32 alphabet") from None
    if _polymod([*_spread(prefix), *digits]) != 1:
        raise AddressError("the checksum of the address does not fit; look for a slip of the pen")
    return prefix, _ungroup(digits[:-_CHECKSUM_SIZE])


def _spread(prefix: str) -> list[int]:
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & _LOW_25_BITS) << 5 ^ value
        for position, generator in enumerate(_GENERATORS):
            check ^= generator if top >> position & 1 else 0
    return check


def _regroup(data: bytes) -> list[int]:
    """Cut 8-bit bytes into 5-bit digits, the last filled up with zero bits."""
    padding = -len(data) * 8 % 5
    count = (len(data) * 8 + padding) // 5
    number = int.from_bytes(data, "big") << padding
    return [number >> 5 * (count - 1 - i) & 31 for i in range(count)]


def _ungroup(digits: list[int]) -> bytes:
    """Put 5-bit digits together. Raises AddressError unless the spare bits are few and zero."""
    size, padding = divmod(len(digits) * 5, 8)
    number = 0
    for digit in digits:
        number = number << 5 | digit
    if padding >= 5 or number & (1 << padding) - 1:  # noqa: PLR2004 - BIP-173: less than a digit
        raise AddressError("the address does not end on a whole byte")
    return (number >> padding).to_bytes(size, "big")
