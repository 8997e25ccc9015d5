from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.fakes.store import new_submission
from validator.errors import StoreUnavailableError
from validator.store import group_commit
from validator.store.group_commit import GroupCommitWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validator.store.ports import Accepted, NewSubmission


class SlowDatabase:
    """Stands still until it is let go; remembers the batches it was given."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.let_go = threading.Event()
        self.entered = threading.Event()

    def accept_batch(self, batch: Sequence[NewSubmission]) -> Sequence[Accepted]:
        self.entered.set()
        assert self.let_go.wait(30)
        self.batches.append(len(batch))
        raise StoreUnavailableError("The database does not answer.")


@pytest.fixture
def database() -> SlowDatabase:
    return SlowDatabase()


@pytest.fixture
def writer(database: SlowDatabase) -> Iterator[GroupCommitWriter]:
    writer = GroupCommitWriter(database.accept_batch)
    yield writer
    database.let_go.set()
    writer.close()


def test_those_who_wait_share_a_transaction(
    writer: GroupCommitWriter, database: SlowDatabase
) -> None:
    first = writer.submit(new_submission("sub_0"))
    assert database.entered.wait(30)
    rest = [writer.submit(new_submission(f"sub_{n}")) for n in range(1, 101)]
    database.let_go.set()

    faults = [future.exception(30) for future in [first, *rest]]

    assert all(isinstance(fault, StoreUnavailableError) for fault in faults)
    assert database.batches == [1, 64, 36]  # and nobody asked a silent database twice


def test_too_many_waiting_are_refused_at_once(
    writer: GroupCommitWriter, database: SlowDatabase
) -> None:
    writer.submit(new_submission("sub_0"))
    assert database.entered.wait(30)
    for number in range(group_commit.MAX_WAITING):
        writer.submit(new_submission(f"sub_{number}"))

    with pytest.raises(StoreUnavailableError, match="Too many"):
        writer.submit(new_submission("sub_more"))


def test_large_bodies_end_a_batch_early(writer: GroupCommitWriter, database: SlowDatabase) -> None:
    writer.submit(new_submission("sub_0"))
    assert database.entered.wait(30)
    body = b"x" * (5 * 1024 * 1024)
    futures = [writer.submit(new_submission(f"sub_{n}", body=body)) for n in range(1, 9)]
    database.let_go.set()

    for future in futures:
        future.exception(30)

    assert max(database.batches) == 4


def test_a_caller_that_gave_up_while_waiting_is_not_stored(
    writer: GroupCommitWriter, database: SlowDatabase
) -> None:
    writer.submit(new_submission("sub_0"))
    assert database.entered.wait(30)
    given_up, waiting = (writer.submit(new_submission(f"sub_{n}")) for n in (1, 2))
    assert given_up.cancel()
    database.let_go.set()
    waiting.exception(30)

    assert database.batches == [1, 1]


def test_closing_twice_or_unused_is_harmless(database: SlowDatabase) -> None:
    writer = GroupCommitWriter(database.accept_batch)
    writer.close()
    writer.close()

    with pytest.raises(StoreUnavailableError, match="closed"):
        writer.submit(new_submission("sub_1"))
