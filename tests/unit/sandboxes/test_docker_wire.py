"""Frames, jobs and outcomes: whatever the other side sends, the reader stays in charge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandboxes.messages import (
    MAX_CORE,
    OPERATOR_LIMITS,
    job_message,
    job_of,
    outcome_message,
    outcome_of,
    tree_message,
    tree_of,
)
from sandboxes.protocol import Job, Limits, Outcome, Status, Usage
from sandboxes.wire import HEADER, Decoder, Message, WireError, check_name, check_tree

names = st.from_regex(r"[a-z]{1,4}", fullmatch=True)


def frame(head: object, body: bytes = b"") -> bytes:
    raw = json.dumps(head).encode()
    return HEADER.pack(len(raw), len(body)) + raw + body


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_a_message_arrives_whole_however_it_is_cut(blobs: list[bytes], step: int) -> None:
    data = Message("kind", {"a": [1, "x", None]}, blobs).encode()
    decoder = Decoder()
    got = [m for at in range(0, len(data), step) for m in decoder.feed(data[at : at + step])]

    assert [(m.kind, m.fields, m.blobs) for m in got] == [("kind", {"a": [1, "x", None]}, blobs)]
    assert decoder.idle


@given(st.binary(max_size=400))
def test_noise_is_refused_or_waited_for_but_never_crashes(data: bytes) -> None:
    try:
        list(Decoder(1000, 1000).feed(data))
    except WireError:
        return


@pytest.mark.parametrize(
    "data",
    [
        HEADER.pack(2**31, 0),
        HEADER.pack(2, 2**31),
        frame([]),
        frame({"kind": "x", "fields": {}, "sizes": [1]}),
        frame({"kind": "x", "fields": {}, "sizes": [-1, 1]}),
        frame({"kind": "x", "fields": {}, "sizes": [True]}, b"1"),
        frame({"kind": "x", "fields": {}, "sizes": [], "more": 1}),
        frame({"kind": 1, "fields": {}, "sizes": []}),
        HEADER.pack(3, 0) + b"NaN",
        HEADER.pack(200_000, 0) + b"[" * 200_000,
    ],
)
def test_a_broken_frame_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(Decoder().feed(data))


@given(
    st.dictionaries(names, st.binary(max_size=50), max_size=4),
    st.binary(max_size=100),
    st.lists(names, max_size=3, unique=True),
    st.none() | st.integers(0, MAX_CORE),
)
def test_a_job_survives_the_way(
    files: dict[str, bytes], stdin: bytes, collect: list[str], core: int | None
) -> None:
    job = Job(("python3", "-"), stdin, files, Limits(cpu_s=0.5), tuple(collect), core)
    (got,) = Decoder().feed(job_message("run", job).encode())

    assert job_of(got, OPERATOR_LIMITS) == job


@pytest.mark.parametrize("core", [-1, MAX_CORE + 1, 1.5, "0", True])
def test_a_core_that_is_none_is_refused(core: Any) -> None:
    message = job_message("run", Job(("x",)))
    message.fields["core"] = core

    with pytest.raises(WireError, match="core"):
        job_of(message, OPERATOR_LIMITS)


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../x", "a//b", "./a", "a/", "x\0", "\ud800", "a" * 256,
     "/".join(["ab"] * 400)],
)  # fmt: skip
def test_a_path_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a file name"):
        check_name(name)
    with pytest.raises(ValueError, match="a file name"):
        tree_message("put", {name: b""})


def test_a_file_cannot_also_be_a_folder() -> None:
    with pytest.raises(ValueError, match="also the folder of another"):
        check_tree(["a/b", "a"])
    with pytest.raises(ValueError, match="given twice"):
        check_tree(["a", "a"])


def test_names_without_contents_are_refused() -> None:
    with pytest.raises(WireError, match="differ in number"):
        tree_of(Message("put", {"files": ["a"], "executable": []}, []))
    with pytest.raises(WireError, match="names a file that is not there"):
        tree_of(Message("put", {"files": ["a"], "executable": ["b"]}, [b""]))


@pytest.mark.parametrize(
    ("field", "value"),
    [("cpu_s", 0), ("cpu_s", 1e12), ("memory_mb", 1.5), ("files", -1), ("wall_s", "1"), ("x", 1)],
)
def test_limits_that_are_none_are_refused(field: str, value: object) -> None:
    message = job_message("run", Job(("x",)))
    message.fields["limits"][field] = value  # type: ignore[index,call-overload]
    with pytest.raises(WireError):
        job_of(message, OPERATOR_LIMITS)


JOB = Job(("x",), collect=("a",), limits=Limits(output_kb=1, disk_mb=1))
GOOD = Outcome(
    Status.OK, exit_code=0, stdout=b"1", usage=Usage(0.1, 0.2, 3.5, 1), artifacts={"a": b"2"}
)


def test_an_outcome_survives_the_way() -> None:
    (got,) = Decoder().feed(outcome_message(GOOD).encode())
    assert outcome_of(got, JOB) == GOOD


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Status.OK, exit_code=1),
        Outcome(Status.OK),
        Outcome(Status.OK, exit_code=0, stdout=b"x" * 1025),
        Outcome(Status.OK, exit_code=0, truncated=("stdout",)),
        Outcome(Status.OUTPUT_LIMIT, truncated=("passwd",)),
        Outcome(Status.OK, exit_code=0, artifacts={"b": b""}),
        Outcome(Status.OK, exit_code=0, artifacts={"a": b"x" * 1_048_577}),
        Outcome(Status.OK, exit_code=0, usage=Usage(cpu_s=-1.0)),
    ],
)
def test_an_outcome_that_cannot_be_is_refused(outcome: Outcome) -> None:
    with pytest.raises(WireError):
        outcome_of(outcome_message(outcome), JOB)
