"""The supervisor's own reading of the wire: whatever comes, it answers rightly or ends."""

from __future__ import annotations

import random
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from sandboxes.docker.attachment import Attachment, LaneAttachment, LostError
from sandboxes.docker.containers import Containers, Running
from sandboxes.docker.engine import container, lane_container
from sandboxes.docker.frames import DATA, END, MAX_DATA, ROOM, frame
from sandboxes.messages import OPERATOR_LIMITS, job_message, outcome_of, tree_message
from sandboxes.protocol import Job, Limits, Status
from sandboxes.resources import Resources
from sandboxes.wire import HEADER, MAX_BODY, MAX_HEAD, VERSION, Message

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from sandboxes.docker.engine import Engine

    Open = Callable[[], tuple[Attachment, socket.socket]]

pytestmark = pytest.mark.docker

SOON_S = 20.0
MUTATIONS = 24
START = Message("start", {"uid": 300_000})
JOB = Job(
    ("sh", "-c", "cat; echo $HOME >&2; cp a b"), stdin=b"in", files={"a": b"1"}, collect=("b",)
)


def raw(head: bytes, body: bytes = b"", sizes: tuple[int, int] | None = None) -> bytes:
    lengths = (len(head), len(body)) if sizes is None else sizes
    return HEADER.pack(*lengths) + head + body


def said(kind: str, fields: str = "{}", sizes: str = "[]", body: bytes = b"") -> bytes:
    return raw(f'{{"kind":"{kind}","fields":{fields},"sizes":{sizes}}}'.encode(), body)


def job_with(old: bytes, new: bytes) -> bytes:
    """A good job in whose head some bytes are others; lengths follow."""
    data = job_message("run", JOB).encode()
    head, body = HEADER.unpack_from(data)
    assert old in data
    return raw(data[8 : 8 + head].replace(old, new), data[8 + head : 8 + head + body])


HOSTILE: dict[str, bytes] = {
    "no JSON": raw(b"{"),
    "not an object": raw(b"[]"),
    "nested without end": raw(b"[" * 100_000),
    "not text": raw(b'{"kind":"\xff"}'),
    "a name twice": raw(b'{"kind":"take","kind":"take","fields":{},"sizes":[]}'),
    "not a number": said("start", '{"uid":NaN}'),
    "an oversized head": raw(b"", sizes=(MAX_HEAD + 1, 0)),
    "an oversized body": raw(b"", sizes=(0, MAX_BODY + 1)),
    "sizes that do not add up": said("take", sizes="[1]"),
    "a negative size": said("take", sizes="[-1,1]"),
    "unknown order": said("dance"),
    "a line to no job": said("say"),
    "an unknown field": said("take", '{"more":1}'),
    "a uid of the system's": said("start", '{"uid":0}'),
    "a uid beyond": said("start", '{"uid":2147483647}'),
    "a way out": said("put", '{"files":["../x"],"executable":[]}', "[1]", b"x"),
    "an absolute way": said("put", '{"files":["/etc/x"],"executable":[]}', "[1]", b"x"),
    "a folder that is a file": said("put", '{"files":["a","a/b"],"executable":[]}', "[0,0]"),
    "a program that is not there": said("put", '{"files":[],"executable":["x"]}'),
    "no limits": job_with(b'"limits":{', b'"limits":{"x":1,'),
    "too much memory": job_with(b'"memory_mb":256', b'"memory_mb":4097'),
    "no time": job_with(b'"cpu_s":5.0', b'"cpu_s":0'),
    "a boolean for a number": job_with(b'"files":1024', b'"files":true'),
    "no program": job_with(b'"argv":["sh"', b'"argv":[""'),
    "half a character": job_with(b'"argv":["sh"', b'"argv":["\\ud800"'),
    "NUL in a word": job_with(b'"argv":["sh"', b'"argv":["\\u0000"'),
    "the same artifact twice": job_with(b'"collect":["b"]', b'"collect":["b","b"]'),
}


@pytest.fixture(scope="module")
def containers(engine: Engine) -> Iterator[Containers]:
    made = Containers(engine)
    yield made
    made.close()


@pytest.fixture
def attached(containers: Containers, docker_image: str) -> Iterator[Open]:
    """Opens a supervisor and gives the stream to it, to be written as one likes."""
    running: list[Running[Attachment]] = []
    streams: list[socket.socket] = []

    def attach(stream: socket.socket) -> Attachment:
        streams.append(stream)
        return Attachment(stream)

    def opened() -> tuple[Attachment, socket.socket]:
        held = Resources.for_job(Limits(), 0)
        wanted = container(docker_image, OPERATOR_LIMITS, held, containers.owner, 1)
        running.append(containers.start(wanted, attach))
        attachment = running[-1].attachment
        assert attachment.receive(soon()).fields == {"version": VERSION, "program_kb": 0}
        attachment.send(START, soon())
        assert attachment.receive(soon()).kind == "ready"
        return attachment, streams[-1]

    yield opened
    for one in running:
        containers.remove_now(one.identity)
        one.attachment.close()


def soon() -> float:
    return time.monotonic() + SOON_S


