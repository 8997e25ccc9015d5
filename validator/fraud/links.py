"""Links between accounts, each from the acts of the one whom it speaks against.

Nobody can be framed by being copied, followed, paid or praised: those are acts of the other side
and make links of that side only (threat model, row 29). What two have in common ties the one who
joined later to the one who was there before, and not the other way round: else copying what
another copied, or paying where he pays, would tie him to the imitator.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Final

from validator.fraud.copies import Source, is_clear

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from validator.fraud.copies import Resemblance


class LinkKind(StrEnum):
    """What the accused did."""

    COPIED = "copied"
    SHARED_TEXT = "shared_text"
    TIMING = "shared_timing"
    FUNDING = "common_funding"
    FAVOUR = "mutual_favours"
    CAMP = "camp"


MOST: Final[Mapping[LinkKind, float]] = {
    LinkKind.COPIED: 0.7,
    LinkKind.SHARED_TEXT: 0.7,
    LinkKind.TIMING: 0.4,
    LinkKind.FUNDING: 0.4,
    LinkKind.FAVOUR: 0.5,
    LinkKind.CAMP: 0.5,
}
"""The most that one kind weighs, however much there is of it. Only copying, which nobody does for
another, is enough alone for an edge of a ring (`rings.EDGE`)."""

SHARED_PLACE: Final = 0.25
"""The most that paying where another paid before weighs, in however many places. A stranger who
foresees where an account pays can pay there first; with all of `TIMING`, which can be foreseen as
well, this stays below an edge."""

LEAST_PART: Final = 0.5
"""Part of its recorded income that an account must have from one funder to live off him: dust that
a stranger adds never was what a payment was made with."""

MAX_GROUP: Final = 200
"""Accounts with one source, sink or camp of which every two are linked; of larger groups each with
as many of its neighbours in the order of names, which is the same in every kind."""


Joined = tuple[int, str]
"""When an account did what a group has in common, and by which act."""


@dataclass(frozen=True, slots=True)
class Link:
    """`accused` did something that ties it to `other`. `weight` 0-1; `evidence`: its acts."""

    accused: str
    other: str
    kind: LinkKind
    weight: float
    detail: str
    evidence: tuple[str, ...]


def text_links(found: Sequence[Resemblance], margin: int) -> list[Link]:
    """Link copiers to those they copied, and to those who copied the same before them.

    The author of a source that others copied gets no link by it. A source with many copiers ties
    any two of them less: good answers are stolen by strangers, too.
    """
    copies = [
        one
        for one in found
        if one.source in (Source.ANSWER, Source.OTHER_TASK)
        and one.author not in (None, one.account)
        and is_clear(one, margin)
        and one.source_derived < one.similarity
    ]
    made: dict[tuple[str, str, LinkKind], list[tuple[float, str]]] = defaultdict(list)
    by_source: dict[str, dict[str, Joined]] = defaultdict(dict)
    for one in sorted(copies, key=lambda one: (one.order, one.answer_id)):
        made[one.account, str(one.author), LinkKind.COPIED].append((0.3, one.answer_id))
        by_source[one.source_id].setdefault(one.account, (one.order, one.answer_id))
    for copiers in by_source.values():
        strength = 0.5 / math.sqrt(max(1, len(copiers) - 1))
        for later, before, act in followers(copiers, margin):
            made[later, before, LinkKind.SHARED_TEXT].append((strength, act))
    words = {
        LinkKind.COPIED: "copied it {} times",
        LinkKind.SHARED_TEXT: "copied {} answers that it had copied before",
    }
    return [
        _link(key, [weight for weight, _ in acts], words[key[2]].format(len(acts)),
              [act for _, act in acts])
        for key, acts in sorted(made.items())
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that `sender` sent; the amount in the chain's smallest unit, time in milliseconds."""

    transfer_id: str
    sender: str
    receiver: str
    amount: int
    sent_at: int


