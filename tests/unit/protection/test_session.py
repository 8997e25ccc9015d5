from __future__ import annotations

import gzip
import os
import sqlite3
from pathlib import Path

import pytest

from tests.fakes.protection import (
    CLOCK,
    GENESIS,
    KEY,
    OTHER_GENESIS,
    OTHER_KEY,
    created,
    opened,
    request,
)
from validator.errors import (
    FingerprintError,
    HistoryStaleError,
    OtherGenesisError,
    OtherSchemaError,
    ProtectionInUseError,
    StoreDamagedError,
    StoreUnavailableError,
    UsageError,
    ValidatorError,
    VerdictConflictError,
)
from validator.protection import session
from validator.protection.database import ProtectionDatabase
from validator.protection.place import FILE_NAME
from validator.protection.schema import SCHEMA, SCHEMA_VERSION
from validator.protection.session import Mark
from validator.protection.values import fingerprint

FROZEN = Path(__file__).resolve().parents[2] / "vectors" / "protection-schema-1.db.gz"


def raw(folder: Path, *statements: str) -> None:
    """Change a closed history as nobody should."""
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def closed(folder: Path) -> Path:
    with created(folder) as made:
        made.protect(request())
    return folder


def test_an_empty_history_needs_the_key_s_fingerprint(folder: Path) -> None:
    with pytest.raises(FingerprintError):
        ProtectionDatabase.create(folder, GENESIS, KEY, fingerprint(OTHER_KEY), CLOCK)

    assert not folder.exists()


@pytest.mark.parametrize("end", ["", "-wal", "-journal"])
def test_nothing_that_lies_there_is_replaced(folder: Path, end: str) -> None:
    folder.mkdir(mode=0o700)
    left = folder / f"{FILE_NAME}{end}"
    left.write_bytes(b"what is left of a history")
    left.chmod(0o600)

    with pytest.raises(UsageError, match="exists; a history is never replaced"):
        created(folder)

    assert left.read_bytes() == b"what is left of a history"


def test_half_a_history_of_an_interrupted_creation_does_not_count(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / f"{FILE_NAME}.new").write_bytes(b"half")

    created(folder).close()

    opened(folder).close()
    assert not (folder / f"{FILE_NAME}.new").exists()


def test_a_history_of_another_genesis_is_refused(closed: Path) -> None:
    with pytest.raises(OtherGenesisError):
        ProtectionDatabase.open(closed, OTHER_GENESIS, CLOCK)

    opened(closed).close()


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, 99])
def test_a_history_of_another_schema_is_refused(closed: Path, version: int) -> None:
    raw(closed, f"PRAGMA user_version = {version}")

    with pytest.raises(OtherSchemaError, match=f"has schema {version}"):
        opened(closed)


@pytest.mark.parametrize("content", [b"", b"junk" * 5000, b"SQLite format 3\0" + b"\0" * 4080])
def test_what_is_no_history_is_refused(closed: Path, content: bytes) -> None:
    (closed / FILE_NAME).write_bytes(content)

    with pytest.raises(StoreDamagedError):
        opened(closed)

    assert (closed / FILE_NAME).read_bytes() == content


def test_another_program_s_database_is_refused(closed: Path) -> None:
    raw(closed, "PRAGMA application_id = 7")

    with pytest.raises(StoreDamagedError, match="is no protection history"):
        opened(closed)


def test_a_damaged_page_is_noticed(closed: Path) -> None:
    path = closed / FILE_NAME
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 512):
        data[at : at + 8] = b"\xff" * 8
    path.write_bytes(data)

    with pytest.raises(StoreDamagedError):
        opened(closed)


@pytest.mark.parametrize("column", ["score = 79", "answer = zeroblob(32)", "root = zeroblob(32)"])
def test_a_changed_row_is_noticed(closed: Path, column: str) -> None:
    raw(closed, "DROP TRIGGER verdict_same", f"UPDATE verdict SET {column}")

    with pytest.raises(StoreDamagedError, match="does not fit its signing root"):
        opened(closed)


def test_a_log_that_ends_before_the_last_verdict_is_noticed(closed: Path) -> None:
    raw(closed, "DROP TRIGGER verdict_same", "UPDATE verdict SET log_index = 0")

    with pytest.raises(StoreDamagedError, match="the log ends before"):
        opened(closed)


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (["PRAGMA ignore_check_constraints = ON", "UPDATE verdict SET barred = 5"], "is damaged"),
        (["INSERT INTO nonce VALUES (99, 0, NULL, 'of no key')"], "rows that point nowhere"),
        (["DROP TRIGGER meta_stays", "DELETE FROM meta"], "is damaged"),
    ],
)
def test_what_the_schema_forbids_is_noticed(
    closed: Path, statements: list[str], sentence: str
) -> None:
    raw(closed, *statements)

    with pytest.raises(StoreDamagedError, match=sentence):
        opened(closed)


