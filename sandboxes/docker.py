"""The `docker` backend: a fresh, hardened container per session, with a supervisor as pid 1."""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from sandboxes.attachment import Attachment, LostError
from sandboxes.engine import (
    LABEL_OWNER,
    Engine,
    Resources,
    connect,
    container,
    labels_of,
    owner_is_gone,
    owner_mark,
)
from sandboxes.image_groups import DEFAULT_PREFIX, GROUPS, build_hint, group_of, tag_of
from sandboxes.languages import LANGUAGES, parse_version
from sandboxes.messages import OPERATOR_LIMITS, check_job, job_message, outcome_of, tree_message
from sandboxes.protocol import (
    Description,
    Grip,
    Job,
    Limits,
    Outcome,
    SandboxError,
    SandboxUnavailableError,
    Toolchain,
    ToolchainMissingError,
)
from sandboxes.wire import VERSION, Fields, Message, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

START_S = 60.0
SETTLE_S = 30.0  # for what the supervisor does before and after the program itself
MAX_AGE_S = 3600.0  # longer than any session may live
UID_LOW, UID_HIGH = 200_000, 2_000_000_000
BIG_PROGRAM_KB = 32 * 1024  # below this a new container's memory has room for it anyway
DISPOSERS = 2


class DockerSession:
    """One container. Jobs run one after another, whoever asks; `close` interrupts."""

    def __init__(
        self,
        engine: Engine,
        container_id: str,
        cap: Limits,
        resources: Resources,
        on_close: Callable[[DockerSession], None],
        image: str,
    ) -> None:
        self.container_id = container_id
        self.image = image
        self._engine = engine
        self._cap = cap
        self._resources = resources
        self._on_close = on_close
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._closing = threading.Lock()
        self._closed = False
        self._ready = False
        self._program_kb = 0
        self._attachment = Attachment(engine.attach(container_id))

    def begin(self, uid: int) -> None:
        """Wait for the supervisor and tell it where the uids of its jobs begin."""
        with self._exchange() as attachment:
            deadline = time.monotonic() + START_S
            self._await_ready(attachment, deadline)
            attachment.send(Message("start", {"uid": uid}), deadline)
            self._ready = False

    def put(self, files: Mapping[str, bytes]) -> None:
        """Make `/program` hold exactly these files."""
        message = tree_message("put", files)
        with self._exchange() as attachment:
            deadline = time.monotonic() + SETTLE_S
            self._await_ready(attachment, deadline)
            # tmpfs holds whole pages, and its pages are the container's memory.
            self._program_kb = sum(len(content) // 1024 + 4 for content in files.values())
            if self._program_kb > BIG_PROGRAM_KB:
                self._hold(Limits())
            attachment.send(message, deadline)
            self._ready = False
            self._await_ready(attachment, deadline)

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
        with self._exchange() as attachment:
            self._await_ready(attachment, time.monotonic() + SETTLE_S)
            self._hold(job.limits)
            deadline = time.monotonic() + job.limits.wall_s + SETTLE_S
            self._ready = False
            attachment.send(job_message(kind, job), deadline)
            answer = attachment.receive(deadline)
            failure: BaseException | None = None
            while answer.kind == "line" and reply is not None and failure is None:
                said, failure = _answer(reply, b"".join(answer.blobs))
                # The caller's time does not count toward the supervisor's deadline.
                deadline = max(deadline, time.monotonic() + SETTLE_S)
                attachment.send(said, deadline)
                answer = attachment.receive(deadline)
            if answer.kind != "outcome":
                raise WireError(f"unexpected {answer.kind}")
            outcome = outcome_of(answer, job)
        # The job has ended, the session goes on, and the caller hears its own exception.
        if failure is not None:
            raise failure
        return outcome

    def _hold(self, limits: Limits) -> None:
        """Make the engine hold this job's limits for the whole container."""
        wanted = Resources.for_job(limits, self._program_kb)
        if wanted != self._resources:
            self._engine.update(self.container_id, wanted)
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
        self._ready = True

    @contextmanager
    def _exchange(self) -> Iterator[Attachment]:
        """Exclusive use of the stream; whatever breaks the order of messages ends the session."""
        if self._owner == threading.get_ident():
            raise SandboxError("a reply may not use the session that it replies to")
        with self._turn:
            if self._closed:
                raise SandboxError("the session is closed")
            self._owner = threading.get_ident()
            try:
                yield self._attachment
            except WireError as error:
                self.close()
                raise LostError(f"the supervisor broke the protocol ({error})") from error
            except SandboxError:
                self.close()
                raise
            finally:
                self._owner = None

    def close(self) -> None:
        """Kill and delete the container. Idempotent; a running job ends with SandboxError."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._attachment.shut()
        self._on_close(self)

    def dispose(self) -> None:
        """Delete the container: off the caller's path, on a thread that reads no output."""
        with suppress(SandboxUnavailableError):  # the reaper finds it later
            self._engine.remove(self.container_id)
        with self._turn:
            self._attachment.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _answer(reply: Callable[[bytes], bytes], line: bytes) -> tuple[Message, BaseException | None]:
    try:
        return Message("say", {}, [reply(line)]), None
    except BaseException as error:  # noqa: BLE001 - raised again once the job is stopped
        return Message("stop"), error


class DockerSandbox:
    """Opens containers of the language's image; their ids are looked up once, at the start."""

    name = "docker"

    def __init__(
        self,
        prefix: str = DEFAULT_PREFIX,
        *,
        image: str | None = None,
        engine: Engine | None = None,
        cap: Limits = OPERATOR_LIMITS,
        cpus: float | None = None,
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        """`image` is for every language instead of the images whose tags begin with `prefix`."""
        self._engine = engine or connect()
        self.images = _image_ids(self._engine, prefix, image)
        self._cap = cap
        self._cpus = cpus
        self._random_below = random_below
        self._owner = owner_mark()
        self._lock = threading.Lock()
        self._sessions: set[DockerSession] = set()
        self._toolchains: dict[str, Toolchain] = {}
        self._closed = False
        self._disposers = ThreadPoolExecutor(DISPOSERS, thread_name_prefix="sandbox-disposer")
        reap_orphans(self._engine, time.time())

    def open(self, language: str) -> DockerSession:
        """Start a container and wait until its supervisor answers."""
        image = self._image(language)
        with self._lock:
            if self._closed:
                raise SandboxUnavailableError("the sandbox is closed")
        resources = Resources.for_job(Limits(), 0)
        identity = self._engine.create(
            container(image, self._cap, resources, self._owner, self._cpus)
        )
        try:
            session = DockerSession(
                self._engine, identity, self._cap, resources, self._dispose, image
            )
            with self._lock:
                self._sessions.add(session)
            self._engine.start(identity)
        except SandboxError:
            self._engine.remove(identity)
            raise
        try:
            session.begin(UID_LOW + self._random_below(UID_HIGH - UID_LOW))
        except SandboxError as error:
            session.close()
            raise SandboxUnavailableError(f"the sandbox did not come up: {error}") from error
        return session

    def _image(self, language: str) -> str:
        group = group_of(language)
        if language not in LANGUAGES or group is None:
            raise ToolchainMissingError(language, "no image holds it")
        if group not in self.images:
            raise ToolchainMissingError(language, build_hint(group))
        return self.images[group]

    def _dispose(self, session: DockerSession) -> None:
        with self._lock:
            self._sessions.discard(session)
            if not self._closed:
                self._disposers.submit(session.dispose)
                return
        session.dispose()

    def toolchain(self, language: str) -> Toolchain:
        """Ask the image itself, once."""
        with self._lock:
            known = self._toolchains.get(language)
        if known is None:
            with self.open(language) as session:
                outcome = session.run(Job(LANGUAGES[language].version))
            if not outcome.ok:
                raise ToolchainMissingError(language, "its version cannot be read")
            known = parse_version(language, outcome.stdout.decode(errors="replace"))
            with self._lock:
                self._toolchains[language] = known
        return known

    def describe(self) -> Description:
        """Backend, image ids, and what is not fully held."""
        declared = self.declared()
        weak = tuple(sorted(name for name, grip in declared.items() if grip is not Grip.HELD))
        by_language = {
            language: self.images[group.name]
            for group in GROUPS.values()
            if group.name in self.images
            for language in group.languages
        }
        ids = set(by_language.values())
        return Description(self.name, ids.pop() if len(ids) == 1 else None, weak, by_language)

    def declared(self) -> Mapping[str, Grip]:
        """What this backend says of itself; the self-check proves it."""
        from sandboxes.selfcheck import PROPERTIES

        return {name: WEAKER.get(name, Grip.HELD) for name in PROPERTIES}

    def close(self) -> None:
        """End every session, and wait until their containers are gone."""
        with self._lock:
            sessions, self._sessions = self._sessions, set()
        for session in sessions:
            session.close()
        with self._lock:
            self._closed = True
        self._disposers.shutdown(wait=True)


WEAKER: Mapping[str, Grip] = {}


def _image_ids(engine: Engine, prefix: str, image: str | None) -> dict[str, str]:
    """Return the id of each group's image that is there; at least one has to be."""
    if image is not None:
        return dict.fromkeys(GROUPS, engine.image_id(image))
    found = {name: engine.image(tag_of(prefix, name)) for name in GROUPS}
    there = {name: str(known["Id"]) for name, known in found.items() if known is not None}
    if not there:
        raise SandboxUnavailableError(
            f"no image {tag_of(prefix, '*')} on this engine; "
            "build them with `tos-validator sandbox images build`"
        )
    return there


def reap_orphans(engine: Engine, now: float, max_age_s: float = MAX_AGE_S) -> list[str]:
    """Delete containers of ours whose owner is gone; return their ids."""
    gone = []
    for entry in engine.ours():
        mark = labels_of(entry).get(LABEL_OWNER, "")
        if owner_is_gone(mark, now, float(entry.get("Created", 0)), max_age_s):
            engine.remove(str(entry["Id"]))
            gone.append(str(entry["Id"]))
    return gone
