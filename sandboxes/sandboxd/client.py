"""The sandbox protocol over the socket of a `sandboxd`: a connection per session."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from sandboxes.messages import (
    OPERATOR_LIMITS,
    answer_line,
    check_job,
    job_message,
    outcome_of,
    taken_of,
    tree_message,
)
from sandboxes.protocol import (
    Description,
    Grip,
    Job,
    Outcome,
    SandboxError,
    SandboxUnavailableError,
    Toolchain,
    ToolchainMissingError,
    Tree,
)
from sandboxes.sandboxd.stream import Stream
from sandboxes.wire import Fields, Message, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

ANSWER_S = 120.0  # beyond the job's own wall limit: waiting for a container, moving bytes


@contextmanager
def daemon_errors() -> Iterator[None]:
    """Whatever breaks between us and the daemon means that the cage is not to be had now."""
    try:
        yield
    except OSError as error:
        raise SandboxUnavailableError(f"sandboxd does not answer: {error}") from error
    except WireError as error:
        raise SandboxUnavailableError(f"sandboxd broke the protocol: {error}") from error


def _ask(stream: Stream, message: Message, expected: str) -> Message:
    # A daemon that refuses may have spoken and left before we wrote: read what it said.
    with suppress(BrokenPipeError):
        stream.send(message)
    return _expect(stream, expected)


def _expect(stream: Stream, *kinds: str) -> Message:
    answer = stream.receive()
    if answer is None:
        raise SandboxUnavailableError("sandboxd went away")
    if answer.kind == "error":
        raise _failure(answer)
    if answer.kind not in kinds:
        raise WireError(f"unexpected {answer.kind}")
    return answer


def _failure(answer: Message) -> SandboxError:
    fields = Fields(answer.fields)
    code, text = fields.text("code", 32), fields.text("text")
    language, hint = fields.optional_text("language", 32), fields.text("hint")
    fields.done()
    if code == "toolchain_missing" and language is not None:
        return ToolchainMissingError(language, hint)
    if code == "unavailable":
        return SandboxUnavailableError(text)
    return SandboxError(f"sandboxd: {text}")


class ClientSession:
    """A session that lives in the daemon. Jobs run one after another; `close` interrupts."""

    def __init__(self, stream: Stream, image: str | None) -> None:
        self.image = image
        self._stream = stream
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._closed = False

    @contextmanager
    def _exchange(self, timeout: float) -> Iterator[Stream]:
        if self._owner == threading.get_ident():
            raise SandboxError("a reply may not use the session that it replies to")
        with self._turn:
            if self._closed:
                raise SandboxError("the session is closed")
            self._owner = threading.get_ident()
            try:
                with daemon_errors():
                    self._stream.limit(timeout)
                    yield self._stream
            except SandboxUnavailableError:
                self._closed = True
                self._stream.close()
                raise
            finally:
                self._owner = None

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        """Make `/program` hold exactly these files."""
        message = tree_message("put", files, executable)
        with self._exchange(ANSWER_S) as stream:
            _ask(stream, message, "done")

    def take(self) -> Tree | None:
        """Return what `/program` holds; None when that is too much."""
        with self._exchange(ANSWER_S) as stream:
            stream.send(Message("take"))
            return taken_of(_expect(stream, "tree", "too_large"))

    def build(self, job: Job) -> Outcome:
        """Run a job in a writable `/program`; keep what it made if it ends well."""
        return self._run("build", job)

    def run(self, job: Job) -> Outcome:
        """Run a job in a fresh working directory."""
        return self._run("run", job)

    def _run(self, kind: str, job: Job) -> Outcome:
        check_job(job, OPERATOR_LIMITS)
        with self._exchange(job.limits.wall_s + ANSWER_S) as stream:
            return outcome_of(_ask(stream, job_message(kind, job), "outcome"), job)

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        """Run a job whose lines are answered by `reply`."""
        check_job(job, OPERATOR_LIMITS)
        with self._exchange(job.limits.wall_s + ANSWER_S) as stream:
            stream.send(job_message("converse", job))
            failure = None
            while True:
                try:
                    answer = _expect(stream, "line", "outcome")
                except SandboxError:
                    if failure is not None:  # the daemon only says that we stopped it
                        break
                    raise
                if answer.kind == "outcome":
                    break
                said, failure = answer_line(reply, b"".join(answer.blobs))
                stream.send(said)
        if failure is not None:
            raise failure
        return outcome_of(answer, job)

    def close(self) -> None:
        """End the connection, and with it the session. Idempotent."""
        self._closed = True
        self._stream.shut()  # wakes the thread that waits for an answer, which then lets go
        if self._owner != threading.get_ident():
            with self._turn:
                self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _images(fields: Fields) -> dict[str, str]:
    given = fields.mapping("images")
    read = Fields(given)
    return {language: read.text(language, 256) for language in given}


class SandboxClient:
    """The backend of a `sandboxd`, from afar. What it is was asked once, and is held to that."""

    def __init__(self, path: Path, backend: str | None = None) -> None:
        """`backend` is one of those that the daemon has, by default its first."""
        self._path = path
        self._backend = backend
        self._lock = threading.Lock()
        self._toolchains: dict[str, Toolchain] = {}
        self._sessions: set[ClientSession] = set()
        with daemon_errors(), self._connected() as stream:
            fields = Fields(
                _ask(stream, Message("describe", {"backend": backend}), "described").fields
            )
            self.name = fields.text("name", 64)
            self._description = Description(
                fields.text("backend", 64),
                fields.optional_text("image", 256),
                fields.texts("weak"),
                _images(fields),
            )
            self._declared = {
                name: Grip(Fields({"grip": grip}).text("grip"))
                for name, grip in fields.mapping("declared").items()
            }
            fields.done()

    def _connect(self) -> Stream:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(ANSWER_S)
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise SandboxUnavailableError(
                f"no sandboxd on {self._path}: {error.strerror or error}"
            ) from error
        return Stream(connection, ANSWER_S)

    @contextmanager
    def _connected(self) -> Iterator[Stream]:
        stream = self._connect()
        try:
            yield stream
        finally:
            stream.close()

    def open(self, language: str) -> ClientSession:
        """Open a session in the daemon; refused if the daemon now holds another image."""
        stream = self._connect()
        try:
            with daemon_errors():
                image = self._description.image_of(language)
                order = {"backend": self._backend, "language": language, "image": image}
                fields = Fields(_ask(stream, Message("open", order), "opened").fields)
                image = fields.optional_text("image", 256)
                fields.done()
        except SandboxError:
            stream.close()
            raise
        session = ClientSession(stream, image)
        with self._lock:
            self._sessions = {known for known in self._sessions if not known._closed}  # noqa: SLF001
            self._sessions.add(session)
        return session

    def toolchain(self, language: str) -> Toolchain:
        """Ask the daemon, once."""
        with self._lock:
            known = self._toolchains.get(language)
        if known is None:
            with daemon_errors(), self._connected() as stream:
                order = {"backend": self._backend, "language": language}
                answer = _ask(stream, Message("toolchain", order), "toolchain")
                fields = Fields(answer.fields)
                known = Toolchain(fields.text("name", 64), fields.text("version", 64))
                fields.done()
            with self._lock:
                self._toolchains[language] = known
        return known

    def describe(self) -> Description:
        """What the daemon said of itself at the first connection."""
        return self._description

    def declared(self) -> Mapping[str, Grip]:
        """What the daemon's backend declares."""
        return dict(self._declared)

    def close(self) -> None:
        """End every session of this client; the daemon stays."""
        with self._lock:
            sessions, self._sessions = self._sessions, set()
        for session in sessions:
            session.close()