def test_an_index_that_lost_a_row_is_noticed(closed: Path) -> None:
    """The row would not be found, and its answer signed again."""
    raw(
        closed,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '(content_id)', '(height)')"
        " WHERE name = 'verdict_of_content'",
    )

    with pytest.raises(StoreDamagedError, match="is damaged"):
        opened(closed)


def test_a_history_that_somebody_holds_is_not_waited_for_long(closed: Path) -> None:
    other = sqlite3.connect(closed / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreUnavailableError, match="cannot be written"):
            opened(closed)
    finally:
        other.close()


def test_a_closed_history_answers_nothing(closed: Path) -> None:
    database = opened(closed)
    database.close()

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        database.protect(request())


def test_too_old_a_library_is_refused(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_OLDEST_SQLITE", (99, 0, 0))

    with pytest.raises(StoreUnavailableError, match="is too old"):
        opened(closed)


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreDamagedError, match="cannot be opened"):
        session._connect(tmp_path)


def test_a_copy_older_than_the_mark_is_stale_until_its_gap_is_declared(closed: Path) -> None:
    raw(closed, "UPDATE key SET declared = 0")
    with opened(closed) as database:
        database.protect(request(1))
        newest = database.mark()
    ProtectionDatabase.open(closed, GENESIS, CLOCK, newest).close()

    later = Mark(newest.sequence + 1)
    with pytest.raises(HistoryStaleError):
        ProtectionDatabase.open(closed, GENESIS, CLOCK, later)

    with opened(closed) as database:
        database.resume(KEY, fingerprint(KEY))
    ProtectionDatabase.open(closed, GENESIS, CLOCK, Mark(later.sequence + 9)).close()


def test_the_mark_rises_with_every_write(database: ProtectionDatabase) -> None:
    marks = [database.mark()]
    for number in range(3):
        database.protect(request(number))
        marks.append(database.mark())

    assert len({mark.sequence for mark in marks}) == 4
    assert marks == sorted(marks, key=lambda mark: mark.sequence)


def test_every_commit_is_flushed_to_disk(database: ProtectionDatabase) -> None:
    with database._session.read() as cursor:
        settings = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "journal_mode", "foreign_keys", "recursive_triggers")
        }

    # 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
    assert settings == {
        "synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "recursive_triggers": 1,
    }  # fmt: skip


def test_an_owner_that_lost_its_place_is_fenced(database: ProtectionDatabase, folder: Path) -> None:
    """Somebody came in spite of the lock: the older one writes nothing more."""
    database.protect(request())
    raw(folder, "UPDATE meta SET owner = owner + 1")

    with pytest.raises(ProtectionInUseError, match="another process has opened"):
        database.protect(request(1))


def test_a_forked_child_may_not_use_the_connection(database: ProtectionDatabase) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            database.protect(request())
        except ProtectionInUseError:
            status = 0
        finally:
            os._exit(status)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert database.protect(request()).is_new


def test_a_commit_that_fails_permits_nothing_and_closes_the_session(
    database: ProtectionDatabase, folder: Path
) -> None:
    def breaks_the_commit(cursor: sqlite3.Cursor) -> int:
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        cursor.execute("UPDATE key SET enabled = 1")
        cursor.execute("INSERT INTO nonce VALUES (99, 0, NULL, 'of no key')")
        return 0

    with pytest.raises(StoreUnavailableError, match="could not be written"):
        database.protect(request(), breaks_the_commit)
    with pytest.raises(StoreUnavailableError, match="an earlier write"):
        database.protect(request(1))
    database.close()

    with opened(folder) as again:
        assert again.row(KEY, request().verdict.answer) is None


def test_a_full_disk_permits_nothing(database: ProtectionDatabase) -> None:
    def fills(cursor: sqlite3.Cursor) -> int:
        cursor.execute("PRAGMA max_page_count = 1")
        cursor.execute("INSERT INTO leaf VALUES (0, zeroblob(32), zeroblob(1000000))")
        return 0

    with pytest.raises(StoreUnavailableError, match="refused a write"):
        database.protect(request(), fills)

    assert database.row(KEY, request().verdict.answer) is None


