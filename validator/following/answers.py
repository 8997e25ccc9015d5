"""From answers on the chain to submissions: documents are fetched, checked, and handed to intake.

Every way out of here is a standing with a sentence that says whose fault it is. No score is given
here, and no sentence lowers one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from validator.content.chain_facts import ChainAnswer, ChainTask
from validator.content.refusal import Fault, Refusal, of_intake
from validator.domain.submission import Origin
from validator.errors import IdempotencyConflictError, StoreUnavailableError, ValidatorError
from validator.following import facts
from validator.store.chain import UNSEEN
from validator.store.chain_values import AnswerStanding, Changes, Due, Retry, TaskStanding
from validator.store.values import micros, seconds
from validator.wire.pointer import PlainText, read_pointer
from validator.wire.tos import Difficulty, PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.content.loading import LoadedTask, Loader
    from validator.content.tasks import Task
    from validator.domain.clock import Clock
    from validator.following.follower import Follower
    from validator.following.opinions import Opinions
    from validator.store.chain import ChainStore
    from validator.store.chain_values import AnswerRow, TaskRow
    from validator.wire.tos import Network

FIRST_PAUSE_S: Final = 5.0
LAST_PAUSE_S: Final = 300.0
KEPT: Final = 32
"""Task documents in memory; each has at most `limits.submission_bytes`."""
SERVER_FAULT: Final = 500
TOO_MANY: Final = 429
INTERNAL: Final = "internal: it failed here by a fault of ours, and is tried again"
LATE: Final = "declined: came when the sealed part of its task was out, which closes it to answers"

log = structlog.get_logger(__name__)


class Submit(Protocol):
    """The engine's one way in."""

    def __call__(self, body: bytes, owner: str, origin: Origin, idempotency_key: str) -> str:
        """Accept a submission durably; return its id. Raises ValidatorError for every refusal."""


class Starter(Protocol):
    """Where jobs run that may take long."""

    size: int

    def start(self, job: Callable[[], None]) -> None:
        """Have a job done soon."""


