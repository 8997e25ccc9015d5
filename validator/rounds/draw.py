"""The draw: pure, and repeatable by anyone who has the frozen set and the seed.

The eligible are frozen, with a digest, before the seed can be known: it is the hash of a block that
comes later (threat model, row 28). Each of them then has a ticket,

    BLAKE3("TOSV-DRAW/1" 00 || seed (32 bytes) || voter's public key (32 bytes) || round id)

and the tickets are sorted as numbers. From the smallest on seats are given, unless the voter's
cluster has its share of them already. Stake plays no part: bought stake must not buy seats.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from validator.domain.voting import Seat
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.tos import blake3_256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.domain.voting import Candidate, Parties, Rules

PREFIX: Final = b"TOSV-DRAW/1\x00"
ELIGIBLE_SCHEMA: Final = "tosv.eligible/1"


class Exclusion(StrEnum):
    """Why a candidate is not eligible; the first that fits."""

    PUBLISHER = "publisher"
    SUBMITTER = "submitter"
    ANSWERED = "answered"
    LINKED = "linked"
    EARLIER = "drawn_earlier"


def sort_out(
    pool: Sequence[Candidate], parties: Parties
) -> tuple[list[Candidate], dict[str, Exclusion]]:
    """Return the eligible, by their keys, and why each of the others is not.

    Whoever shares a cluster with an interested party is linked with it.
    """
    reasons = dict.fromkeys(parties.earlier, Exclusion.EARLIER)
    interested = dict.fromkeys(parties.linked, Exclusion.LINKED)
    interested |= dict.fromkeys(parties.answerers, Exclusion.ANSWERED)
    interested[parties.submitter] = Exclusion.SUBMITTER
    interested[parties.publisher] = Exclusion.PUBLISHER
    reasons |= interested
    clusters = {one.cluster for one in pool if one.cluster and one.voter in interested}
    clusters |= set(parties.clusters)
    eligible, excluded = [], {}
    for one in sorted(pool, key=lambda candidate: candidate.voter):
        if one.voter in reasons:
            excluded[one.voter] = reasons[one.voter]
        elif one.cluster in clusters:
            excluded[one.voter] = Exclusion.LINKED
        else:
            eligible.append(one)
    return eligible, excluded


def drawable(rules: Rules, eligible: Sequence[Candidate]) -> int:
    """Return how many seats can be given: a cluster counts for its share of them at most."""
    clusters = Counter(one.cluster for one in eligible)
    alone = clusters.pop(None, 0)
    shared = sum(min(count, rules.cluster_seats) for count in clusters.values())
    return min(rules.seats, alone + shared)


def eligible_digest(round_id: str, rules: Rules, eligible: Sequence[Candidate]) -> str:
    """Return the digest of all that decides a draw but its seed; `eligible` in order of keys.

    It is `sha256:` of the canonical JSON of what `eligible_to_json` returns.
    """
    return sha256_digest(canonical_json(eligible_to_json(round_id, rules, eligible)))


def eligible_to_json(
    round_id: str, rules: Rules, eligible: Sequence[Candidate]
) -> dict[str, object]:
    """Return what is frozen. Stakes are decimal text: they may have more than 53 bits."""
    return {
        "schema": ELIGIBLE_SCHEMA,
        "round": round_id,
        "seats": rules.seats,
        "cluster_seats": rules.cluster_seats,
        "eligible": [
            {"voter": one.voter, "stake": str(one.stake), "cluster": one.cluster}
            for one in eligible
        ],
    }


def ticket(round_id: str, seed: bytes, voter: str) -> bytes:
    """Return the 32 bytes by which a voter is sorted; `seed` has 32 bytes, `voter` is hex."""
    return blake3_256(PREFIX + seed + bytes.fromhex(voter) + round_id.encode("utf-8"))


def draw(
    round_id: str, seed: bytes, rules: Rules, eligible: Sequence[Candidate]
) -> tuple[Seat, ...]:
    """Give the seats. Fewer than `rules.seats` come back when there are not enough to fill them.

    A candidate without a cluster is alone in its own.
    """
    ordered = sorted(eligible, key=lambda one: (ticket(round_id, seed, one.voter), one.voter))
    taken: Counter[str] = Counter()
    seats: list[Seat] = []
    for one in ordered:
        if len(seats) == rules.seats:
            break
        if one.cluster is not None:
            if taken[one.cluster] >= rules.cluster_seats:
                continue
            taken[one.cluster] += 1
        seats.append(Seat(one.voter, len(seats), one.stake, one.cluster))
    return tuple(seats)


def excluded_to_json(excluded: Mapping[str, Exclusion]) -> list[dict[str, str]]:
    """Return who is not eligible and why, in order of keys."""
    return [{"voter": voter, "reason": excluded[voter].value} for voter in sorted(excluded)]
