"""A round that follows another one: what it takes over from it.

Who opens a follow-up names candidates anew, and could leave out who was kept away before, drop the
clusters, or make a quorum easier. So the rounds on one answer have one set of rules, and whoever
was kept out of one of them is kept out of all that follow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from validator.domain.voting import Parties
from validator.errors import FieldError, InvalidDocumentError
from validator.rounds.draw import Exclusion, sort_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from validator.domain.voting import Candidate, Round, Seat
    from validator.rounds.reading import NewRound


def following(
    new: NewRound, before: Round, pool: Sequence[Candidate], seats: Sequence[Seat]
) -> NewRound:
    """Return a further round with all that holds on from the one before.

    Args:
        new: what is asked for.
        before: the round that it follows, which took over from its own one likewise.
        pool: the candidates of `before`.
        seats: who was drawn in it.

    Raises:
        InvalidDocumentError: a rule or the kind of task is asked for that is not the one before's.

    """
    _require_same_rules(new, before)
    if new.submission_id not in (None, before.submission_id):
        message = f"must be {before.submission_id or 'left out'} as in round {before.round_id}"
        raise InvalidDocumentError(
            f"submission_id {message}.", (FieldError("submission_id", message),)
        )
    known = {one.voter: one.cluster for one in pool}
    return replace(
        new,
        task_type=before.task_type,
        parties=_parties(new.parties, before, pool, seats),
        # A candidate cannot leave its cluster by not naming it.
        pool=tuple(replace(one, cluster=one.cluster or known.get(one.voter)) for one in new.pool),
        rules=before.rules,
        asked={},
        submission_id=before.submission_id,
    )


def _require_same_rules(new: NewRound, before: Round) -> None:
    for field, (name, asked) in new.asked.items():
        held = getattr(before.rules, name)
        if asked != held:
            message = (
                f"must be {held} as in round {before.round_id}, which it follows; leave it out"
            )
            raise InvalidDocumentError(f"{field} {message}.", (FieldError(field, message),))


def _parties(
    asked: Parties, before: Round, pool: Sequence[Candidate], seats: Sequence[Seat]
) -> Parties:
    """Join both rounds' parties; who was excluded by a cluster is excluded by name from now on."""
    held = before.parties
    _, excluded = sort_out(pool, held)
    linked = [voter for voter, why in excluded.items() if why is Exclusion.LINKED]
    named = {held.publisher, held.submitter, *held.answerers, *linked}
    clusters = {one.cluster for one in pool if one.cluster and one.voter in named}
    return Parties(
        publisher=held.publisher,
        submitter=held.submitter,
        linked=_joined(
            held.linked, asked.linked, linked, {asked.publisher, asked.submitter} - named
        ),
        answerers=_joined(held.answerers, asked.answerers),
        earlier=_joined(held.earlier, (seat.voter for seat in seats)),
        clusters=_joined(held.clusters, clusters),
    )


def _joined(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({one for group in groups for one in group}))
