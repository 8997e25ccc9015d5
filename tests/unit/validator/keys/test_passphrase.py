from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from validator.errors import PassphraseError
from validator.keys import passphrase


def written(tmp_path: Path, data: bytes, mode: int = 0o600) -> Path:
    path = tmp_path / "pw"
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("data", "secret"),
    [
        (b"correct horse", b"correct horse"),
        (b"correct horse\n", b"correct horse"),
        (b"correct horse\r\n", b"correct horse"),
        (b" spaces count ", b" spaces count "),
        ("nu\u0308ller-weg".encode(), "n\u00fcller-weg".encode()),
    ],
)
def test_a_file_gives_its_passphrase_without_the_line_end(
    tmp_path: Path, data: bytes, secret: bytes
) -> None:
    assert passphrase.from_file(written(tmp_path, data)).get_secret_value() == secret


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"two\nlines here", "control character"),
        (b"\xff" * 12, "not UTF-8"),
        (b"x" * 1025, "more than 1024 bytes"),
        (b"seven77", "at least 8 characters"),
    ],
    ids=["empty", "line", "lines", "bytes", "long", "short"],
)
def test_what_is_no_passphrase_is_refused_unseen(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(PassphraseError, match=said) as caught:
        passphrase.from_file(written(tmp_path, data), new=True)

    assert "two" not in str(caught.value)
    assert "seven77" not in str(caught.value)


def test_an_old_file_may_have_a_short_passphrase(tmp_path: Path) -> None:
    assert passphrase.from_file(written(tmp_path, b"short")).get_secret_value() == b"short"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_passphrase_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(PassphraseError, match="chmod 600"):
        passphrase.from_file(written(tmp_path, b"correct horse", mode))


def test_a_mounted_secret_may_be_a_link(tmp_path: Path) -> None:
    written(tmp_path, b"correct horse")
    (tmp_path / "link").symlink_to("pw")

    assert passphrase.from_file(tmp_path / "link").get_secret_value() == b"correct horse"


def test_a_pipe_of_the_shell_gives_a_passphrase() -> None:
    heard, said = os.pipe()
    os.write(said, b"correct horse\n")
    os.close(said)

    found = passphrase.from_file(Path(f"/dev/fd/{heard}"))
    os.close(heard)

    assert found.get_secret_value() == b"correct horse"


def test_a_pipe_that_nobody_writes_does_not_hold_us_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    with pytest.raises(PassphraseError, match="empty"):
        passphrase.from_file(tmp_path / "pipe")


def test_folders_devices_and_absent_files_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(PassphraseError, match="no regular file"):
            passphrase.from_file(path)
    with pytest.raises(PassphraseError, match="cannot be read"):
        passphrase.from_file(tmp_path / "none")


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)

    with pytest.raises(PassphraseError, match="no terminal"):
        passphrase.from_prompt("passphrase")


def test_a_new_passphrase_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["correct horse", "correct horse", "correct horse", "wrong horse"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    assert passphrase.from_prompt("p", new=True).get_secret_value() == b"correct horse"
    with pytest.raises(PassphraseError, match="differ"):
        passphrase.from_prompt("p", new=True)


def test_a_passphrase_shows_itself_nowhere() -> None:
    assert "correct" not in repr(passphrase.passphrase_of("correct horse"))
