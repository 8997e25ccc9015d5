"""The least fee that a node takes (protocol note, section 5). All amounts are chain units."""

from __future__ import annotations

from typing import Final

from validator.wire.tos.errors import EncodeError

FEE_PER_KILOBYTE: Final = 10_000
FEE_PER_SIGNATURE: Final = 5_000
FEE_PER_OUTPUT: Final = 5_000
KILOBYTE: Final = 1024
UNITS_PER_TOS: Final = 10**8


def minimum_fee(size: int, multisig_signatures: int = 0, outputs: int = 0) -> int:
    """Return the least fee of a transaction of `size` full bytes, in units.

    `multisig_signatures` counts the participants' signatures, not the source's. `outputs` counts
    the recipients of a transfer; every other type has none. Raises EncodeError for a size below 1
    or a negative count.
    """
    if size < 1 or multisig_signatures < 0 or outputs < 0:
        raise EncodeError("minimum_fee needs a size of at least 1 and counts of at least 0")
    kilobytes = -(-size // KILOBYTE)
    extra = FEE_PER_SIGNATURE * multisig_signatures + FEE_PER_OUTPUT * outputs
    return FEE_PER_KILOBYTE * kilobytes + extra
