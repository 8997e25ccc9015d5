"""One party's room behind a supervisor's stream: the same in every kind of container."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from sandboxes.docker.attachment import Attachment, LostError
from sandboxes.messages import (
    OPERATOR_LIMITS,
    answer_line,
    check_job,
    job_message,
    outcome_of,
    taken_of,
    tree_message,
)
from sandboxes.protocol import Job, Limits, Outcome, SandboxError, Tree
from sandboxes.resources import Resources
from sandboxes.wire import VERSION, Fields, Message, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sandboxes.docker.containers import Running
    from sandboxes.docker.deadlines import Deadline, Deadlines

START_S = 60.0
SETTLE_S = 30.0  # for what the supervisor does before and after the program itself
OVERRUN_S = 0.5  # past the wall limit; by then the supervisor has long ended the job
OVERDUE = "the supervisor did not end a job at its wall limit, so the sandbox was killed"
LAID_PER_S = 50e6  # bytes; measured 200e6 and more
FREED_MB_PER_S = 2048.0
BIG_PROGRAM_KB = 32 * 1024  # below this a new container's memory has room for it anyway


class ContainerSession:
    """Jobs run one after another, whoever asks; `close` interrupts."""

    def __init__(
        self,
        running: Running[Attachment],
        cap: Limits,
        deadlines: Deadlines,
        on_close: Callable[[ContainerSession, bool], None],
        hold: Callable[[Resources], None] | None = None,
    ) -> None:
        """`on_close` is told whether the supervisor was at rest and owes no answer.

        `hold` has the engine hold a job's limits; without it the supervisor does.
        """
        self._cap = cap
        self._deadlines = deadlines
        self._hold_resources = hold
        self._resources = Resources.for_job(Limits(), 0)
        self._on_close = on_close
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._closing = threading.Lock()
        self._closed = False
        self._ready = self._laying = False
        self._late = self._overdue = False
        self._program_kb = 0
        self.container_id = running.identity
        self.image = running.image
        self._attachment: Attachment = running.attachment

    def begin(self, uid: int | None = None) -> None:
        """Wait until the supervisor is at rest.

        `uid` is where the uids of its jobs are to begin, unless it knows that by itself.
        """
        with self._exchange() as attachment:
            deadline = time.monotonic() + START_S
            self._await_ready(attachment, deadline)
            if uid is None:
                return
            attachment.send(Message("start", {"uid": uid}), deadline)
            self._ready = False
            self._await_ready(attachment, deadline)

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        """Make `/program` hold exactly these files."""
        message = tree_message("put", files, executable)
        with self._exchange() as attachment:
            deadline = time.monotonic() + SETTLE_S
            self._await_ready(attachment, deadline)
            # tmpfs holds whole pages, and its pages are the container's memory.
            self._program_kb = sum(len(content) // 1024 + 4 for content in files.values())
            if self._program_kb > BIG_PROGRAM_KB:
                self._hold(Limits())
            # Goes out with the job that follows, which hears of a failure.
            attachment.say_with_the_next(message)
            self._ready = False
            self._laying = True

    def take(self) -> Tree | None:
        """Return what `/program` holds; None when that is too much."""
        with self._exchange() as attachment:
            deadline = time.monotonic() + SETTLE_S
            self._await_ready(attachment, deadline)
            self._ready = False
            attachment.send(Message("take"), deadline)
            return taken_of(attachment.receive(deadline))

    def build(self, job: Job) -> Outcome:
        """Run a job in a writable `/program`; keep what it made if it ends well."""
        return self._run("build", job, None)

    def run(self, job: Job) -> Outcome:
        """Run a job in a fresh working directory."""
        return self._run("run", job, None)

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        """Run a job whose lines are answered by `reply`."""
        return self._run("converse", job, reply)

    def _run(self, kind: str, job: Job, reply: Callable[[bytes], bytes] | None) -> Outcome:
        check_job(job, self._cap)
        message = job_message(kind, replace(job, core=None))
        with self._exchange() as attachment:
            if not self._laying:
                self._await_ready(attachment, time.monotonic() + SETTLE_S)
            self._hold(job.limits, job.core)
            self._ready = self._late = False
            attachment.send(message, time.monotonic() + SETTLE_S)
            latest = time.monotonic() + job.limits.wall_s + self._spare(job)
            with self._deadlines.guard(latest, self._end_late_job) as deadline:
                answer, failure = self._hear_out(attachment, job, reply, deadline)
            outcome = outcome_of(answer, job)
        # The job has ended, the session goes on, and the caller hears its own exception.
        if failure is not None:
            raise failure
        return outcome

    def _hear_out(
        self,
        attachment: Attachment,
        job: Job,
        reply: Callable[[bytes], bytes] | None,
        deadline: Deadline,
    ) -> tuple[Message, BaseException | None]:
        """Return the outcome, after the conversation there may be, and what `reply` raised."""
        until = time.monotonic() + job.limits.wall_s + SETTLE_S
        if self._laying:
            self._await_ready(attachment, until)
            self._ready = False
        failure: BaseException | None = None
        answer = attachment.receive(until)
        while answer.kind == "line" and reply is not None and failure is None:
            said, failure = answer_line(reply, b"".join(answer.blobs))
            # The caller's time does not count toward the supervisor's deadlines.
            deadline.move(time.monotonic() + OVERRUN_S)
            until = max(until, time.monotonic() + SETTLE_S)
            attachment.send(said, until)
            answer = attachment.receive(until)
        if answer.kind != "outcome":
            raise WireError(f"unexpected {answer.kind}")
        return answer, failure

    def _spare(self, job: Job) -> float:
        """Seconds past the wall limit in which the supervisor must have told of the end."""
        # To lay files down takes time before the job, to take its memory away after it.
        files = sum(map(len, job.files.values())) + 1024 * self._program_kb
        return OVERRUN_S + files / LAID_PER_S + job.limits.memory_mb / FREED_MB_PER_S

    def _end_late_job(self) -> float | None:
        """Kill what should have ended by itself, unless its end is being told right now."""
        if self._attachment.waits_to_be_read() and not self._late:
            self._late = True
            return time.monotonic() + SETTLE_S
        self._overdue = True
        self.close()
        return None

    def _hold(self, limits: Limits, core: int | None = None) -> None:
        """Make the engine hold this job's limits for the whole container, on its core."""
        wanted = Resources.for_job(limits, self._program_kb, core)
        if core is not None and self._hold_resources is None:
            raise SandboxError("a room of a lane cannot be held on one processor core")
        if self._hold_resources is not None and wanted != self._resources:
            self._hold_resources(wanted)
            self._resources = wanted

    def _await_ready(self, attachment: Attachment, deadline: float) -> None:
        if self._ready:
            return
        message = attachment.receive(deadline)
        if message.kind != "ready":
            raise WireError(f"unexpected {message.kind}")
        fields = Fields(message.fields)
        if fields.integer("version") != VERSION:
            raise WireError("the image's supervisor is of another release; rebuild the image")
        self._program_kb = fields.integer("program_kb", high=OPERATOR_LIMITS.disk_mb * 2048)
        fields.done()
        self._ready, self._laying = True, False

    @contextmanager
    def _exchange(self) -> Iterator[Attachment]:
        """Exclusive use of the stream; whatever breaks the order of messages ends the session."""
        if self._owner == threading.get_ident():
            raise SandboxError("a reply may not use the session that it replies to")
        with self._turn:
            # In this order: either `close` sees who uses the stream, or that one sees `close`.
            self._owner = threading.get_ident()
            try:
                self._refuse_if_closed()
                yield self._attachment
            except WireError as error:
                self.close()
                raise LostError(f"the supervisor broke the protocol ({error})") from error
            except SandboxError as error:
                self.close()
                if self._overdue:
                    raise LostError(OVERDUE) from error
                raise
            finally:
                self._owner = None

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise SandboxError("the session is closed")

    def close(self) -> None:
        """End the room. Idempotent; a running job ends with SandboxError."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        at_rest = self._owner is None
        if not at_rest:
            self._attachment.shut()
        self._on_close(self, at_rest)

    def release(self) -> None:
        """Give the stream's descriptor back once nobody waits on it."""
        if self._owner == threading.get_ident():  # it failed just now, and is done with it
            self._attachment.close()
            return
        with self._turn:
            self._attachment.close()

    def alive(self) -> bool:
        """True while the supervisor's stream stands."""
        return not self._closed and self._attachment.stands()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
