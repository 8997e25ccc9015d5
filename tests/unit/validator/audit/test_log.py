from __future__ import annotations

import sqlite3

import pytest

from tests.fakes.evidence import ORIGIN, MemorySigner, leaf, memory_log
from tests.fakes.store import START
from validator.audit.checkpoint import Checkpoint, sign_checkpoint
from validator.audit.leaf import Leaf, LeafKind, read_leaf
from validator.audit.log import AuditLog
from validator.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash, verify_consistency
from validator.audit.proof import read_proof
from validator.errors import (
    EvidenceRefusedError,
    InvalidEvidenceError,
    LogBehindError,
    LogDamagedError,
    NotFoundError,
)

SIGNER = MemorySigner()


def test_a_new_log_is_an_empty_tree() -> None:
    with memory_log() as log:
        assert log.head() == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


@pytest.mark.parametrize("kind", LeafKind)
def test_leaves_of_every_kind_come_back_as_they_were(kind: LeafKind) -> None:
    with memory_log() as log:
        entry = log.append(leaf(3, kind, note="\u202e\x00 any text"), published=None)

        assert [entry] == list(log.leaves())
        assert read_leaf(entry.content) == leaf(3, kind, note="\u202e\x00 any text")


def test_the_root_is_that_of_all_leaves() -> None:
    with memory_log(23) as log:
        edge = Frontier()
        for entry in log.leaves():
            edge, _ = edge.append(leaf_hash(entry.content))

        assert log.head() == Checkpoint(ORIGIN, 23, edge.root())


def test_every_leaf_is_proven_under_every_checkpoint_that_covers_it() -> None:
    with memory_log(11) as log:
        first = log.checkpoint(SIGNER, START, published=None)
        second = log.checkpoint(SIGNER, START, published=first.checkpoint)

        assert (first.checkpoint.size, second.checkpoint.size) == (11, 12)
        for entry in list(log.leaves())[:12]:
            for signed in (first, second):
                if entry.place >= signed.checkpoint.size:
                    continue
                proof = read_proof(log.prove(entry.place, signed).encode())
                assert proof.verify(entry.content, SIGNER.public) == signed.checkpoint
        with pytest.raises(NotFoundError):
            log.prove(11, first)


def test_a_proof_without_a_signed_checkpoint_proves_nothing() -> None:
    with memory_log(5) as log:
        signed = log.checkpoint(SIGNER, START, published=None)
        proof = log.prove(2, signed).encode()

    bare = proof.partition(b"\n\n")[0]
    for content in (bare, bare + b"\n", bare + b"\n\n"):
        with pytest.raises(EvidenceRefusedError, match="no signed checkpoint"):
            read_proof(content)


def test_a_proof_for_another_leaf_or_key_is_refused() -> None:
    with memory_log(5) as log:
        signed = log.checkpoint(SIGNER, START, published=None)
        proof = log.prove(2, signed)
        wrong, right = log.leaf(3).content, log.leaf(2).content

    with pytest.raises(EvidenceRefusedError, match="does not lead"):
        proof.verify(wrong, SIGNER.public)
    with pytest.raises(EvidenceRefusedError, match="no trusted key"):
        proof.verify(right, MemorySigner(2).public)


def test_an_older_log_is_proven_to_be_a_beginning() -> None:
    with memory_log(9) as log:
        before = log.head()
        for number in range(9, 14):
            log.append(leaf(number), published=before)
        now = log.head()

        proof = log.consistency(before.size)
        verify_consistency(before.size, now.size, proof, before.root, now.root)
        for first in (0, 15):
            with pytest.raises(NotFoundError):
                log.consistency(first)


def test_a_log_behind_what_was_published_does_not_grow() -> None:
    with memory_log(6) as longer:
        published = longer.head()
    with memory_log(5) as log:
        with pytest.raises(LogBehindError, match="has 5 leaves; a checkpoint of 6"):
            log.append(leaf(5), published=published)
        with pytest.raises(LogBehindError):
            log.checkpoint(SIGNER, START, published=published)

        assert log.head().size == 5


def test_a_log_with_another_history_does_not_grow() -> None:
    with memory_log(4) as log:
        log.append(leaf(99), published=None)
        fork = log.head()
    with memory_log(8) as log:
        with pytest.raises(LogBehindError, match="are not the published ones"):
            log.append(leaf(8), published=fork)
        with pytest.raises(LogBehindError, match="another log"):
            log.append(leaf(8), published=Checkpoint("audit.test/other", 1, fork.root))
        with pytest.raises(LogBehindError):
            log.prove(0, sign_checkpoint(fork, SIGNER))


