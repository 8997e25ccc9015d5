"""The twelve rules of ValidateAnswer, asked before anything is signed (protocol note, 7.4).

A node takes the fee of a verdict that breaks one, and its nonce with it (6.4). Tasks and miners
are what the node shows; accounts, which no node shows (section 9), are what was tracked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from validator.wire.tos import ValidateAnswer
from validator.wire.tos.rules import BlockStamp, Rule, refusal

if TYPE_CHECKING:
    from validator.domain.posting import Post
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Miner, MiningState, Task


class Course(Enum):
    """What follows from a refusal."""

    WAIT = "wait"
    """It passes by itself."""
    HOLD = "hold"
    """The operator can mend it: registration, reputation."""
    SCORED = "scored"
    """Our key has scored this answer: the chain's score decides."""
    FATAL = "fatal"
    """It stays."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a verdict would be refused now, in the node's words."""

    course: Course
    reason: str


# Not found: the node is behind, or a re-order is under way; the deadline ends the waiting.
_COURSES: Final = {
    Rule.COOLDOWN: Course.WAIT,
    Rule.TASK_NOT_FOUND: Course.WAIT,
    Rule.ANSWER_NOT_FOUND: Course.WAIT,
    Rule.NOT_REGISTERED: Course.HOLD,
    Rule.MINER_REPUTATION_LOW: Course.HOLD,
    Rule.ACCOUNT_SCORE_LOW: Course.HOLD,
    Rule.SYBIL: Course.HOLD,
    Rule.ALREADY_SCORED: Course.SCORED,
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known when a verdict is about to go out.

    `height`: of the newest block; `now_ms`: the chain's time; `state`: as tracked from blocks.
    """

    height: int
    now_ms: int
    state: MiningState
    task: Task | None
    miner: Miner | None


def obstacle(post: Post, key: PublicKey, sight: Sight) -> Obstacle | None:
    """Return why the next block would refuse this verdict; None when it would take it."""
    if sight.miner is not None and key not in sight.state.accounts:
        # A node would judge by the account's history; without it ours would look like a new one.
        return Obstacle(Course.WAIT, "the account's history is not tracked yet")
    task_id = bytes.fromhex(post.task_id)
    state = replace(
        sight.state,
        tasks={} if sight.task is None else {task_id: sight.task},
        miners={} if sight.miner is None else {key: sight.miner},
    )
    payload = ValidateAnswer(task_id, bytes.fromhex(post.answer_id), post.score)
    found = refusal(state, payload, key, BlockStamp(sight.height + 1, sight.now_ms))
    if found is None:
        return None
    return Obstacle(_COURSES.get(found.rule, Course.FATAL), found.text)
