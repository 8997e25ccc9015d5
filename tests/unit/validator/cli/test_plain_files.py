from __future__ import annotations

import os
from pathlib import Path

import pytest

from validator.cli.plain_files import SHOWN, open_plain, shown


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    (tmp_path / "b").symlink_to("a")

    for name in ("a", "b"):
        with open_plain(tmp_path / name) as file:
            assert file.read() == b"text"


def test_a_pipe_that_nobody_writes_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="not a regular file"):
        open_plain(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_devices_are_refused(name: str) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        open_plain(Path(name))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_plain(tmp_path)


def test_a_pipe_of_the_shell_is_read_to_its_end() -> None:
    heard, said = os.pipe()
    os.write(said, b"text")
    os.close(said)

    with open_plain(Path(f"/dev/fd/{heard}")) as file:
        assert file.read() == b"text"
    os.close(heard)


def test_a_long_name_is_shown_by_its_end() -> None:
    assert shown(Path("x" * 5000 + ".py")) == "..." + ("x" * 5000 + ".py")[-SHOWN:]
    assert shown(Path("a.py")) == "a.py"
