"""Which verdict goes next. Pure: rows, the chain's time and our account in, a choice out.

The chain takes one action of an account in a block and wants a pause between two (protocol note,
7.5). The first average of 70 or more closes a task for ever (7.4), so a score of 70 or more waits
for the answers that are still in work, up to the time its post names; one below 70 closes nothing
and makes a hasty accept of others harder, so it goes at once (threat model, row 16).

A verdict past the deadline, or on a task that is closed, is recorded by the chain, completes
nothing and costs its fee. It is not posted: past the deadline it is over, and while the task is
closed before its deadline it waits, since only a re-order could open it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.domain.posting import IN_FLIGHT, UNSENT, Post, PostState
from validator.store.posts import ACCEPT_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.store.posts import AnswerRow, TaskRow
    from validator.wire.tos.rules import Account


@dataclass(frozen=True, slots=True)
class Pace:
    """The chain's time now and the time between blocks, in milliseconds.

    A deadline nearer than `margin_ms` presses.
    """

    now_ms: int
    block_ms: int
    margin_ms: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The post that goes next.

    `unfair`: why its accept closes the task too early; None when it does not.
    """

    post: Post
    unfair: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing goes before the chain's time `until_ms`; `why` for the operator."""

    until_ms: int
    why: str


def late(posts: Sequence[Post], now_ms: int) -> list[Post]:
    """Return the posts of which nothing is signed and whose deadline is past."""
    return [post for post in posts if post.state in UNSENT and now_ms > post.deadline_ms]


def choose(
    posts: Sequence[Post],
    tasks: Mapping[str, TaskRow],
    pace: Pace,
    account: Account | None,
) -> Choice | Wait:
    """Return what goes next, of all posts that are not final.

    Order: what is within the margin of its deadline, the nearest first; then the greatest reward
    at stake; of one task what is below 70, then the best, then the answer that came first.
    """
    if any(post.state in IN_FLIGHT for post in posts):
        return Wait(pace.now_ms + pace.block_ms, "one verdict for each key and block")
    if account is not None and account.remaining_cooldown(pace.now_ms):
        pause = account.remaining_cooldown(pace.now_ms)
        return Wait(pace.now_ms + pause, f"the account's pause lasts {pause} ms more")
    open_ = [post for post in posts if post.state is PostState.UNSTARTED]
    fit = [post for post in open_ if _matters(post, tasks.get(post.task_id), pace.now_ms)]
    ready = [post for post in fit if _is_ready(post, tasks[post.task_id], pace)]
    if ready:
        first = min(ready, key=lambda post: _rank(post, tasks[post.task_id], pace))
        return Choice(first, _unfair(first, posts, tasks[first.task_id]))
    if fit:
        until = min(post.not_before for post in fit)
        return Wait(until, "scores of 70 or more wait for other answers of their tasks")
    return Wait(pace.now_ms + pace.block_ms, "nothing to post")


def _matters(post: Post, task: TaskRow | None, now_ms: int) -> bool:
    return task is not None and task.is_active and now_ms <= post.deadline_ms


def _is_ready(post: Post, task: TaskRow, pace: Pace) -> bool:
    if post.score < ACCEPT_FROM or pace.now_ms >= post.not_before:
        return True
    # What was gathered before the settings changed keeps the margin of today, too.
    if pace.now_ms >= post.deadline_ms - pace.margin_ms:
        return True
    return not any(answer.in_work for answer in task.answers if answer.answer_id != post.answer_id)


def _rank(post: Post, task: TaskRow, pace: Pace) -> tuple[object, ...]:
    presses = post.deadline_ms - pace.now_ms <= pace.margin_ms
    return (
        not presses,
        post.deadline_ms if presses else 0,
        -post.reward,
        post.task_id,
        post.score >= ACCEPT_FROM,
        -post.score if post.score >= ACCEPT_FROM else 0,
        _place(post, task),
    )


def _place(post: Post, task: TaskRow) -> tuple[int, str]:
    return _answer(task, post.answer_id, post).place


def _answer(task: TaskRow, answer_id: str, post: Post) -> AnswerRow:
    found = next((each for each in task.answers if each.answer_id == answer_id), None)
    if found is None:  # an answer is never taken out of the table
        raise LookupError(f"answer {post.answer_id[:16]}... of a post was never read")
    return found


def _unfair(post: Post, posts: Sequence[Post], task: TaskRow) -> str | None:
    """Return whom this accept would be unfair to (row 16).

    Of two equal answers the one that came first goes first, and that is fair to both.
    """
    if post.score < ACCEPT_FROM:
        return None
    place = _place(post, task)
    for other in posts:
        if other.task_id != post.task_id or other.state not in UNSENT or other is post:
            continue
        earlier = _place(other, task) < place
        if other.score > post.score or (other.score == post.score and earlier):
            return f"answer {other.answer_id[:16]}... with {other.score} points waits"
    unjudged = [each for each in task.answers if each.in_work and each.place < place]
    if unjudged:
        return f"answer {unjudged[0].answer_id[:16]}... came first and is not judged yet"
    return None