def write(stream: socket.socket, data: bytes) -> None:
    stream.setblocking(True)
    stream.sendall(data)
    stream.setblocking(False)


def assert_works(attachment: Attachment) -> None:
    attachment.send(job_message("run", JOB), soon())
    outcome = outcome_of(attachment.receive(soon()), JOB)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (Status.OK, b"in", b"/box\n")
    assert dict(outcome.artifacts) == {"b": b"1"}
    assert attachment.receive(soon()).kind == "ready"


def answers(attachment: Attachment) -> list[str]:
    """Kinds of the two messages that an order is answered with, or why they did not come."""
    heard = []
    try:
        for _ in range(2):
            heard.append(attachment.receive(soon()).kind)  # noqa: PERF401 - kept when the second fails
    except LostError as error:
        heard.append(str(error))
    return heard


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_host_says_ends_the_supervisor_with_one_sentence(attached: Open, name: str) -> None:
    attachment, stream = attached()
    write(stream, HOSTILE[name])

    with pytest.raises(LostError, match="ended before its answer: supervisor: ") as caught:
        attachment.receive(soon())
    sentence = str(caught.value)
    assert "\n" not in sentence


def test_messages_may_come_in_any_pieces(attached: Open) -> None:
    attachment, stream = attached()
    for message in (tree_message("put", {"a/b": b"x" * 3000}), Message("take")):
        for byte in message.encode():
            write(stream, bytes([byte]))
    assert attachment.receive(soon()).fields["program_kb"] == 4
    assert attachment.receive(soon()).blobs == [b"x" * 3000]
    assert attachment.receive(soon()).kind == "ready"
    assert_works(attachment)


def test_a_changed_byte_is_answered_or_ends_it(attached: Open) -> None:
    """Bytes of a good order are changed at random: no answer is wrong in form, none is missing."""
    chance = random.Random(20_240_611)
    good = job_message("run", JOB).encode()
    head = HEADER.unpack_from(good)[0]
    attachment, stream = attached()
    ended = answered = 0
    for _ in range(MUTATIONS):
        data = bytearray(good)
        data[chance.randrange(HEADER.size, HEADER.size + head)] = chance.randrange(256)
        write(stream, bytes(data))
        heard = answers(attachment)
        if heard == ["outcome", "ready"]:
            answered += 1
            continue
        assert "ended before its answer: supervisor: " in heard[-1]
        ended += 1
        attachment, stream = attached()

    assert ended > 0
    assert answered > 0
    assert_works(attachment)


LANE = {
    "a frame of no kind": b"x\0\0\0\0",
    "the keeper's own word": frame(ROOM),
    "an oversized frame": DATA + (MAX_DATA + 1).to_bytes(4, "big"),
    "bytes without a frame": job_message("run", JOB).encode(),
}


@pytest.mark.parametrize("name", LANE)
def test_what_no_host_says_ends_the_keeper(
    containers: Containers, docker_image: str, name: str
) -> None:
    streams: list[socket.socket] = []

    def attach(stream: socket.socket) -> LaneAttachment:
        streams.append(stream)
        return LaneAttachment(stream)

    wanted = lane_container(docker_image, OPERATOR_LIMITS, containers.owner, apparmor=False)
    running = containers.start(wanted, attach)
    lane = running.attachment
    try:
        for _ in range(2):
            lane.await_room(soon())
            assert lane.receive(soon()).kind == "ready"
            assert_works(lane)
            lane.leave_room(soon())
        write(streams[0], frame(END) + LANE[name])
        assert "keeper: a frame of kind" in answers(lane)[-1]
    finally:
        containers.remove_now(running.identity)
        lane.close()


def test_a_job_may_neither_read_nor_start_the_supervisor(attached: Open) -> None:
    attachment, _ = attached()
    for argv in (("cat", "/opt/supervisor"), ("/opt/supervisor",), ("/opt/supervisor", "lane")):
        job = Job(argv)
        attachment.send(job_message("run", job), soon())
        outcome = outcome_of(attachment.receive(soon()), job)
        assert outcome.status is Status.RUNTIME_ERROR
        assert b"denied" in outcome.stderr or "denied" in outcome.detail
        assert attachment.receive(soon()).kind == "ready"


def in_image(image: str, script: str) -> list[str]:
    """Lines of a script that root runs in an image, under a first process of the engine's."""
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", script],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.decode().splitlines()


def test_the_image_holds_a_program_that_only_root_may_use(docker_image: str) -> None:
    found = in_image(docker_image, "stat --format='%u %g %a %F' /opt/supervisor")

    assert found == ["0 0 700 regular file"]


def test_the_program_refuses_to_be_anything_but_pid_1(docker_image: str) -> None:
    # Anywhere else "kill everything" would mean the machine.
    refusal = "the supervisor must be pid 1 of a container of its own"
    found = in_image(
        docker_image, "for word in '' lane room; do /opt/supervisor $word 2>&1; echo $?; done"
    )

    assert found == [
        refusal, "2", refusal, "2", "supervisor: takes no words, or the word lane", "2"
    ]  # fmt: skip
