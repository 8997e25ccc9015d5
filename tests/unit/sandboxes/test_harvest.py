from __future__ import annotations

import json

import pytest

from sandboxes.bubblewrap.harvest import HEAD, Harvest, Leaf

END = HEAD.pack(0, 0, 0)


def framed(name: bytes, content: bytes, mode: int = 0o644, size: int | None = None) -> bytes:
    return HEAD.pack(len(name), mode, len(content) if size is None else size) + name + content


def test_files_are_read_however_the_stream_is_cut() -> None:
    stream = framed(b"a/b", bytes(range(256)), 0o755) + framed(b"c", b"") + END
    harvest = Harvest("/program", 1000, count=10)

    for at in range(len(stream)):
        assert harvest.feed(stream[at : at + 1])

    assert harvest.complete
    assert harvest.leaves() == {
        "a/b": Leaf(bytes(range(256)), executable=True),
        "c": Leaf(b"", executable=False),
    }


@pytest.mark.parametrize(
    "stream",
    [
        framed(b"../x", b"1"),
        framed(b"/etc/x", b"1"),
        framed(b"a//b", b"1"),
        framed(b"a\0b", b"1"),
        framed(b"\xff\xfe\n", b"1"),
        framed(b"x" * 2000, b"1"),
        framed(b"x", b"", size=1 << 62),
        framed(b"x", b"12345678901"),
        framed(b"x", b"123456") + framed(b"y", b"123456"),
        framed(b"a", b"") + framed(b"b", b"") + framed(b"c", b""),
    ],
)
def test_a_stream_that_breaks_the_rules_is_cut_off(stream: bytes) -> None:
    harvest = Harvest("/program", 10, count=2)

    assert not harvest.feed(stream + END)
    assert harvest.broken
    assert not harvest.complete


def test_a_sender_without_end_is_cut_off() -> None:
    harvest = Harvest("/program", 100, count=1)
    fed = 0
    while harvest.feed(framed(b"x", b"", size=100)[:14] if fed == 0 else bytes(64)):
        fed += 64
        assert fed < 10_000


def test_a_file_nobody_asked_for_is_refused() -> None:
    harvest = Harvest("/box", 10, names=("wanted",))

    assert not harvest.feed(framed(b"other", b"1") + END)
    assert harvest.plain() == {}


def test_the_request_names_root_cap_and_files() -> None:
    asked = json.loads(Harvest("/box", 10, names=("a",)).request())

    assert asked == {"root": "/box", "cap": 10, "names": ["a"], "count": 1}
