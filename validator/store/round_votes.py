"""Taking votes in, on a connection whose transaction is the caller's.

Every vote first raises a counter of the round's row, and thereby holds the row until the
transaction ends: of two commits of one voter at once, one is written. A refusal undoes the counter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import and_, bindparam, not_, or_, select, update

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

    from sqlalchemy import Connection, Select

    from validator.domain.voting import Commit, Reveal

_R, _V, _C, _E = rounds.c, round_voters.c, round_commits.c, round_reveals.c
_ID = _R.round_id == bindparam("id")
_MINE = and_(_ID, _R.owner == bindparam("whose"))
_ROUND = select(*ROUND_COLUMNS).where(_MINE)
# As Round.phase says it.
_ALL_COMMITTED = and_(_R.drawn > 0, _R.commits >= _R.drawn)
_IN_COMMIT = and_(
    _MINE,
    _R.stage == Stage.VOTING.value,
    _R.commit_until > bindparam("now"),
    _R.reveal_until > bindparam("now"),
    not_(_ALL_COMMITTED),
)
_IN_REVEAL = and_(
    _MINE,
    _R.stage == Stage.VOTING.value,
    or_(_R.commit_until <= bindparam("now"), _ALL_COMMITTED),
    _R.reveal_until > bindparam("now"),
)
_COMMITTED = (
    update(rounds).where(_IN_COMMIT).values(commits=_R.commits + 1).returning(*ROUND_COLUMNS)
)
_REVEALED = (
    update(rounds).where(_IN_REVEAL).values(reveals=_R.reveals + 1).returning(*ROUND_COLUMNS)
)
_ALL_REVEALED = (
    update(rounds).where(_ID).values(stage=Stage.COUNTING.value, look_at=bindparam("now"))
)
_RESTED = update(round_voters).where(_V.round_id == bindparam("id")).values(running=0)
_VOTER = and_(_V.round_id == bindparam("id"), _V.voter == bindparam("voter"))
_SEAT = select(_V.voter).where(_VOTER)
_COMMIT = select(_C.commit_hash).where(
    _C.round_id == bindparam("id"), _C.voter == bindparam("voter")
)
_TWIN = select(_C.voter).where(_C.round_id == bindparam("id"), _C.commit_hash == bindparam("hash"))
_REVEAL = select(_E.score).where(_E.round_id == bindparam("id"), _E.voter == bindparam("voter"))
_OPENED = _COMMIT.join(round_reveals, and_(_E.round_id == _C.round_id, _E.voter == _C.voter))
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


def rest(connection: Connection, round_id: str) -> None:
    """Take a round off its voters' lists: nothing more is asked of them."""
    connection.execute(_RESTED, {"id": round_id})


def commit(connection: Connection, owner: str, round_id: str, vote: Commit, now: datetime) -> Round:
    """See RoundStore.commit. With the last drawn voter's the reveal window opens."""
    row = connection.execute(
        _COMMITTED, {"id": round_id, "whose": owner, "now": micros(now)}
    ).one_or_none()
    if row is None:
        found = read_round(connection, owner, round_id)
        _refuse_kept(connection, _COMMIT, "commit", round_id, vote)
        _refuse(found, Phase.COMMIT, now)
    _require_first_commit(connection, round_id, vote)
    _COMMITS.run(connection, [(round_id, vote.voter, vote.commit, vote.signature, micros(now))])
    return round_of(row)


def reveal(connection: Connection, owner: str, round_id: str, vote: Reveal, now: datetime) -> Round:
    """See RoundStore.reveal. Once all that committed have revealed, the votes can be counted.

    That takes no time from anybody: who has not committed by then cannot reveal. The published
    times stay as they are.
    """
    row = connection.execute(
        _REVEALED, {"id": round_id, "whose": owner, "now": micros(now)}
    ).one_or_none()
    if row is None:
        found = read_round(connection, owner, round_id)
        _refuse_kept(connection, _OPENED, "reveal", round_id, vote)
        _refuse(found, Phase.REVEAL, now)
    _require_opening(connection, round_id, vote)
    values = (round_id, vote.voter, vote.score, vote.salt, vote.reasoning_sha256, micros(now))
    _REVEALS.run(connection, [values])
    taken = round_of(row)
    if taken.reveals < taken.commits:
        return taken
    connection.execute(_ALL_REVEALED, {"id": round_id, "now": micros(now)})
    rest(connection, round_id)
    return read_round(connection, owner, round_id)


def _refuse_kept(
    connection: Connection, kept: Select[Any], what: str, round_id: str, vote: Commit | Reveal
) -> None:
    """Say that this very vote is kept, also after its window: the reply to it was lost."""
    named = {"id": round_id, "voter": vote.voter}
    if connection.execute(kept, named).scalar_one_or_none() == vote.commit:
        _refuse_second(what, same=True)


def _refuse(found: Round, wanted: Phase, now: datetime) -> NoReturn:
    """Say why the row took no vote."""
    require_phase(found, wanted, now)
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
