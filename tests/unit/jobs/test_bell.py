from __future__ import annotations

import time
from typing import TYPE_CHECKING

from validator.store.bell import (
    MAX_BURST,
    MAX_NOTE,
    Bell,
    Porter,
    doorbell_note,
    read_doorbells,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_ring_wakes_the_porter_with_its_note(tmp_path: Path) -> None:
    porter, bell = Porter(tmp_path / "a.bell"), Bell(tmp_path / "a.bell")
    bell.ring(b"one")
    assert porter.wait(5) == [b"one"]
    assert porter.wait(0) == []
    bell.close()
    porter.close()
    assert list(tmp_path.iterdir()) == []


def test_ringing_where_nobody_listens_does_nothing(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "deep" / "a.bell")
    bell.ring(b"one")
    bell.close()


def test_a_flood_neither_blocks_the_ringer_nor_holds_the_porter(tmp_path: Path) -> None:
    porter, bell = Porter(tmp_path / "a.bell"), Bell(tmp_path / "a.bell")
    began = time.monotonic()
    for _ in range(20_000):
        bell.ring(b"x" * 2 * MAX_NOTE)
    assert time.monotonic() - began < 5
    heard = porter.hear()
    assert 0 < len(heard) <= MAX_BURST
    assert max(map(len, heard)) == MAX_NOTE
    bell.close()
    porter.close()


def test_a_path_too_long_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / ("d" * 120) / "a.bell"
    porter, bell = Porter(path), Bell(path)
    bell.ring(b"far")
    assert porter.wait(5) == [b"far"]
    bell.close()
    porter.close()
    assert not path.exists()


def test_a_newer_porter_takes_the_path_over_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a.bell"
    old, new = Porter(path), Porter(path)
    old.close()
    bell = Bell(path)
    bell.ring(b"new")
    assert new.wait(5) == [b"new"]
    bell.close()
    new.close()


def test_only_its_owner_may_ring(tmp_path: Path) -> None:
    porter = Porter(tmp_path / "a.bell")
    assert (tmp_path / "a.bell").stat().st_mode & 0o077 == 0
    porter.close()


def test_a_note_of_doorbells_is_read_as_it_was_written() -> None:
    entries = [("fast", "sub_1"), ("sandbox", "sub_2")]
    assert read_doorbells(doorbell_note(entries)) == entries
    assert read_doorbells(doorbell_note([])) is None


def test_a_note_of_too_many_doorbells_names_the_first() -> None:
    entries = [("sandbox", f"sub_{number:032x}") for number in range(1000)]
    note = doorbell_note(entries)
    assert len(note) <= MAX_NOTE
    found = read_doorbells(note)
    assert found
    assert found == entries[: len(found)]
