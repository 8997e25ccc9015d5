"""Passphrases: typed at a prompt, or read from a file that is its owner's alone."""

from __future__ import annotations

import getpass
import os
import stat
import sys
import unicodedata
from typing import TYPE_CHECKING, Final

from pydantic import SecretBytes

from validator.errors import PassphraseError
from validator.keys.storage import OTHERS

if TYPE_CHECKING:
    from pathlib import Path

MIN_NEW: Final = 8
"""Characters of a passphrase for a new file (NIST SP 800-63B, 3.1.1.2, asks for at least 8)."""
MAX_PASSPHRASE: Final = 1024
"""Bytes of a passphrase, and of a file that holds one."""


def passphrase_of(text: str, *, new: bool = False) -> SecretBytes:
    """Return the bytes that go into the key derivation: NFC, UTF-8.

    Raises PassphraseError when it is empty, over 1024 bytes, holds control characters, or is
    `new` and under 8 characters.
    """
    normal = unicodedata.normalize("NFC", text)
    if not normal:
        raise PassphraseError("the passphrase is empty")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in normal):
        raise PassphraseError("the passphrase holds a control character")
    if new and len(normal) < MIN_NEW:
        raise PassphraseError(f"a new passphrase needs at least {MIN_NEW} characters")
    data = normal.encode("utf-8")
    if len(data) > MAX_PASSPHRASE:
        raise PassphraseError(f"the passphrase has more than {MAX_PASSPHRASE} bytes")
    return SecretBytes(data)


def from_file(path: Path, *, new: bool = False) -> SecretBytes:
    """Read a passphrase from a file; one line end at its end is not part of it.

    Unlike a key file it may be a link (secrets are often mounted as one) and belong to root, and it
    may be a pipe that the shell made. Raises PassphraseError, also when the group or others may
    read it.
    """
    try:
        # Without O_NONBLOCK the open itself would wait for the writer of a named pipe.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PassphraseError(f"{path}: it cannot be read: {reason}") from None
    try:
        _refuse_exposed(path, os.fstat(fd))
        os.set_blocking(fd, True)
        data = _read_all(fd)
    finally:
        os.close(fd)
    try:
        text = data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        raise PassphraseError(f"{path}: it is not UTF-8") from None
    return passphrase_of(text, new=new)


def from_prompt(label: str, *, new: bool = False) -> SecretBytes:
    """Ask on the terminal, twice for a new one. Raises PassphraseError where there is none."""
    # getpass would else read, and echo, whatever stands in for a terminal.
    if not sys.stdin.isatty():
        raise PassphraseError(f"there is no terminal to ask for the {label} on")
    first = getpass.getpass(f"{label}: ")
    if new and getpass.getpass(f"{label}, again: ") != first:
        raise PassphraseError("the two passphrases differ")
    return passphrase_of(first, new=new)


def _read_all(fd: int) -> bytes:
    """Read a file or a pipe to its end, or a little past the longest passphrase."""
    data = b""
    while len(data) <= MAX_PASSPHRASE + 2 and (more := os.read(fd, MAX_PASSPHRASE + 3)):
        data += more
    return data


def _refuse_exposed(path: Path, found: os.stat_result) -> None:
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
        raise PassphraseError(f"{path}: it is no regular file")
    if found.st_uid not in {os.geteuid(), 0}:
        raise PassphraseError(f"{path}: it belongs to another user")
    if found.st_mode & OTHERS:
        raise PassphraseError(f"{path}: its group or others may use it; chmod 600 it")
