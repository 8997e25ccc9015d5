from __future__ import annotations

import base64
import io
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.evidence import ORIGIN, MemorySigner, leaf, memory_log
from tests.fakes.store import START
from validator.audit.checkpoint import sign_checkpoint
from validator.audit.leaf import read_leaf
from validator.audit.log_file import import_log, verify_log, write_log
from validator.audit.merkle import leaf_hash
from validator.errors import (
    EvidenceRefusedError,
    InvalidEvidenceError,
    LogBehindError,
    LogDamagedError,
    ValidatorError,
)
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.audit.checkpoint import Checkpoint

SIGNER = MemorySigner()


def exported(count: int, between: int = 0) -> tuple[bytes, Checkpoint]:
    """A file of so many leaves; after `between` of them a checkpoint is a leaf, too."""
    with memory_log(between) as log:
        if between:
            log.checkpoint(SIGNER, START, published=None)
        for number in range(log.head().size, count):
            log.append(leaf(number), published=None)
        signed = log.checkpoint(SIGNER, START, published=None)
        file = io.BytesIO()
        write_log(log, signed, SIGNER.public, file)
    return file.getvalue(), signed.checkpoint


def fault(content: bytes, signer: MemorySigner = SIGNER) -> str | None:
    """What is said of a file, None when it holds."""
    try:
        verify_log(io.BytesIO(content), [signer.public])
    except (InvalidEvidenceError, LogDamagedError) as error:
        return error.detail
    return None


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 21])
def test_an_exported_log_holds(count: int) -> None:
    content, checkpoint = exported(count)

    assert fault(content) is None
    assert checkpoint.size == count
    assert len(content.splitlines()) == count + 2


def test_another_key_does_not_make_it_hold() -> None:
    content, _ = exported(3)

    assert "no trusted key" in str(fault(content, MemorySigner(2)))


def test_every_single_bit_of_a_small_log_matters() -> None:
    content, _ = exported(3, between=2)

    assert [bit for bit in range(len(content) * 8) if fault(flipped(content, bit)) is None] == []


