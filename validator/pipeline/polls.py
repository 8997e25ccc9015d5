"""One round's votes brought to an opinion by the models of `validator.peers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.domain.voting import Ruling
from validator.rounds.counting import Opinion

if TYPE_CHECKING:
    from validator.peers.consensus import TaskConsensus
    from validator.rounds.counting import Poll, Vote


def judge_poll(poll: Poll) -> Opinion:
    """Return the consensus of a poll of at least one vote.

    The votes are one task's: with nothing known of the voters the score is close to their mean, and
    its interval as wide as they stand apart. A voter of several rounds counts once, by the latest.
    """
    from validator.peers.consensus import consensus_of
    from validator.peers.pool import Kind, Votes, pool_of
    from validator.peers.rules import Rules

    latest = _latest(poll.votes)
    votes = Votes(
        task=["answer"] * len(latest),
        voter=[vote.voter for vote in latest],
        label=[float(vote.score) for vote in latest],
        stake=[float(vote.stake) for vote in latest],
    )
    rules = Rules(most=poll.round.rules.max_votes)
    (found,) = consensus_of(pool_of(Kind.SCORE, votes), rules).tasks
    return Opinion(
        ruling=Ruling(found.decision.value),
        reason=found.reason,
        score=int(found.consensus),
        document=_document(found),
    )


def _latest(votes: tuple[Vote, ...]) -> list[Vote]:
    """Each voter's latest vote, in the order of the voters."""
    last: dict[str, Vote] = {}
    for vote in sorted(votes, key=lambda vote: vote.revealed_at):
        last[vote.voter] = vote
    return [last[voter] for voter in sorted(last)]


def _document(found: TaskConsensus) -> dict[str, object]:
    """What stands beside the score: shares as whole numbers per ten thousand."""
    low, high = found.interval or (0, 100)
    return {
        "interval": [low, high],
        "confidence_bp": round(found.confidence * 10_000),
        "dissent_bp": round(found.dissent * 10_000),
        "baselines": found.baselines,
    }
