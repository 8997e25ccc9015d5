"""Rounds as voters see them. A voter is shown by its public key, in hexadecimal digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.rounds.draw import eligible_to_json, excluded_to_json
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from validator.domain.voting import Assignment, Round
    from validator.rounds.service import Drawing

ROUND_SCHEMA: Final = "tosv.vote-round/1"
DRAW_SCHEMA: Final = "tosv.vote-draw/1"


def round_to_json(round_: Round, now: datetime) -> dict[str, Any]:
    """Return a round as it stands. Counts only, of what came in: no vote and no voter's doing."""
    rules = round_.rules
    return {
        "schema": ROUND_SCHEMA,
        "round_id": round_.round_id,
        "submission_id": round_.submission_id,
        "origin": round_.origin.value,
        "task_id": round_.task_id,
        "answer_id": round_.answer_id,
        "task_type": round_.task_type,
        "phase": round_.phase(now).value,
        "number": round_.number,
        "follows": round_.follows,
        "genesis": round_.genesis,
        "eligible": {"count": round_.eligible, "digest": round_.eligible_digest},
        "seed": {"topoheight": round_.seed_topoheight, "hash": round_.seed_hash},
        "seats": rules.seats,
        "cluster_seats": rules.cluster_seats,
        "quorum": {
            "heads": rules.heads,
            "stake_percent": rules.stake_percent,
            "stake_cap_percent": rules.stake_cap_percent,
        },
        "penalties": {"no_show": rules.no_show_penalty, "unrevealed": rules.unrevealed_penalty},
        "drawn": round_.drawn,
        "commits": round_.commits,
        "reveals": round_.reveals,
        "opened_at": rfc3339(round_.opened_at),
        "commit_until": _time(round_.commit_until),
        "reveal_until": _time(round_.reveal_until),
        "closed_at": _time(round_.closed_at),
        "decision": None if round_.result is None else round_.result["decision"],
    }


def drawing_to_json(drawing: Drawing) -> dict[str, Any]:
    """Return all that the draw was made of, so that anyone can make it again."""
    round_ = drawing.round
    return {
        "schema": DRAW_SCHEMA,
        "round_id": round_.round_id,
        "frozen": eligible_to_json(round_.round_id, round_.rules, drawing.eligible),
        "digest": round_.eligible_digest,
        "excluded": excluded_to_json(drawing.excluded),
        "seed": {"topoheight": round_.seed_topoheight, "hash": round_.seed_hash},
        "drawn": [one.voter for one in drawing.seats],
    }


def assignment_to_json(assigned: Assignment, now: datetime) -> dict[str, Any]:
    """Return what a voter is asked for, with what a commit and its signature are made of."""
    round_ = assigned.round
    return {
        "round_id": round_.round_id,
        "task_id": round_.task_id,
        "answer_id": round_.answer_id,
        "task_type": round_.task_type,
        "genesis": round_.genesis,
        "phase": round_.phase(now).value,
        "commit_until": _time(round_.commit_until),
        "reveal_until": _time(round_.reveal_until),
        "committed": assigned.committed,
        "revealed": assigned.revealed,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