def test_a_flipped_bit_of_a_long_log_is_found_and_its_leaf_is_named() -> None:
    content, _ = exported(10_000, between=5_000)
    lines = content.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    chosen = random.Random(6962)
    places = sorted({0, 1, 9_999, *(chosen.randrange(10_000) for _ in range(9))})

    for place in places:
        first, end = starts[place + 1], starts[place + 2]
        bit = chosen.randrange(first * 8, end * 8)
        assert f"leaf {place} is bad" in str(fault(flipped(content, bit))), (place, bit)
    for line in (0, len(lines) - 1):
        bit = chosen.randrange(starts[line] * 8, starts[line + 1] * 8)
        assert fault(flipped(content, bit)) is not None


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "no end": lambda lines: lines[:-1],
    "one missing": lambda lines: lines[:3] + lines[4:],
    "two swapped": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "one more at the end": lambda lines: [*lines, b"{}\n"],
    "last newline missing": lambda lines: [*lines[:-1], lines[-1][:-1]],
    "one twice": lambda lines: [*lines[:3], lines[3], *lines[3:]],
    "other spelling": lambda lines: [line.replace(b":", b": ", 1) for line in lines],
    "other size": lambda lines: [lines[0].replace(b'"size":6', b'"size":5'), *lines[1:]],
    "other name": lambda lines: [lines[0].replace(b"audit.test", b"audit.best"), *lines[1:]],
    "endless line": lambda lines: [lines[0], b"x" * 200_000 + b"\n", *lines[2:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_lines_that_are_missing_moved_or_added_are_noticed(change: str) -> None:
    content, _ = exported(6)

    assert fault(b"".join(CHANGES[change](content.splitlines(keepends=True)))) is not None


def rewritten(content: bytes, place: int) -> bytes:
    """A file in which a leaf and its hash were both rewritten, as a forger would do."""
    lines = content.splitlines(keepends=True)
    with memory_log() as log:
        entry = log.append(leaf(4711), published=None)
    line = {
        "place": place,
        "hash": base64.b64encode(leaf_hash(entry.content)).decode(),
        "leaf": json.loads(entry.content),
    }
    lines[place + 1] = canonical_json(line) + b"\n"
    return b"".join(lines)


def test_a_forged_leaf_is_held_between_two_checkpoints() -> None:
    content, _ = exported(12, between=6)

    before, after = fault(rewritten(content, 2)), fault(rewritten(content, 9))

    assert before is not None
    assert before.startswith("leaf 0 or one after it, below 6, is bad")
    assert after is not None
    assert after.startswith("leaf 6 or one after it, below 12, is bad")


def test_a_recorded_checkpoint_with_a_bad_signature_is_a_bad_leaf() -> None:
    with memory_log(3) as log:
        signed = log.checkpoint(SIGNER, START, published=None)
        note = signed.note
        (line,) = note.signatures
        forged = replace(note, signatures=(replace(line, signature=b"\0" * 64),))
        body = {"checkpoint": forged.encode().decode(), "key_id": SIGNER.public.key_id}
    with memory_log(3) as log:
        recorded = read_leaf(leaf().encode())
        log.append(
            replace(recorded, kind=type(recorded.kind)("checkpoint"), body=body), published=None
        )
        file = io.BytesIO()
        write_log(log, log.checkpoint(SIGNER, START, published=None), SIGNER.public, file)

    assert fault(file.getvalue()) == "leaf 3 is bad: a signature of the checkpoint does not hold"


def test_checkpoints_of_a_key_that_was_retired_do_not_spoil_the_log() -> None:
    with memory_log(3) as log:
        log.checkpoint(MemorySigner(7), START, published=None)
        file = io.BytesIO()
        write_log(log, log.checkpoint(SIGNER, START, published=None), SIGNER.public, file)

    assert fault(file.getvalue()) is None


def test_a_log_is_not_written_under_a_checkpoint_of_another_key() -> None:
    with memory_log(3) as log:
        signed = log.checkpoint(SIGNER, START, published=None)
        with pytest.raises(EvidenceRefusedError):
            write_log(log, signed, MemorySigner(2).public, io.BytesIO())


def test_a_checkpoint_over_the_whole_log_is_written_with_all_of_it() -> None:
    with memory_log(4) as log:
        signed = sign_checkpoint(log.head(), SIGNER)
        file = io.BytesIO()
        write_log(log, signed, SIGNER.public, file)

    assert fault(file.getvalue()) is None


def test_an_import_makes_the_same_log() -> None:
    content, checkpoint = exported(9, between=4)
    with memory_log() as log:
        new = import_log(log, io.BytesIO(content), [SIGNER.public], published=checkpoint)

        assert new == 9
        assert log.head() == checkpoint


def test_an_import_goes_on_where_the_log_ends() -> None:
    content, checkpoint = exported(9)
    with memory_log(4) as log:
        assert import_log(log, io.BytesIO(content), [SIGNER.public], published=checkpoint) == 5
        assert import_log(log, io.BytesIO(content), [SIGNER.public], published=None) == 0
        assert log.head() == checkpoint


def test_an_import_that_contradicts_the_log_is_refused() -> None:
    content, checkpoint = exported(9)
    with memory_log(2) as log:
        log.append(leaf(99), published=None)
        with pytest.raises(LogDamagedError, match="leaf 2 of the file is not that of this log"):
            import_log(log, io.BytesIO(content), [SIGNER.public], published=None)
    with (
        memory_log(0, "audit.test/other") as log,
        pytest.raises(LogDamagedError, match="of the log audit"),
    ):
        import_log(log, io.BytesIO(content), [SIGNER.public], published=None)
    with memory_log() as log:
        longer = replace(checkpoint, size=20)
        with pytest.raises(LogBehindError):
            import_log(log, io.BytesIO(content), [SIGNER.public], published=longer)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"\xff\n", b'{"schema":1}\n', b"{" * 5000],
)
def test_what_is_no_log_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(InvalidEvidenceError, match="first line"):
        verify_log(io.BytesIO(content), [SIGNER.public])


@pytest.mark.parametrize(
    ("member", "value"),
    [("schema", "tosv.audit-log/2"), ("origin", 1), ("size", True), ("size", -1), ("size", 2**63)],
)
def test_a_wrong_first_line_is_refused(member: str, value: object) -> None:
    header = {"schema": "tosv.audit-log/1", "origin": ORIGIN, "size": 0, "public_key": "00"}

    with pytest.raises(ValidatorError, match="first line"):
        verify_log(io.BytesIO(canonical_json(header | {member: value}) + b"\n"), [SIGNER.public])
