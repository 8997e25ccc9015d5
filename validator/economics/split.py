"""Who gets which part of a reward: sums exact, whatever the amount and whoever took part.

The design's three tasks with the default settings:

- audit of a 500-line contract, 100 TOS, peers and experts at work: 70 / 15 / 5 / 10;
- report, 50 TOS, settled by automatic checks alone: both unused tiers (20 %) go to the winner,
  who gets 45; the network has 5;
- optimisation, 200 TOS, peers and experts at work: 140 / 30 / 10 / 20.

The 45 hold where no other answer was accepted. Otherwise a tenth of the unused 10 TOS, 1 TOS, goes
to these (`accepted_ppm`), and the winner has 44. Automatic checks are the network's own work.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of a public value
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from validator.domain.economics import PPM
from validator.economics.amounts import apportion, part_of, whole
from validator.errors import EconomicsError

if TYPE_CHECKING:
    from validator.domain.economics import SplitSettings

MAX_WEIGHT: Final = 10**12
"""More than a bonus times a score ever needs."""


class Part(StrEnum):
    """What somebody is paid for. Of equal remainders the earlier part gets the unit."""

    WINNERS = "winners"
    ACCEPTED = "accepted"
    PEERS = "peers"
    EXPERTS = "experts"
    NETWORK = "network"
    PUBLISHER = "publisher"


@dataclass(frozen=True, slots=True)
class Parties:
    """Who took part, each with a weight >= 1 inside its part (`bonus_weight`, say).

    `winners`: the best answers. `accepted`: other answers that were accepted. `peers`, `experts`:
    whose reviews counted; empty where the tier was not used. Nobody is in two of them.
    """

    winners: Mapping[str, int] = field(default_factory=dict)
    accepted: Mapping[str, int] = field(default_factory=dict)
    peers: Mapping[str, int] = field(default_factory=dict)
    experts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payment:
    """So many units for one account."""

    account: str
    part: Part
    amount: int


@dataclass(frozen=True, slots=True)
class Division:
    """A reward to its last unit: payments to accounts, the network's part, the publisher's refund.

    Payments are in the order of the parts, and of the accounts' names in each.
    """

    payments: tuple[Payment, ...]
    network: int
    publisher: int

    @property
    def total(self) -> int:
        """Everything; equal to the reward."""
        return sum(payment.amount for payment in self.payments) + self.network + self.publisher

    def of(self, part: Part) -> int:
        """Return what a part gets in all."""
        if part is Part.NETWORK:
            return self.network
        if part is Part.PUBLISHER:
            return self.publisher
        return sum(payment.amount for payment in self.payments if payment.part is part)


def shares(parties: Parties, settings: SplitSettings) -> dict[Part, int]:
    """Return the ppm of each part, 1,000,000 together.

    The share of a tier that nobody worked in goes to the winners, `accepted_ppm` of it to accepted
    answers that did not win. Without a winner those who reviewed and the network keep theirs, and
    the publisher gets the rest back.
    """
    found = {
        Part.PEERS: settings.peers_ppm if parties.peers else 0,
        Part.EXPERTS: settings.experts_ppm if parties.experts else 0,
        Part.NETWORK: settings.network_ppm,
    }
    left = PPM - sum(found.values())
    unused = left - settings.winners_ppm
    accepted = part_of(unused, settings.accepted_ppm) if parties.accepted else 0
    return found | {
        Part.WINNERS: left - accepted if parties.winners else 0,
        Part.ACCEPTED: accepted,
        Part.PUBLISHER: 0 if parties.winners else left,
    }


def split(reward: int, parties: Parties, settings: SplitSettings) -> Division:
    """Divide a reward, in units of 0 to 2^64 - 1, among all who have a part in it.

    Twice the largest remainder: between the parts, then inside each by weight, where of equal
    remainders the account that comes first by name gets the unit. The order in which parties are
    given changes nothing. Raises EconomicsError that names the field.
    """
    whole("reward", reward)
    _check(parties)
    share = shares(parties, settings)
    amounts = dict(zip(Part, apportion(reward, [share[part] for part in Part]), strict=True))
    return Division(
        tuple(
            Payment(account, part, amount)
            for part, members in _members(parties).items()
            if members
            for account, amount in _inside(amounts[part], members)
        ),
        amounts[Part.NETWORK],
        amounts[Part.PUBLISHER],
    )


def _members(parties: Parties) -> dict[Part, Mapping[str, int]]:
    return {
        Part.WINNERS: parties.winners,
        Part.ACCEPTED: parties.accepted,
        Part.PEERS: parties.peers,
        Part.EXPERTS: parties.experts,
    }


def _inside(amount: int, members: Mapping[str, int]) -> list[tuple[str, int]]:
    names = sorted(members)
    parts = apportion(amount, [members[name] for name in names])
    return list(zip(names, parts, strict=True))


def _check(parties: Parties) -> None:
    seen: dict[str, Part] = {}
    for part, members in _members(parties).items():
        for account, weight in members.items():
            whole(f"{part}[{account}]", weight, 1, MAX_WEIGHT)
            if account in seen:
                raise EconomicsError(f"{part}[{account}]", f"is among the {seen[account]}, too")
            seen[account] = part
    if parties.accepted and not parties.winners:
        raise EconomicsError("accepted", "needs a winner: the best accepted answer is one")
