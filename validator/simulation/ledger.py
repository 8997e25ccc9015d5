"""Where the money is: whatever one side pays, another has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Ledger:
    """Sums in units over all months. `publishers` are below 0: they pay for everything.

    `network`: fees, the network's part and what rounding leaves. `experts`: their part. `treasury`:
    what was deducted, and the price of new accounts. `effort`: the cost of all work, which leaves
    the market. `bribes`: brought in from outside, so below 0.
    """

    publishers: int = 0
    network: int = 0
    experts: int = 0
    treasury: int = 0
    effort: int = 0
    bribes: int = 0

    def total(self, balances: int) -> int:
        """Return all of it with the accounts' balances; 0 unless money was made or lost."""
        return (
            balances + self.publishers + self.network + self.experts
            + self.treasury + self.effort + self.bribes
        )  # fmt: skip
