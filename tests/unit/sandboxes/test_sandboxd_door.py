"""What comes through sandboxd's door, and what does not."""

from __future__ import annotations

import socket
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import pytest

from sandboxes.protocol import (
    Description,
    Grip,
    Job,
    Limits,
    Outcome,
    SandboxError,
    SandboxUnavailableError,
    Status,
    Toolchain,
    ToolchainMissingError,
    Tree,
)
from sandboxes.sandboxd.client import SandboxClient
from sandboxes.sandboxd.server import SandboxServer
from sandboxes.sandboxd.stream import Stream
from sandboxes.wire import Json, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path


OPEN: dict[str, Json] = {"backend": None, "language": "python", "image": None}


class EchoSession:
    """A session that answers from its input, and can be made to wait."""

    def __init__(self) -> None:
        self.image = "sha256:ours"
        self.closed = threading.Event()
        self.files: dict[str, bytes] = {}

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        self.files = dict(files)

    def take(self) -> Tree | None:
        return Tree(self.files) if self.files else None

    def build(self, job: Job) -> Outcome:
        return self.run(job)

    def run(self, job: Job) -> Outcome:
        if job.argv == ("wait",):
            self.closed.wait(20)
            raise SandboxError("the session is closed")
        return Outcome(Status.OK, exit_code=0, stdout=job.stdin + b"".join(self.files.values()))

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        reply(reply(job.stdin))
        return Outcome(Status.OK, exit_code=0)

    def close(self) -> None:
        self.closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class EchoSandbox:
    name = "echo"

    def __init__(self) -> None:
        self.sessions: list[EchoSession] = []

    def open(self, language: str) -> EchoSession:
        if language != "python":
            raise ToolchainMissingError(language, "only python here")
        self.sessions.append(EchoSession())
        return self.sessions[-1]

    def toolchain(self, language: str) -> Toolchain:
        return Toolchain("cpython", "3.11.2")

    def describe(self) -> Description:
        return Description("echo", None, ("disk",), {"python": "sha256:ours"})

    def declared(self) -> Mapping[str, Grip]:
        return MappingProxyType({"wall": Grip.HELD, "disk": Grip.WEAK})

    def close(self) -> None:
        pass


@pytest.fixture
def sandbox() -> EchoSandbox:
    return EchoSandbox()


@pytest.fixture
def path(sandbox: EchoSandbox, tmp_path: Path) -> Iterator[Path]:
    server = SandboxServer((sandbox,), tmp_path / "s", sessions=3, cap=Limits(memory_mb=512))
    yield tmp_path / "s"
    server.close()


@pytest.fixture
def client(path: Path) -> Iterator[SandboxClient]:
    found = SandboxClient(path)
    yield found
    found.close()


@pytest.fixture
def raw(path: Path) -> Iterator[Stream]:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    stream = Stream(connection, 10)
    yield stream
    stream.close()


def test_a_client_sees_what_the_backend_says(client: SandboxClient) -> None:
    assert client.describe() == Description("echo", None, ("disk",), {"python": "sha256:ours"})
    assert client.declared() == {"wall": Grip.HELD, "disk": Grip.WEAK}
    assert client.toolchain("python") == Toolchain("cpython", "3.11.2")
    assert client.name == "echo"


def test_a_session_works_as_if_it_were_here(client: SandboxClient) -> None:
    heard = []

    def reply(line: bytes) -> bytes:
        heard.append(line)
        return line + b"!"

    with client.open("python") as session:
        assert session.image == "sha256:ours"
        session.put({"a": b"\0\xff"})
        assert session.run(Job(("x",), stdin=b"in")).stdout == b"in\0\xff"
        assert session.build(Job(("x",))).ok
        assert session.converse(Job(("x",), stdin=b"hi"), reply).ok
    assert heard == [b"hi", b"hi!"]


def test_a_failing_reply_is_raised_at_the_client_and_the_session_stays(
    client: SandboxClient,
) -> None:
    def reply(line: bytes) -> bytes:
        raise KeyError(line)

    with client.open("python") as session:
        with pytest.raises(KeyError):
            session.converse(Job(("x",), stdin=b"hi"), reply)
        assert session.run(Job(("x",))).ok


