from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.bundles import HIDING, VERDICT_ID, both
from validator.errors import EvidenceRefusedError, NotFoundError, StoreUnavailableError
from validator.evidence.shelf import EvidenceShelf

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shelf(tmp_path: Path) -> EvidenceShelf:
    return EvidenceShelf(tmp_path)


def test_bundles_are_kept_and_given_back(shelf: EvidenceShelf) -> None:
    public, sealed = both()
    shelf.put(public, sealed, VERDICT_ID)

    assert shelf.sealed(VERDICT_ID) == sealed.encode()
    assert shelf.any_public(VERDICT_ID) == public.encode()


def test_nothing_is_given_out_before_it_is_released(shelf: EvidenceShelf) -> None:
    public, sealed = both()
    assert not shelf.put(public, sealed, VERDICT_ID).released

    with pytest.raises(NotFoundError):
        shelf.public(VERDICT_ID)
    shelf.release(VERDICT_ID)
    shelf.release(VERDICT_ID)

    assert shelf.public(VERDICT_ID) == public.encode()
    assert shelf.look(VERDICT_ID).released


def test_a_verdict_has_one_evidence(shelf: EvidenceShelf) -> None:
    first = shelf.put(*both(), VERDICT_ID)
    assert shelf.put(*both(), VERDICT_ID) == first

    with pytest.raises(EvidenceRefusedError, match="other evidence"):
        shelf.put(*both(HIDING), VERDICT_ID)
    assert shelf.look(VERDICT_ID) == first


@pytest.mark.parametrize("name", ["", "ver_7", "../../etc/passwd", f"ver_{'g' * 32}", VERDICT_ID])
def test_what_is_not_there_is_not_found_and_nothing_is_made(
    shelf: EvidenceShelf, name: str, tmp_path: Path
) -> None:
    for read in (shelf.look, shelf.public, shelf.any_public, shelf.sealed, shelf.release):
        with pytest.raises(NotFoundError):
            read(name)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"public": "x"}'])
def test_a_damaged_entry_is_said_so(shelf: EvidenceShelf, content: bytes, tmp_path: Path) -> None:
    shelf.put(*both(), VERDICT_ID)
    (tmp_path / "evidence" / "verdicts" / f"{VERDICT_ID}.json").write_bytes(content)

    with pytest.raises(StoreUnavailableError):
        shelf.look(VERDICT_ID)


def test_others_cannot_read_what_is_sealed(shelf: EvidenceShelf, tmp_path: Path) -> None:
    shelf.put(*both(), VERDICT_ID)

    modes = [path.stat().st_mode & 0o077 for path in (tmp_path / "evidence").rglob("*")]
    assert set(modes) == {0}
    assert (tmp_path / "evidence").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_said_so(shelf: EvidenceShelf, tmp_path: Path) -> None:
    shelf.put(*both(), VERDICT_ID)
    entries = tmp_path / "evidence" / "verdicts"
    for path in entries.iterdir():
        path.unlink()
    entries.rmdir()
    entries.write_bytes(b"a file where the folder must be")

    with pytest.raises(StoreUnavailableError, match="cannot be stored"):
        shelf.put(*both(), VERDICT_ID)
    with pytest.raises(NotFoundError):
        shelf.look(VERDICT_ID)


def test_an_entry_that_cannot_be_read_is_the_store_s_fault(
    shelf: EvidenceShelf, tmp_path: Path
) -> None:
    (tmp_path / "evidence" / "verdicts" / f"{VERDICT_ID}.json").mkdir(parents=True)

    with pytest.raises(StoreUnavailableError, match="cannot be read"):
        shelf.look(VERDICT_ID)
