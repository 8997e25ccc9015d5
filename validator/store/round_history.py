"""What voters said before, and what their rounds came to: at most so much of it, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from validator.domain.voting import PastVote
from validator.store.round_tables import round_reveals, round_voters, rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from validator.domain.submission import Origin

SEATS: Final = 100
"""Newest seats of one voter that are looked at, decided or not: bounds the work of one count."""
ROUNDS: Final = 60
"""Newest decided rounds that are given, of all voters together."""

_V, _E, _R = round_voters.c, round_reveals.c, rounds.c
_SEATS = (
    select(_V.round_id, _V.voter)
    .where(_V.owner == bindparam("owner"), _V.voter == bindparam("voter"))
    .order_by(_V.round_id.desc())
    .limit(bindparam("seats"))
    .subquery()
)
_PAST = (
    select(_E.round_id, _E.voter, _E.score, _R.score)
    .select_from(_SEATS)
    .join(rounds, _R.round_id == _SEATS.c.round_id)
    .join(
        round_reveals,
        (_E.round_id == _SEATS.c.round_id) & (_E.voter == _SEATS.c.voter),
    )
    .where(_R.origin == bindparam("origin"), _R.score.is_not(None))
)


def past_votes(
    connection: Connection, owner: str, origin: Origin, voters: Sequence[str]
) -> list[PastVote]:
    """Return votes of these voters in decided rounds of one owner and origin.

    They are in the order of rounds, then voters. One query for each voter.
    """
    found: list[PastVote] = []
    for voter in voters:
        asked = {"owner": owner, "origin": origin.value, "voter": voter, "seats": SEATS}
        found += [PastVote(*row) for row in connection.execute(_PAST, asked).all()]
    newest = set(sorted({one.round_id for one in found}, reverse=True)[:ROUNDS])
    kept = [one for one in found if one.round_id in newest]
    return sorted(kept, key=lambda one: (one.round_id, one.voter))
