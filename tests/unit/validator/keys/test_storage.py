from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.validator.keys.making import chain_file
from validator import keys
from validator.errors import KeyFileDamagedError, KeyFileError, KeyFileExposedError
from validator.keys import storage


def test_a_key_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.write_key_file(tmp_path / "k.json", chain_file())
    finally:
        os.umask(before)

    assert (tmp_path / "k.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["k.json"]
    assert keys.read_key_file(tmp_path / "k.json").binding == chain_file().binding


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    for name, make in {"file": Path.touch, "folder": Path.mkdir}.items():
        make(tmp_path / name)
    (tmp_path / "dangling").symlink_to("nowhere")

    for name in ("file", "folder", "dangling"):
        with pytest.raises(KeyFileError, match="something is there already"):
            storage.write_new(tmp_path / name, b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "folder"]
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize("name", ["none/k.json", "file/k.json", "a\0b", "x" * 300])
def test_where_nothing_can_be_written_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(KeyFileError, match="it cannot be written"):
        storage.write_new(tmp_path / name, b"x")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(KeyFileError, match="No space left"):
        storage.write_new(tmp_path / "k", b"x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "k"
    path.write_bytes(b"x")
    path.chmod(mode)

    with pytest.raises(KeyFileExposedError, match=f"mode {mode:03o}"):
        storage.read_private(path)


def test_a_link_is_refused_even_to_a_good_file(tmp_path: Path) -> None:
    keys.write_key_file(tmp_path / "k", chain_file())
    (tmp_path / "link").symlink_to("k")

    with pytest.raises(KeyFileExposedError, match="symbolic link"):
        keys.read_key_file(tmp_path / "link")


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.write_key_file(tmp_path / "k", chain_file())
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)

    with pytest.raises(KeyFileExposedError, match="belongs to another user"):
        keys.read_key_file(tmp_path / "k")


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)

    for path in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/zero")):
        with pytest.raises(KeyFileError, match="no regular file"):
            storage.read_private(path)


def test_an_absent_or_endless_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(storage.MAX_FILE + 1))
    (tmp_path / "big").chmod(0o600)

    with pytest.raises(KeyFileError, match="No such file"):
        storage.read_private(tmp_path / "none")
    with pytest.raises(KeyFileError, match="cannot be read"):
        storage.read_private(Path("a\0b"))
    with pytest.raises(KeyFileError, match="more than 16384 bytes"):
        storage.read_private(tmp_path / "big")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    storage.write_new(tmp_path / "k.json", b"{}")

    with pytest.raises(KeyFileDamagedError, match=r"k\.json: this is no key file"):
        keys.read_key_file(tmp_path / "k.json")