CHANGES = {
    "the history does not go back": [
        "UPDATE meta SET sequence = sequence - 1",
        "UPDATE meta SET owner = 0",
        "UPDATE meta SET genesis = zeroblob(32)",
        "DELETE FROM meta",
    ],
    "the low watermark only rises": ["UPDATE key SET low = 1", "UPDATE key SET low = NULL"],
    "a key is never renamed": ["UPDATE key SET public_key = zeroblob(32)"],
    "a key is never forgotten": ["DELETE FROM key"],
    "a recorded content is never changed": [
        "UPDATE content SET score = 1",
        "UPDATE content SET task = zeroblob(32)",
    ],
    "a recorded content is never forgotten": ["DELETE FROM content"],
    "a recorded verdict is never changed": [
        "UPDATE verdict SET root = zeroblob(32)",
        "UPDATE verdict SET score = 1",
        "UPDATE verdict SET height = 1",
    ],
    "a verdict above the low watermark is never forgotten": [
        "DELETE FROM verdict",
        "INSERT OR REPLACE INTO verdict SELECT * FROM verdict",
    ],
    "never is never": ["UPDATE verdict SET barred = 0", "UPDATE content SET barred = 0"],
    "the content has another score": [
        (
            "INSERT INTO verdict SELECT 77, key_id, zeroblob(32), content_id, 3, root, height,"
            " NULL, origin, 0, 0 FROM verdict"
        )
    ],
    "UNIQUE constraint failed: verdict.key_id, verdict.answer": [
        (
            "INSERT INTO verdict SELECT 77, key_id, answer, content_id, score, zeroblob(32),"
            " height, NULL, origin, 0, 0 FROM verdict"
        )
    ],
    "UNIQUE constraint failed: content": [
        "INSERT INTO content SELECT 77, key_id, task, submitter, answer_hash, 3, 0 FROM content"
    ],
    "UNIQUE constraint failed: attempt": [
        (
            "INSERT INTO attempt SELECT 77, key_id, nonce, message, 0, NULL, NULL, 'prepared', 0"
            " FROM attempt"
        )
    ],
    "UNIQUE constraint failed: nonce": ["INSERT INTO nonce SELECT * FROM nonce"],
    "a recorded attempt is never changed": ["UPDATE attempt SET message = zeroblob(9)"],
    "recorded bytes are never changed": [
        "UPDATE attempt SET bytes = zeroblob(9)",
        "UPDATE attempt SET bytes = NULL, tx_hash = NULL",
    ],
    "the log only grows": [
        "UPDATE leaf SET envelope = zeroblob(1)",
        "DELETE FROM leaf",
        "INSERT OR REPLACE INTO leaf SELECT * FROM leaf",
    ],
}


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [(statement, refusal) for refusal, group in CHANGES.items() for statement in group],
)
def test_the_database_itself_refuses_what_must_never_happen(
    database: ProtectionDatabase, statement: str, refusal: str
) -> None:
    def leaf(cursor: sqlite3.Cursor) -> int:
        cursor.execute("INSERT INTO leaf VALUES (0, zeroblob(32), x'00')")
        return 0

    asked = request()
    database.protect(asked, leaf)
    message = KEY + asked.verdict.payload
    attempt = database.prepare(KEY, asked.verdict.answer, 0, message, 1)
    database.keep_bytes(attempt.attempt_id, b"h" * 32, message)
    database.raise_low(KEY, 5)

    barred = ("UPDATE verdict SET barred = 1", "UPDATE content SET barred = 1")
    before = barred if refusal == "never is never" else ()

    with pytest.raises(StoreUnavailableError, match=refusal):
        write(database, *before, statement)


def write(database: ProtectionDatabase, *statements: str) -> None:
    with database._session.write() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_history_of_the_first_release_still_opens(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    path = folder / FILE_NAME
    path.write_bytes(gzip.decompress(FROZEN.read_bytes()))
    path.chmod(0o600)

    with opened(folder) as database:
        assert not database.protect(request(0, 80)).is_new
        with pytest.raises(VerdictConflictError):
            database.protect(request(0, 81))
        with pytest.raises(VerdictConflictError):
            database.protect(request(9, 81, content=0))
        assert [each.nonce for each in database.open_attempts(KEY)] == [4]
        assert database.key_states()[0].low == 50
        with pytest.raises(ValidatorError, match="never signed"):
            database.protect(request(1, 30))


def test_the_schema_is_changed_only_with_its_version(tmp_path: Path) -> None:
    """The frozen file was written by schema 1; whoever changes the schema gives it a number."""
    frozen = tmp_path / "frozen.db"
    frozen.write_bytes(gzip.decompress(FROZEN.read_bytes()))
    now = sqlite3.connect(":memory:")
    now.executescript(SCHEMA)
    was = sqlite3.connect(frozen)
    listed = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"

    same = was.execute(listed).fetchall() == now.execute(listed).fetchall()

    was.close()
    now.close()
    assert SCHEMA_VERSION > 1 or same
