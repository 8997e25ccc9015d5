"""What a task that the chain shows means for our rows, and which events it tells.

Events carry what anybody can read on the chain, and nothing of our own verdicts (threat model, 13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from validator.store.chain_values import AnswerFacts, AnswerStanding, Changes, NewEvent, TaskFacts
from validator.wire.tos import answer_id
from validator.wire.tos.rules import MAX_DEADLINE, TaskStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from validator.store.chain_values import AnswerRow, TaskRow
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Answer, Score, Task

PAYS_NOBODY: Final = "a counter only: the chain moves no balance to anybody"
"""Protocol note, sections 0.8 and 7.7."""
MOST: Final = 2**63 - 1
"""The greatest height or time that a column holds; a task's own numbers have one bit more."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns tasks into changes. `times` gives the timestamps of all blocks seen at a height."""

    own: PublicKey | None
    times: Callable[[int], Sequence[int]]

    def changes(self, old: Task | None, new: Task) -> Changes:
        """Return what is new in `new` against what we knew."""
        fresh = [
            answer
            for answer in new.submitted_answers
            if old is None or old.answer(answer.answer_id) != answer
        ]
        return Changes(
            (self._task(new),),
            tuple(self._answer(new, answer) for answer in fresh),
            (),
            tuple(_events(old, new)),
        )

    def repairs(self, new: Task, rows: Sequence[AnswerRow]) -> Changes:
        """Return what our rows of a task's answers have otherwise than the chain shows it."""
        known = {row.answer_id: row for row in rows}
        shown = {answer.answer_id.hex(): answer for answer in new.submitted_answers}
        other = [
            answer
            for name, answer in shown.items()
            if name not in known or _differs(known[name], self._own_score(answer))
        ]
        return Changes(
            answers=tuple(self._answer(new, answer) for answer in other),
            gone=_lost(rows, shown),
        )

    def _task(self, task: Task) -> TaskFacts:
        times = self.times(task.published_at)
        # Unknown only where our journal begins later: no earlier than the rules let it be.
        deadline = min(task.deadline, MOST)
        published = min(times) if times else max(0, deadline - MAX_DEADLINE)
        return TaskFacts(
            task_id=task.task_id.hex(),
            publisher=task.publisher.hex(),
            text=task.description,
            reward=task.reward_amount,
            difficulty=task.difficulty.name.lower(),
            deadline_ms=deadline,
            published_height=min(task.published_at, MOST),
            published_ms=published,
            status=task.status.value,
        )

    def _answer(self, task: Task, answer: Answer) -> AnswerFacts:
        return AnswerFacts(
            answer_id=answer.answer_id.hex(),
            task_id=task.task_id.hex(),
            submitter=answer.submitter.hex(),
            answer_hash=answer.answer_hash.hex(),
            content=answer.answer_content,
            height=min(answer.submitted_at, MOST),
            timestamp_ms=self._time(task, answer),
            own_score=self._own_score(answer),
        )

    def _time(self, task: Task, answer: Answer) -> int | None:
        """Return the time of the block that applied it: the one that gives the answer its id."""
        for time in self.times(answer.submitted_at):
            found = answer_id(
                task.task_id, answer.submitter.data, answer.answer_hash, answer.submitted_at, time
            )
            if found == answer.answer_id:
                return time
        return None

    def _own_score(self, answer: Answer) -> int | None:
        scores = (one.score for one in answer.validation_scores if one.validator == self.own)
        return next(scores, None)


def gone(row: TaskRow, answers: Sequence[AnswerRow]) -> Changes:
    """Return what follows when no node shows a task any more."""
    names = TaskFacts.__dataclass_fields__
    facts = TaskFacts(**{name: getattr(row, name) for name in names} | {"status": "gone"})
    return Changes((facts,), (), _lost(answers, ()))


def reorder(low: int) -> NewEvent:
    """Return the event of a re-order from a topoheight on; the journal completes its key."""
    return NewEvent("chain_reorder", "chain_reorder", None, None, {"from_topoheight": low})


