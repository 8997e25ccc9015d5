"""What follows every applied payload: tasks past their deadline, and completed ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from validator.wire.tos.rules.constants import (
    ACCEPT_THRESHOLD,
    ANSWER_GAIN,
    PUBLISH_GAIN,
    VALIDATION_GAIN,
    VALIDATION_LOSS,
)
from validator.wire.tos.rules.state import Draft, Task, TaskStatus

if TYPE_CHECKING:
    from validator.wire.tos.keys import PublicKey


def sweep(draft: Draft, now: int) -> None:
    """Let tasks expire at this timestamp, then give completed ones their effects, once each.

    A task that a score has completed is no longer Active here, so that the counters of completed
    tasks and rewards stay as they are on a node, too (protocol note, 7.6).
    """
    for task in list(draft.tasks.values()):
        swept = task.at(now)
        if swept is not task:
            draft.tasks[task.task_id] = swept
            _count(draft, swept)
    for task in list(draft.tasks.values()):
        if task.status is TaskStatus.COMPLETED and not task.rewards_processed:
            _complete(draft, task)


def _count(draft: Draft, swept: Task) -> None:
    draft.count(active_tasks=-1)
    if swept.status is TaskStatus.COMPLETED:
        draft.count(completed_tasks=1, total_rewards_distributed=swept.reward_amount)


def _complete(draft: Draft, task: Task) -> None:
    """Effects of the best answer (protocol note, 7.7). No balance moves."""
    best = task.best_answer
    if best is not None:
        _move(draft, best.submitter, ANSWER_GAIN)
        for entry in best.validation_scores:
            good = entry.score >= ACCEPT_THRESHOLD
            _move(draft, entry.validator, VALIDATION_GAIN if good else VALIDATION_LOSS)
            # Counted with the score already: every validator of the best answer counts twice.
            if entry.validator in draft.accounts:
                account = draft.accounts[entry.validator]
                draft.accounts[entry.validator] = account.validated(successful=good)
        _move(draft, task.publisher, PUBLISH_GAIN)
        if best.submitter in draft.accounts:
            winner = draft.accounts[best.submitter]
            earned = winner.total_rewards_earned + task.reward_amount
            draft.accounts[best.submitter] = replace(winner, total_rewards_earned=earned)
    draft.tasks[task.task_id] = replace(task, rewards_processed=True)


def _move(draft: Draft, key: PublicKey, reputation: int) -> None:
    if key in draft.miners:
        draft.miners[key] = draft.miners[key].changed(reputation)
