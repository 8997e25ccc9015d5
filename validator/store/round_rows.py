"""Between rounds as values and what their columns hold; and why a row does not take a vote."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from validator.domain.submission import Origin
from validator.domain.voting import Ballot, Candidate, Parties, Phase, Round, Rules, Seat, Stage
from validator.errors import FieldError, RoundPhaseError
from validator.store.round_tables import round_commits, round_reveals, round_voters, rounds
from validator.store.values import dump, instant, load, micros
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ROUND_COLUMNS = tuple(rounds.c[name] for name in Round.__dataclass_fields__)
_TIMES = frozenset({"opened_at", "commit_until", "reveal_until", "closed_at", "look_at"})
BALLOT_COLUMNS = (
    round_voters.c.round_id,
    round_voters.c.voter,
    round_voters.c.place,
    round_voters.c.stake,
    round_voters.c.cluster,
    round_commits.c.commit_hash,
    round_commits.c.signature,
    round_commits.c.at,
    round_reveals.c.score,
    round_reveals.c.salt,
    round_reveals.c.reasoning_sha256,
    round_reveals.c.at,
)


def round_values(new: Round) -> dict[str, Any]:
    """Return what the columns of a round hold."""
    values = {name: getattr(new, name) for name in Round.__dataclass_fields__}
    values |= {name: _micros(values[name]) for name in _TIMES}
    return values | {
        "origin": new.origin.value,
        "stage": new.stage.value,
        "parties": dump(asdict(new.parties)),
        "rules": dump(asdict(new.rules)),
        "result": None if new.result is None else dump(dict(new.result)),
    }


def round_of(row: Sequence[Any]) -> Round:
    """Return the round of a row of `ROUND_COLUMNS`; what follows them is left alone."""
    values = dict(zip(Round.__dataclass_fields__, row, strict=False))
    values |= {name: _instant(values[name]) for name in _TIMES}
    parties: dict[str, Any] = load(values["parties"])
    parties |= {name: tuple(one) for name, one in parties.items() if isinstance(one, list)}
    return Round(
        **values
        | {
            "origin": Origin(values["origin"]),
            "stage": Stage(values["stage"]),
            "parties": Parties(**parties),
            "rules": Rules(**load(values["rules"])),
            "result": load(values["result"]),
        }
    )


def ballot_of(row: Sequence[Any]) -> Ballot:
    """Return the ballot of a row of `BALLOT_COLUMNS`."""
    round_id, voter, place, stake, cluster, commit, signature, committed, *revealed = row
    score, salt, reasoning, revealed_at = revealed
    return Ballot(
        round_id=round_id,
        seat=Seat(voter, place, int(stake), cluster),
        commit=commit,
        signature=signature,
        committed_at=_instant(committed),
        score=score,
        salt=salt,
        reasoning_sha256=reasoning,
        revealed_at=_instant(revealed_at),
    )


def pool_text(pool: Sequence[Candidate]) -> str:
    """Return candidates as the store keeps them."""
    return dump([[one.voter, str(one.stake), one.cluster] for one in pool])


def pool_of(text: str) -> list[Candidate]:
    """Return what `pool_text` wrote."""
    return [Candidate(voter, int(stake), cluster) for voter, stake, cluster in load(text)]


def require_phase(round_: Round, wanted: Phase, now: datetime) -> None:
    """Raise RoundPhaseError, which says since when or until when, unless the round is there."""
    phase = round_.phase(now)
    if phase is wanted:
        return
    word = "commit" if wanted is Phase.COMMIT else "reveal"
    if phase is Phase.OPEN:
        why = "its voters are not drawn yet; wait for the phase commit"
    elif phase is Phase.COMMIT:
        why = f"the reveal window opens at {_told(round_.commit_until)}, or once all have committed"
    elif phase is Phase.REVEAL:
        why = f"the commit window ended at {_told(round_.commit_until)}"
        if round_.all_committed:
            why = "every drawn voter has committed, so that the votes are revealed now"
    elif round_.reveal_until is not None and now < round_.reveal_until:
        why = "every committed vote is revealed"
    else:
        why = f"its windows ended at {_told(round_.reveal_until)}"
    timing = "early" if phase is Phase.OPEN or wanted is Phase.REVEAL is not phase else "late"
    if phase is Phase.CLOSED:
        timing = "late"
    message = f"is too {timing} for a {word}: {why}"
    raise RoundPhaseError(f"round {message}.", (FieldError("round", message),))


def _told(at: datetime | None) -> str:
    return "no time yet" if at is None else rfc3339(at)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else instant(at)
