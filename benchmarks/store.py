"""A page at a million rows against the same at ten thousand; accepts against bare SQLite."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.timing import Ratio, interleave
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.store.ports import NewSubmission
from validator.store.store import open_store
from validator.wire.canonical import sha256_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.store.store import Store

SMALL = 10_000
BATCH = 2_000
PAGE = 50
BODY = b'{"task":{"type":"general"},"answer":{"content":"x"}}'
DIGEST = sha256_digest(BODY)


def _new(ids: RandomIds, body: bytes = BODY, digest: str = DIGEST) -> NewSubmission:
    return NewSubmission(
        submission_id=ids.new("sub"),
        owner=LOCAL_OWNER,
        origin=Origin.API,
        body=body,
        body_digest=digest,
        task_type="general",
        task_label=None,
        answer_label=None,
        task_digest=DIGEST,
        answer_digest=DIGEST,
        queue="fast",
    )


def _filled(folder: Path, rows: int) -> Store:
    clock = SystemClock()
    ids = RandomIds(clock)
    store = open_store(None, folder, clock, ids)
    for start in range(0, rows, BATCH):
        store.accept_batch([_new(ids) for _ in range(min(BATCH, rows - start))])
    return store


def _middle(store: Store, rows: int) -> str | None:
    """The cursor in the middle of the listing."""
    cursor = None
    for _ in range(rows // 2 // 200):
        cursor = store.submissions(LOCAL_OWNER, cursor, 200).next
    return cursor


def _page(store: Store, cursor: str | None) -> Callable[[], None]:
    def call() -> None:
        assert len(store.submissions(LOCAL_OWNER, cursor, PAGE).items) == PAGE

    return call


def _pages(folder: Path, rows: int) -> Iterator[Ratio]:
    with _filled(folder / "small", SMALL) as small, _filled(folder / "large", rows) as large:
        for name, cursors in (
            ("first page", (None, None)),
            ("middle page", (_middle(small, SMALL), _middle(large, rows))),
        ):
            taken = interleave(
                {"small": _page(small, cursors[0]), "large": _page(large, cursors[1])}, 101
            )
            yield Ratio(
                "store",
                f"{name} of {PAGE} at {rows:,} rows / at {SMALL:,}",
                taken["large"].median,
                taken["small"].median,
                "s",
                2.0,
            )


def _bare_rate(path: Path, count: int) -> float:
    """Inserts per second of plain sqlite3, one durable transaction each."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (id TEXT PRIMARY KEY, body BLOB)")
    start = time.perf_counter()
    for number in range(count):
        connection.execute("INSERT INTO t VALUES (?, ?)", (f"{number:032x}", BODY))
    spent = time.perf_counter() - start
    connection.close()
    return count / spent


def _store_rate(store: Store, ids: RandomIds, count: int) -> float:
    start = time.perf_counter()
    for future in [store.accept_soon(_new(ids)) for _ in range(count)]:
        future.result(30)
    return count / (time.perf_counter() - start)


def _accepts(folder: Path) -> Iterator[Ratio]:
    clock = SystemClock()
    ids = RandomIds(clock)
    ours: list[float] = []
    bare: list[float] = []
    with open_store(None, folder / "accepts", clock, ids) as store:
        for number in range(5):
            ours.append(_store_rate(store, ids, 1000))
            bare.append(_bare_rate(folder / f"bare{number}.db", 1000))
    yield Ratio(
        "store",
        "accepts (row, body, event, outbox) / bare inserts",
        statistics.median(ours),
        statistics.median(bare),
        "per s",
        at_most=False,
    )


def measure(rows: int) -> Iterator[Ratio]:
    """Yield the ratios on SQLite; `rows` in the large database."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _accepts(Path(folder))
        yield from _pages(Path(folder), rows)