def test_a_missing_toolchain_keeps_its_name(client: SandboxClient) -> None:
    with pytest.raises(ToolchainMissingError, match=r"no toolchain for rust .* only python here"):
        client.open("rust")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (Message("open", {**OPEN, "image": "evil:latest"}),
         "image: not the one that this sandboxd is configured with"),
        (Message("open", {**OPEN, "privileged": True}),
         "privileged: unknown field"),
        (Message("open", {**OPEN, "binds": ["/:/host"]}),
         "binds: unknown field"),
        (Message("open", {**OPEN, "pid_mode": "host"}),
         "pid_mode: unknown field"),
        (Message("open", {**OPEN, "language": ["python"]}),
         "language: must be a string of at most 32 characters"),
        (Message("open", {**OPEN, "backend": ["docker"]}),
         "backend: must be a string of at most 64 characters"),
        (Message("describe", {"backend": None, "socket": True}), "socket: unknown field"),
        (Message("create", {}), "unknown order"),
        (Message("run", {}), "unknown order"),
        (Message("_describe", {}), "unknown order"),
    ],
)  # fmt: skip
def test_a_word_that_is_not_in_the_protocol_ends_the_connection(
    raw: Stream, sandbox: EchoSandbox, message: Message, sentence: str
) -> None:
    raw.send(message)
    answer = raw.receive()

    assert answer is not None
    assert (answer.kind, answer.fields["code"], answer.fields["text"]) == (
        "error", "refused", sentence
    )  # fmt: skip
    assert raw.receive() is None
    assert sandbox.sessions == []


@pytest.mark.parametrize("data", [b"\xff" * 64, b"\0\0\0\x02\0\0\0\0{}", b"GET / HTTP/1.1\r\n\r\n"])
def test_bytes_that_are_no_message_end_only_their_own_connection(
    path: Path, client: SandboxClient, data: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(data)
        assert connection.recv(1) == b""
    with client.open("python") as session:
        assert session.run(Job(("x",))).ok


def test_limits_above_the_operators_are_refused(client: SandboxClient) -> None:
    session = client.open("python")
    with pytest.raises(SandboxError, match=r"limits\.memory_mb: must be at most 512"):
        session.run(Job(("x",), limits=Limits(memory_mb=513)))


def test_a_client_that_goes_takes_its_session_along(
    client: SandboxClient, sandbox: EchoSandbox
) -> None:
    session = client.open("python")
    thread = threading.Thread(target=_swallow, args=(session, Job(("wait",))))
    thread.start()
    session.close()
    thread.join(10)

    assert sandbox.sessions[0].closed.wait(10)


def test_more_sessions_than_allowed_are_unavailable(client: SandboxClient) -> None:
    held: list[object] = []

    def open_many() -> None:
        while len(held) < 10:
            held.append(client.open("python"))

    with pytest.raises(SandboxUnavailableError, match="as many sessions as it may"):
        open_many()
    client.close()

    # The place of the client's first question may not have been free yet.
    assert len(held) in (2, 3)


def test_a_server_that_ends_is_unavailable_to_its_clients(
    sandbox: EchoSandbox, tmp_path: Path
) -> None:
    server = SandboxServer((sandbox,), tmp_path / "s")
    client = SandboxClient(tmp_path / "s")
    session = client.open("python")
    server.close()

    with pytest.raises(SandboxUnavailableError):
        session.run(Job(("x",)))
    with pytest.raises(SandboxUnavailableError, match="no sandboxd on"):
        client.open("python")
    client.close()
    assert sandbox.sessions[0].closed.is_set()


def test_a_living_socket_is_not_taken_over_and_a_dead_one_is(
    path: Path, sandbox: EchoSandbox, tmp_path: Path
) -> None:
    with pytest.raises(SandboxUnavailableError, match="another sandboxd is listening"):
        SandboxServer((sandbox,), path)
    dead = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(dead))
    server = SandboxServer((sandbox,), dead, mode=0o660)
    assert dead.stat().st_mode & 0o777 == 0o660
    server.close()


def test_a_file_in_the_sockets_place_is_left_alone(sandbox: EchoSandbox, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    with pytest.raises(SandboxUnavailableError, match="something else than a socket"):
        SandboxServer((sandbox,), tmp_path / "f")
    assert (tmp_path / "f").read_text() == "mine"


def _swallow(session: object, job: Job) -> None:
    try:
        session.run(job)  # type: ignore[attr-defined]
    except SandboxError:
        return