def test_nothing_is_appended_outside_a_transaction_of_the_caller() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    log = AuditLog.create(connection.cursor(), ORIGIN)

    with pytest.raises(RuntimeError, match="begins the transaction"):
        log.append(leaf(), published=None)
    assert log.head().size == 0
    connection.close()


def test_what_the_caller_rolls_back_was_never_there() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    log = AuditLog.create(connection.cursor(), ORIGIN)
    connection.execute("BEGIN IMMEDIATE")
    log.append(leaf(0), published=None)
    connection.execute("COMMIT")
    kept = log.head()

    connection.execute("BEGIN IMMEDIATE")
    log.append(leaf(1), published=None)
    connection.execute("ROLLBACK")

    assert log.head() == kept
    connection.execute("BEGIN IMMEDIATE")
    assert log.append(leaf(2), published=kept).place == 1
    connection.close()


def test_a_leaf_is_neither_changed_nor_taken_away() -> None:
    with memory_log(2) as log:
        cursor = log._cursor
        for statement in ("UPDATE audit_leaves SET content = x'00'", "DELETE FROM audit_leaves"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                cursor.execute(statement)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 2 AND place = 0",
        "DELETE FROM audit_nodes WHERE level = 2 AND place = 0",
        "UPDATE audit_nodes SET hash = x'00' WHERE level = 2 AND place = 0",
        "UPDATE audit_log SET root = zeroblob(32)",
    ],
)
def test_a_log_whose_nodes_were_damaged_does_not_grow(damage: str) -> None:
    with memory_log(5) as log:
        log._cursor.execute(damage)

        with pytest.raises(LogDamagedError):
            log.append(leaf(5), published=None)


def test_a_missing_leaf_is_named() -> None:
    with memory_log(5) as log:
        log._cursor.execute("DROP TRIGGER audit_leaves_remain")
        log._cursor.execute("DELETE FROM audit_leaves WHERE place = 3")

        with pytest.raises(LogDamagedError, match="leaf 3 is missing"):
            list(log.leaves())
        with pytest.raises(LogDamagedError, match="leaf 3 is missing"):
            list(log.leaves(3))
        log._cursor.execute("DELETE FROM audit_leaves WHERE place >= 3")
        with pytest.raises(LogDamagedError, match="leaf 3 is missing"):
            list(log.leaves())
        with pytest.raises(NotFoundError):
            log.leaf(3)


def test_a_log_keeps_its_name() -> None:
    with memory_log() as log:
        cursor = log._cursor
        assert AuditLog.create(cursor, ORIGIN).head().origin == ORIGIN
        with pytest.raises(LogDamagedError, match="not audit"):
            AuditLog.create(cursor, "audit.test/other")


def test_a_database_without_a_log_says_so() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(LogDamagedError, match="no audit log"):
        AuditLog(connection.cursor()).head()
    connection.close()


def test_an_append_reads_and_writes_a_handful_of_rows() -> None:
    with memory_log(1023) as log:
        statements: list[str] = []
        log._cursor.connection.set_trace_callback(statements.append)
        log.append(leaf(1023), published=None)

        assert len(statements) <= 2 * 10 + 5


@pytest.mark.parametrize("body", [{"n": float("nan")}, {"s": "\ud800"}, {"long": "x" * 70_000}])
def test_a_body_that_no_leaf_can_hold_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(InvalidEvidenceError):
        Leaf(LeafKind.VERDICT, START, body).encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"verdict"', b'"feast"'),
        (b"2026-03-01", b"2026-02-30"),
        (b"12:00:00.000000Z", b"12:00:00Z"),
        (b'{"number":0}', b"[]"),
        (b'{"number":0}', b'{"number":0.0}'),
        (b'{"at"', b'{ "at"'),
        (b"leaf/1", b"leaf/2"),
        (b'"number":0', b'"number":0,"number":0'),
    ],
)
def test_a_leaf_in_another_form_is_refused(old: bytes, new: bytes) -> None:
    content = leaf().encode()
    assert old in content

    with pytest.raises(InvalidEvidenceError):
        read_leaf(content.replace(old, new))