def deadline_near(task: TaskRow, now_ms: int) -> NewEvent:
    """Return the event that a task ends soon, told once for each task."""
    data = {"deadline_ms": task.deadline_ms, "left_ms": task.deadline_ms - now_ms}
    return NewEvent(f"deadline_near:{task.task_id}", "deadline_near", task.task_id, None, data)


def trouble(sentences: Sequence[str], about: str) -> NewEvent:
    """Return an event about the endpoints, for the operator, told once for each `about`."""
    data = {"sentences": list(sentences)}
    return NewEvent(f"endpoint_trouble:{about}", "endpoint_trouble", None, None, data)


def too_large(task_id: bytes, sentence: str) -> NewEvent:
    """Return the event that a task outgrew what is read of one, told once for each task."""
    name = task_id.hex()
    data = {"sentences": [sentence]}
    return NewEvent(f"endpoint_trouble:task:{name}", "endpoint_trouble", name, None, data)


def unseen(task_id: str, sentence: str) -> NewEvent:
    """Return the event that answers cannot be judged for want of their block, once for a task."""
    data = {"sentences": [sentence]}
    return NewEvent(f"answers_unseen:{task_id}", "answers_unseen", task_id, None, data)


def _lost(rows: Sequence[AnswerRow], shown: object) -> tuple[str, ...]:
    there = set(shown) if isinstance(shown, dict) else set()
    return tuple(
        row.answer_id
        for row in rows
        if row.answer_id not in there and row.standing is not AnswerStanding.GONE
    )


def _differs(row: AnswerRow, own_score: int | None) -> bool:
    return (
        row.standing is AnswerStanding.GONE
        or row.own_score != own_score
        or row.timestamp_ms is None
    )


def _events(old: Task | None, new: Task) -> Iterator[NewEvent]:
    if old is None:
        yield _event("task_published", new, None, "", {
            "publisher": new.publisher.hex(),
            "reward": str(new.reward_amount),
            "difficulty": new.difficulty.name.lower(),
            "deadline_ms": new.deadline,
            "height": new.published_at,
        })  # fmt: skip
    for answer in new.submitted_answers:
        known = None if old is None else old.answer(answer.answer_id)
        if known is None:
            yield _event("answer_submitted", new, answer, "", {
                "submitter": answer.submitter.hex(),
                "answer_hash": answer.answer_hash.hex(),
                "height": answer.submitted_at,
            })  # fmt: skip
        before = () if known is None else known.validation_scores
        for entry in answer.validation_scores[len(before) :]:
            yield _validation(new, answer, entry)
    was = None if old is None else old.status
    if new.status is TaskStatus.COMPLETED and was is not TaskStatus.COMPLETED:
        yield _reward(new)


def _validation(task: Task, answer: Answer, entry: Score) -> NewEvent:
    validator = entry.validator.hex()
    return _event("validation_completed", task, answer, validator, {
        "validator": validator,
        "score": entry.score,
        "height": entry.validated_at,
    })  # fmt: skip


def _reward(task: Task) -> NewEvent:
    best = task.best_answer
    data: dict[str, Any] = {"reward": str(task.reward_amount), "paid": "0", "note": PAYS_NOBODY}
    if best is not None:
        data |= {"submitter": best.submitter.hex(), "average": best.average_score}
    event = _event("reward_distributed", task, best, "", data)
    return NewEvent(
        f"reward_distributed:{event.task_id}", event.kind, event.task_id, event.answer_id, data
    )


def _event(
    kind: str, task: Task, answer: Answer | None, more: str, data: dict[str, Any]
) -> NewEvent:
    about = task.task_id.hex() if answer is None else answer.answer_id.hex()
    key = ":".join(filter(None, (kind, about, more)))
    named = None if answer is None else answer.answer_id.hex()
    return NewEvent(key, kind, task.task_id.hex(), named, data)
