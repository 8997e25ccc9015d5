"""The chain's own two numbers of an account, by its own rules, kept apart from ours.

Miner reputation, 0-1000, moves with every act whatever its quality; account score, 0-10000, can be
10,000 without one right answer (design of votes, section 9). They say what the chain lets an
account do, not how good it is, and nothing here mixes them with a standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.wire.tos.rules import account_score, sybil_risk

if TYPE_CHECKING:
    from validator.wire.tos.keys import PublicKey
    from validator.wire.tos.rules import MiningState


@dataclass(frozen=True, slots=True)
class ChainNumbers:
    """`reputation` 0-1000; `score` 0-10000 of this moment, `stored_score` as stored last.

    `remaining_cooldown`: in the chain's milliseconds. `refused`: whether the chain's own check
    against many accounts would refuse it now.
    """

    reputation: int
    score: int
    stored_score: int
    remaining_cooldown: int
    refused: bool


def chain_numbers(state: MiningState, account: PublicKey, now: int) -> ChainNumbers | None:
    """Return the two numbers of a registered account at a block time, None for any other.

    `state` is what a tracker made of the blocks: a node does not tell account scores (protocol
    note, section 9).
    """
    miner, kept = state.miners.get(account), state.accounts.get(account)
    if miner is None or kept is None:
        return None
    return ChainNumbers(
        reputation=miner.reputation,
        score=account_score(kept, now),
        stored_score=kept.reputation_score,
        remaining_cooldown=kept.remaining_cooldown(now),
        refused=sybil_risk(kept.rescored(now), now).refused,
    )
