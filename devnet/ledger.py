"""Nonces, balances and multisig set-ups by topoheight, so that a re-order takes them back.

Amounts are chain units. A balance version that spent something keeps its *output* balance beside
the final one: what was left of the funds that the spender could see (protocol note, 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.wire.tos import MultiSigSetup, PublicKey

TOS_ASSET: Final = bytes(32)
Holding = tuple["PublicKey", bytes]
"""Whose and which asset."""
_Value = TypeVar("_Value")
_Name = TypeVar("_Name")


@dataclass(frozen=True, slots=True)
class Version(Generic[_Value]):
    """A value since a topoheight; `previous` is the topoheight of the version before, if any."""

    topoheight: int
    value: _Value
    previous: int | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds of an asset, and what its last spending left of what it could see."""

    amount: int
    output: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Where all TOS units are: given out, and of these burned, paid as fees, taken by AI mining."""

    issued: int = 0
    burned: int = 0
    fees: int = 0
    taken: int = 0


class History(Generic[_Name, _Value]):
    """Versions of many values by name; the newest can be taken back."""

    def __init__(self) -> None:
        self._versions: dict[_Name, list[Version[_Value]]] = {}
        self._written: dict[int, list[_Name]] = {}

    def write(self, name: _Name, topoheight: int, value: _Value) -> None:
        """Set a value from a topoheight on. A second write at the same one replaces the first."""
        versions = self._versions.setdefault(name, [])
        if versions and versions[-1].topoheight == topoheight:
            versions[-1] = replace(versions[-1], value=value)
            return
        previous = versions[-1].topoheight if versions else None
        versions.append(Version(topoheight, value, previous))
        self._written.setdefault(topoheight, []).append(name)

    def last(self, name: _Name) -> Version[_Value] | None:
        """Return the newest version."""
        versions = self._versions.get(name)
        return versions[-1] if versions else None

    def newest(
        self, name: _Name, accept: Callable[[Version[_Value]], bool]
    ) -> Version[_Value] | None:
        """Return the newest version that is accepted."""
        return next(filter(accept, reversed(self._versions.get(name, []))), None)

    def roll_back(self, topoheight: int) -> None:
        """Forget every version of this topoheight and above."""
        heights = [height for height in self._written if height >= topoheight]
        for name in {name for height in heights for name in self._written.pop(height)}:
            versions = self._versions[name]
            while versions and versions[-1].topoheight >= topoheight:
                versions.pop()
            if not versions:
                del self._versions[name]

    def latest(self) -> dict[_Name, _Value]:
        """Return every newest value."""
        return {name: versions[-1].value for name, versions in self._versions.items()}


@dataclass(slots=True)
class Ledger:
    """All that a re-order rolls back."""

    nonces: History[PublicKey, int] = field(default_factory=History)
    balances: History[Holding, Balance] = field(default_factory=History)
    multisig: History[PublicKey, MultiSigSetup | None] = field(default_factory=History)
    supply: History[None, Totals] = field(default_factory=History)

    def nonce(self, key: PublicKey) -> int | None:
        """Return the next nonce; None for an account that never held anything."""
        version = self.nonces.last(key)
        return None if version is None else version.value

    def amount(self, key: PublicKey, asset: bytes = TOS_ASSET) -> int:
        """Return the final balance."""
        version = self.balances.last((key, asset))
        return 0 if version is None else version.value.amount

    def setup(self, key: PublicKey) -> MultiSigSetup | None:
        """Return the multisig set-up in force."""
        version = self.multisig.last(key)
        return None if version is None else version.value

    def held(self) -> int:
        """Return the sum of all balances in TOS units."""
        latest = self.balances.latest()
        return sum(balance.amount for (_, asset), balance in latest.items() if asset == TOS_ASSET)

    @property
    def totals(self) -> Totals:
        """The sums at the newest topoheight."""
        version = self.supply.last(None)
        return Totals() if version is None else version.value

    def spendable(self, holding: Holding, reference: int, now: int) -> int:
        """Return what a transaction may spend that was built on topoheight `reference`.

        The version of the reference counts, so that funds which came later do not; after a later
        spending of the same account, that spending's output balance does.
        """
        reference = min(reference, now)
        spent = self.balances.newest(
            holding, lambda one: reference <= one.topoheight and one.value.output is not None
        )
        if spent is not None and spent.topoheight > reference and spent.value.output is not None:
            return spent.value.output
        seen = self.balances.newest(holding, lambda one: one.topoheight <= reference)
        if seen is not None:
            return seen.value.amount
        return self.amount(*holding)  # nothing that old: a node takes the newest

    def roll_back(self, topoheight: int) -> None:
        """Take back every change of this topoheight and above."""
        for history in (self.nonces, self.balances, self.multisig, self.supply):
            history.roll_back(topoheight)