def money_links(transfers: Iterable[Transfer], public: Iterable[str] = ()) -> list[Link]:
    """Link accounts by the money that they sent: to each other, to one place, or of one source.

    To receive is no act. That an account lives off another's money is told by its spending alone:
    its first payment was more than all it had from anybody else, so it must have used that money,
    which was half of all it had. Who has enough of his own is not linked, whatever is sent to him;
    nor who pays more than he is known to have had, so that something else was used. `public`
    accounts (exchanges, faucets, the chain's own) link nobody.
    """
    known = frozenset(public)
    ordered = sorted(transfers, key=lambda one: (one.sent_at, one.transfer_id))
    made: dict[tuple[str, str, LinkKind], list[tuple[float, str]]] = defaultdict(list)
    places: dict[str, dict[str, Joined]] = defaultdict(dict)
    funders: dict[str, dict[str, Joined]] = defaultdict(dict)
    for one in ordered:
        if one.sender != one.receiver and one.receiver not in known and one.sender not in known:
            made[one.sender, one.receiver, LinkKind.FUNDING].append((0.3, one.transfer_id))
            places[one.receiver].setdefault(one.sender, (one.sent_at, one.transfer_id))
    for account, (funder, payment) in sorted(_lives_off(ordered).items()):
        if funder not in known:
            made[account, funder, LinkKind.FUNDING].append((0.3, payment.transfer_id))
            funders[funder][account] = (payment.sent_at, payment.transfer_id)
    for members in funders.values():
        for later, before, act in followers(members, 0):
            made[later, before, LinkKind.FUNDING].append((0.35, act))
    for (later, before), acts in sorted(_same_places(places).items()):
        # One sign, however many places: a place of many payers ties any two of them less.
        weight = min(SHARED_PLACE, any_of(weight for weight, _ in acts))
        made[later, before, LinkKind.FUNDING].append((weight, acts[0][1]))
    return [
        _link(key, [weight for weight, _ in acts], f"money, in {len(acts)} ways",
              [act for _, act in acts])
        for key, acts in sorted(made.items())
    ]  # fmt: skip


def _same_places(
    places: Mapping[str, Mapping[str, Joined]],
) -> dict[tuple[str, str], list[tuple[float, str]]]:
    """Return (later payer, earlier payer) to the weights and acts of the places they share."""
    found: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for _, payers in sorted(places.items()):
        strength = SHARED_PLACE / math.sqrt(max(1, len(payers) - 1))
        for later, before, act in followers(payers, 0):
            found[later, before].append((strength, act))
    return found


def _lives_off(ordered: Sequence[Transfer]) -> dict[str, tuple[str, Transfer]]:
    """Account to the funder that its first payment cannot have been without, and that payment."""
    income: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    found: dict[str, tuple[str, Transfer]] = {}
    spent: set[str] = set()
    for one in ordered:
        if one.sender not in spent:
            spent.add(one.sender)
            had = income[one.sender]
            whole = sum(had.values())
            needed = [funder for funder in had if whole - had[funder] < one.amount <= whole]
            if len(needed) == 1 and had[needed[0]] >= LEAST_PART * whole:
                found[one.sender] = (needed[0], one)
        if one.sender != one.receiver:
            income[one.receiver][one.sender] += one.amount
    return found


def camp_links(camps: Iterable[tuple[Sequence[str], float]]) -> list[Link]:
    """Link the members of camps (members, strength 0-1) that the votes show: votes are own acts."""
    found = []
    for members, strength in camps:
        for one, other in neighbours(members):
            weight = MOST[LinkKind.CAMP] * min(1.0, max(0.0, strength))
            for own, its in ((one, other), (other, one)):
                found.append(Link(own, its, LinkKind.CAMP, weight, "votes in the same camp", ()))
    return found


def followers(members: Mapping[str, Joined], margin: int) -> Iterable[tuple[str, str, str]]:
    """Yield (later account, earlier account, act of the later one) for every two of a group.

    Left out are those that joined no more than `margin` apart.
    """
    for one, other in neighbours(members):
        before, later = sorted((one, other), key=lambda account: members[account][0])
        if members[later][0] - members[before][0] > margin:
            yield later, before, members[later][1]


def neighbours(members: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Return every two of a group, or of a very large one each with its next `MAX_GROUP`."""
    ordered = sorted(set(members))
    if len(ordered) <= MAX_GROUP:
        return combinations(ordered, 2)
    return (
        (one, other)
        for place, one in enumerate(ordered)
        for other in ordered[place + 1 : place + 1 + MAX_GROUP]
    )


def any_of(weights: Iterable[float]) -> float:
    """Combine independent signs: 1 less the chance that none of them means anything (noisy or)."""
    return 1 - math.prod(1 - weight for weight in weights)


def _link(
    key: tuple[str, str, LinkKind], weights: list[float], detail: str, acts: list[str]
) -> Link:
    accused, other, kind = key
    weight = min(MOST[kind], any_of(weights))
    return Link(accused, other, kind, round(weight, 4), detail, tuple(sorted(set(acts))))