@dataclass(slots=True)
class Judging:
    """A stage of the loop: starts what is due, and never waits for it.

    `opinions` says which tasks need one that nobody here could give; None takes every task.
    `ready` is called, from any thread, when something was finished that others may wait for.
    """

    store: ChainStore
    follower: Follower
    loader: Loader
    submit: Submit
    network: Network
    clock: Clock
    crew: Starter
    ready: Callable[[], None] = lambda: None
    opinions: Opinions | None = None
    name: str = "answers"
    _busy: set[str] = field(default_factory=set)
    _tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self) -> None:
        """Start what is due now, as far as there is room. Raises StoreUnavailableError."""
        standing = self.follower.standing
        if not standing.is_sound:
            return
        now_ms = self.follower.tracker.now_ms()
        own = self.follower.own
        due = Due(
            now_ms, standing.stable_height, micros(self.clock.now()), own.hex() if own else ""
        )
        self.store.close_over(due.now_ms, due.own)
        limit = 2 * self.crew.size
        for unseen in self.store.unseen(due, 2 * limit):
            self._tell_unseen(unseen)
        for task in self.store.due_tasks(due, limit + len(self._busy)):
            self._begin(task.task_id, partial(self._read_task, task), limit)
        for answer in self.store.due_answers(due, 2 * limit + len(self._busy)):
            self._begin(answer.answer_id, partial(self._judge, answer), 2 * limit)

    def _begin(self, name: str, work: Callable[[], None], limit: int) -> None:
        with self._lock:
            if name in self._busy or len(self._busy) >= limit:
                return
            self._busy.add(name)
        self.crew.start(partial(self._run, name, work))

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except StoreUnavailableError as error:
            log.warning("the database is away", about=name, detail=error.detail)
        except Exception:
            log.exception("an answer or a task could not be read, by a fault of ours", about=name)
        finally:
            with self._lock:
                self._busy.discard(name)
            self.ready()

    def _tell_unseen(self, row: AnswerRow) -> None:
        """Say, to the operator too, that an answer is not judged since its block is not known."""
        self.store.observe(Changes(events=(facts.unseen(row.task_id, UNSEEN),)))
        self.store.settle_answer(row.answer_id, AnswerStanding.NEW, UNSEEN)
        log.warning("answer not judged", answer=row.answer_id, why=UNSEEN)

    def _read_task(self, row: TaskRow) -> None:
        """Load a task's document for the first time."""
        # What fails in an unforeseen way must not be tried again at once, for ever.
        again = self._again(row.tries)
        self.store.settle_task(row.task_id, TaskStanding.NEW, INTERNAL, again=again)
        loaded = self._load(row)
        if isinstance(loaded, Refusal):
            self._refuse_task(row, loaded)
            return
        undecidable = self._undecidable(row, loaded.task)
        if undecidable is not None:
            self._refuse_task(row, undecidable)
            return
        sealed_ms = self.follower.tracker.now_ms() if loaded.sealed else None
        self.store.settle_task(row.task_id, TaskStanding.WATCHED, sealed_ms=sealed_ms)
        log.info("task watched", task=row.task_id, sealed=loaded.sealed)

    def _undecidable(self, row: TaskRow, task: Task) -> Refusal | None:
        """Say why nobody here could decide a task; one of plain text the operator has asked for."""
        if self.opinions is None or isinstance(read_pointer(row.text), PlainText):
            return None
        return self.opinions.refusal(task)

    def _load(self, row: TaskRow) -> LoadedTask | Refusal:
        loaded = self.loader.load(_chain_task(row, self.network))
        if not isinstance(loaded, Refusal):
            with self._lock:
                self._tasks[row.task_id] = loaded.task
                while len(self._tasks) > KEPT:
                    self._tasks.popitem(last=False)
        return loaded

    def _refuse_task(self, row: TaskRow, refusal: Refusal) -> None:
        said = _said(refusal)
        if refusal.passing:
            again = self._again(row.tries)
            self.store.settle_task(row.task_id, row.standing, said, again=again)
            return
        invalid = refusal.fault is Fault.TASK_INVALID
        standing = TaskStanding.QUARANTINED if invalid else TaskStanding.DECLINED
        self.store.settle_task(row.task_id, standing, said)
        log.info("task not watched", task=row.task_id, standing=standing.value, why=said)

    def _judge(self, row: AnswerRow) -> None:
        """Bring one answer to intake, or say why not."""
        task_row = self.store.task(row.task_id)
        if task_row is None or row.timestamp_ms is None:
            return
        earlier = self.store.earlier(row)
        if earlier is not None:  # a re-order gave the same answer another id: judged already
            self._submitted(row, earlier)
            return
        if task_row.sealed_ms is not None and row.timestamp_ms > task_row.sealed_ms:
            self._refuse(row, LATE)
            return
        self._later(row, INTERNAL)
        task = self._tasks.get(row.task_id)
        if task is None:  # after a start
            loaded = self._load(task_row)
            if isinstance(loaded, Refusal):
                self._refuse_task(task_row, loaded)
                self._later(row, _said(loaded))
                return
            task = loaded.task
        answer = _chain_answer(row, row.timestamp_ms)
        body = self.loader.submission(answer, task, _chain_task(task_row, self.network))
        if not isinstance(body, Refusal):
            self._hand_in(row, body)
        elif body.passing:
            self._later(row, _said(body))
        else:
            self._refuse(row, _said(body))

    def _hand_in(self, row: AnswerRow, body: bytes) -> None:
        owner = self.store.genesis() or ""
        try:
            submission_id = self.submit(body, owner, Origin.CHAIN, row.answer_id)
        except IdempotencyConflictError:
            # Accepted before, in bytes of an earlier release; the first ones stay in force.
            claimed = self.store.claimed(owner, row.answer_id)
            if claimed is None:
                raise
            submission_id = claimed
        except ValidatorError as error:
            if error.status >= SERVER_FAULT or error.status == TOO_MANY:
                self._later(row, f"unavailable: {error.detail}")
            else:
                self._refuse(row, _said(of_intake(error)))
            return
        self._submitted(row, submission_id)

    def _submitted(self, row: AnswerRow, submission_id: str) -> None:
        self.store.settle_answer(
            row.answer_id, AnswerStanding.SUBMITTED, submission_id=submission_id
        )
        log.info("answer submitted", answer=row.answer_id, submission=submission_id)

    def _refuse(self, row: AnswerRow, sentence: str) -> None:
        self.store.settle_answer(row.answer_id, AnswerStanding.REFUSED, sentence)
        log.info("answer not judged", answer=row.answer_id, why=sentence)

    def _later(self, row: AnswerRow, sentence: str) -> None:
        again = self._again(row.tries)
        self.store.settle_answer(row.answer_id, AnswerStanding.NEW, sentence, again=again)

    def _again(self, tries: int) -> Retry:
        """Return when to try again: after 5 s, 10 s, 20 s and so on, at most every 5 minutes."""
        pause = min(FIRST_PAUSE_S * 2 ** min(tries, 10), LAST_PAUSE_S)
        return Retry(micros(self.clock.now()) + seconds(pause), tries + 1)


def _said(refusal: Refusal) -> str:
    return f"{refusal.fault.value}: {refusal.sentence}"


def _chain_task(row: TaskRow, network: Network) -> ChainTask:
    return ChainTask(
        task_id=bytes.fromhex(row.task_id),
        text=row.text,
        reward=row.reward,
        difficulty=Difficulty[row.difficulty.upper()],
        published_at_ms=row.published_ms,
        deadline_ms=row.deadline_ms,
        network=network,
    )


def _chain_answer(row: AnswerRow, submitted_at_ms: int) -> ChainAnswer:
    return ChainAnswer(
        answer_id=bytes.fromhex(row.answer_id),
        task_id=bytes.fromhex(row.task_id),
        submitter=PublicKey.from_hex(row.submitter),
        text=row.content,
        submitted_at_ms=submitted_at_ms,
    )
