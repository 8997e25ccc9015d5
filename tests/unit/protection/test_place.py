from __future__ import annotations

import errno
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.components import require_program
from tests.fakes.protection import created, opened
from validator.errors import HistoryMissingError, ProtectionInUseError, UnsafePlaceError
from validator.protection import place
from validator.protection.status import read_status

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def closed(folder: Path) -> Path:
    created(folder).close()
    return folder


def test_the_kernel_s_word_on_a_file_system_is_that_of_stat(tmp_path: Path) -> None:
    argv = [require_program("stat"), "-f", "-c", "%t", str(tmp_path)]
    said = subprocess.run(argv, capture_output=True, check=True, timeout=10, text=True).stdout

    assert place.file_system(tmp_path) == int(said, 16)


def test_a_path_that_is_not_there_has_no_file_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        place.file_system(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_locked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(place.fcntl, "flock", refuses)

    with pytest.raises(UnsafePlaceError, match="cannot be locked: No locks available"):
        place.OwnerLock(tmp_path)


def test_proc_is_no_place_for_a_history(tmp_path: Path) -> None:
    with pytest.raises(UnsafePlaceError, match="an unknown file system"):
        place.require_local(tmp_path.__class__("/proc/self"))


@pytest.mark.parametrize("kind", sorted(place.KNOWN_OTHERS))
def test_a_network_file_system_is_refused_by_its_name(
    kind: int, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "file_system", lambda _: kind)

    for use in (opened, created, read_status):
        with pytest.raises(UnsafePlaceError, match=place.KNOWN_OTHERS[kind]):
            use(closed)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o770])
def test_a_folder_that_others_may_write_is_refused(closed: Path, mode: int) -> None:
    closed.chmod(mode)

    with pytest.raises(UnsafePlaceError, match="can be written by its group or by others"):
        opened(closed)


def test_a_folder_that_others_may_only_read_is_not(closed: Path) -> None:
    closed.chmod(0o755)

    opened(closed).close()


@pytest.mark.parametrize("end", ["", "-wal"])
def test_a_file_that_others_may_write_is_refused(closed: Path, end: str) -> None:
    path = closed / f"{place.FILE_NAME}{end}"
    path.touch()
    path.chmod(0o620)

    with pytest.raises(UnsafePlaceError, match="can be written"):
        opened(closed)


def test_a_file_by_another_name_is_refused(closed: Path, tmp_path: Path) -> None:
    """A second name is a way around the lock on the folder."""
    os.link(closed / place.FILE_NAME, tmp_path / "twin.db")

    with pytest.raises(UnsafePlaceError, match="with one name"):
        opened(closed)


def test_a_symbolic_link_is_refused(closed: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.db"
    (closed / place.FILE_NAME).rename(real)
    (closed / place.FILE_NAME).symlink_to(real)

    with pytest.raises(UnsafePlaceError, match="symbolic link"):
        opened(closed)


def test_files_of_another_account_are_refused(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(place.os, "geteuid", lambda: mine + 1)

    with pytest.raises(UnsafePlaceError, match="belongs to another account"):
        opened(closed)


def test_what_is_made_is_for_its_account_alone(closed: Path) -> None:
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / place.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_second_owner_is_refused_and_the_first_goes_on(folder: Path) -> None:
    with created(folder) as first:
        with pytest.raises(ProtectionInUseError, match="another process owns"):
            opened(folder)
        assert first.key_states()
    opened(folder).close()


def test_a_missing_history_is_never_made_by_opening(folder: Path) -> None:
    with pytest.raises(HistoryMissingError):
        opened(folder)
    assert not folder.exists()

    created(folder).close()
    (folder / place.FILE_NAME).unlink()
    with pytest.raises(HistoryMissingError):
        opened(folder)
    assert not (folder / place.FILE_NAME).exists()
