"""Taking votes in, on a connection whose transaction is the caller's.

Every vote first raises a counter of the round's row, and thereby holds the row until the
transaction ends: of two commits of one voter at once, one is written. A refusal undoes the counter.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import and_, bindparam, select, update

from validator.domain.voting import Phase, Round, Stage
from validator.errors import (
    AlreadyVotedError,
    CopiedCommitError,
    FieldError,
    NotCommittedError,
    NotDrawnError,
    NotFoundError,
    RevealMismatchError,
    StoreUnavailableError,
)
from validator.store.inserts import Insert
from validator.store.round_rows import ROUND_COLUMNS, require_phase, round_of
from validator.store.round_tables import round_commits, round_reveals, round_voters, rounds
from validator.store.values import micros

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from validator.domain.voting import Commit, Reveal

_R, _V, _C, _E = rounds.c, round_voters.c, round_commits.c, round_reveals.c
_ID = _R.round_id == bindparam("id")
_MINE = and_(_ID, _R.owner == bindparam("whose"))
_ROUND = select(*ROUND_COLUMNS).where(_MINE)
_IN_COMMIT = and_(_MINE, _R.stage == Stage.VOTING.value, _R.commit_until > bindparam("now"))
_IN_REVEAL = and_(
    _MINE,
    _R.stage == Stage.VOTING.value,
    _R.commit_until <= bindparam("now"),
    _R.reveal_until > bindparam("now"),
)
_COMMITTED = (
    update(rounds).where(_IN_COMMIT).values(commits=_R.commits + 1).returning(*ROUND_COLUMNS)
)
_REVEALED = (
    update(rounds).where(_IN_REVEAL).values(reveals=_R.reveals + 1).returning(*ROUND_COLUMNS)
)
_ALL_COMMITTED = (
    update(rounds).where(_ID).values(commit_until=bindparam("now"), reveal_until=bindparam("end"))
)
_ALL_REVEALED = update(rounds).where(_ID).values(reveal_until=bindparam("now"))
_VOTER = and_(_V.round_id == bindparam("id"), _V.voter == bindparam("voter"))
_SEAT = select(_V.voter).where(_VOTER)
_COMMIT = select(_C.commit_hash).where(
    _C.round_id == bindparam("id"), _C.voter == bindparam("voter")
)
_TWIN = select(_C.voter).where(_C.round_id == bindparam("id"), _C.commit_hash == bindparam("hash"))
_REVEAL = select(_E.score).where(_E.round_id == bindparam("id"), _E.voter == bindparam("voter"))
_COMMITS = Insert(round_commits, "round_id", "voter", "commit_hash", "signature", "at")
_REVEALS = Insert(round_reveals, "round_id", "voter", "score", "salt", "reasoning_sha256", "at")


def read_round(connection: Connection, owner: str, round_id: str) -> Round:
    """Return a round. Raises NotFoundError, also for another owner's."""
    row = connection.execute(_ROUND, {"whose": owner, "id": round_id}).one_or_none()
    if row is None:
        raise NotFoundError("There is no such round.")
    return round_of(row)


def require_seat(connection: Connection, named: Mapping[str, str]) -> None:
    """Raise NotDrawnError unless `named["voter"]` has a seat in the round `named["id"]`."""
    if connection.execute(_SEAT, named).one_or_none() is None:
        message = "was not drawn for this round"
        raise NotDrawnError(f"voter {message}.", (FieldError("voter", message),))


def commit(connection: Connection, owner: str, round_id: str, vote: Commit, now: datetime) -> Round:
    """See RoundStore.commit. Once all have committed, the reveal window opens."""
    row = connection.execute(
        _COMMITTED, {"id": round_id, "whose": owner, "now": micros(now)}
    ).one_or_none()
    if row is None:
        _refuse(connection, owner, round_id, Phase.COMMIT, now)
    _require_first_commit(connection, round_id, vote)
    _COMMITS.run(connection, [(round_id, vote.voter, vote.commit, vote.signature, micros(now))])
    taken = round_of(row)
    if taken.commits < taken.drawn:
        return taken
    end = now + timedelta(seconds=taken.rules.reveal_s)
    connection.execute(_ALL_COMMITTED, {"id": round_id, "now": micros(now), "end": micros(end)})
    return read_round(connection, owner, round_id)


def reveal(connection: Connection, owner: str, round_id: str, vote: Reveal, now: datetime) -> Round:
    """See RoundStore.reveal. Once all that committed have revealed, the window is over."""
    row = connection.execute(
        _REVEALED, {"id": round_id, "whose": owner, "now": micros(now)}
    ).one_or_none()
    if row is None:
        _refuse(connection, owner, round_id, Phase.REVEAL, now)
    _require_opening(connection, round_id, vote)
    values = (round_id, vote.voter, vote.score, vote.salt, vote.reasoning_sha256, micros(now))
    _REVEALS.run(connection, [values])
    taken = round_of(row)
    if taken.reveals < taken.commits:
        return taken
    connection.execute(_ALL_REVEALED, {"id": round_id, "now": micros(now)})
    return read_round(connection, owner, round_id)


def _refuse(
    connection: Connection, owner: str, round_id: str, wanted: Phase, now: datetime
) -> NoReturn:
    """Say why the row took no vote."""
    require_phase(read_round(connection, owner, round_id), wanted, now)
    # Another transaction moved the round between our two looks at it.
    raise StoreUnavailableError("The round changed at this very moment; repeat the request.")


def _require_first_commit(connection: Connection, round_id: str, vote: Commit) -> None:
    named = {"id": round_id, "voter": vote.voter}
    require_seat(connection, named)
    earlier = connection.execute(_COMMIT, named).scalar_one_or_none()
    if earlier is not None:
        _refuse_second("commit", same=earlier == vote.commit)
    if connection.execute(_TWIN, {"id": round_id, "hash": vote.commit}).one_or_none():
        message = "is the commit of another voter of this round"
        raise CopiedCommitError(f"commit {message}.", (FieldError("commit", message),))


def _require_opening(connection: Connection, round_id: str, vote: Reveal) -> None:
    named = {"id": round_id, "voter": vote.voter}
    require_seat(connection, named)
    recorded = connection.execute(_COMMIT, named).scalar_one_or_none()
    if recorded is None:
        message = "committed nothing in this round, so there is nothing to reveal"
        raise NotCommittedError(f"voter {message}.", (FieldError("voter", message),))
    if recorded != vote.commit:
        message = (
            "does not give the commit on record, together with salt and reasoning_sha256:"
            f" this reveal hashes to {vote.commit[:16]}..., recorded is {recorded[:16]}..."
        )
        raise RevealMismatchError(f"score {message}.", (FieldError("score", message),))
    if connection.execute(_REVEAL, named).one_or_none() is not None:
        _refuse_second("reveal", same=True)


def _refuse_second(what: str, *, same: bool) -> NoReturn:
    kept = f"with this very {what}, which is kept" if same else "with another one, which counts"
    message = f"has made a {what} in this round before, {kept}"
    raise AlreadyVotedError(f"voter {message}.", (FieldError("voter", message),))
