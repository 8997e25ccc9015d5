"""Names that a task or an answer brings: paths, arguments, the command of a harness."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

MAX_PATH = 255
INTERPRETERS = frozenset({"python", "python3", "node", "bash", "sh", "cc", "c++", "tsc"})


def safe_path(path: str) -> str:
    """Return a relative POSIX path that stays where it is put, or raise ValueError."""
    if not path:
        raise ValueError("a path must not be empty")
    if len(path.encode()) > MAX_PATH:
        raise ValueError(f"a path may have at most {MAX_PATH} bytes")
    if "\\" in path or any(unicodedata.category(char) in ("Cc", "Cf") for char in path):
        raise ValueError("a path must not hold backslashes or control characters")
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError("a path must be relative, without empty, '.' or '..' parts")
    return path


def safe_argument(text: str) -> str:
    """Return a program argument that the operating system can carry, or raise ValueError."""
    if "\0" in text:
        raise ValueError("an argument must not hold a NUL character")
    return text


def harness_command(
    command: tuple[str, ...], files: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """File to start and further arguments; raises ValueError where that is not clear."""
    if command and command[0] in INTERPRETERS:
        command = command[1:]
    if not command:
        mains = [name for name in files if PurePosixPath(name).stem == "main"]
        candidates = list(files) if len(files) == 1 else mains
        if len(candidates) != 1:
            raise ValueError("command must name the file to start: there is no single main file")
        return candidates[0], ()
    if command[0] not in files:
        raise ValueError(f"command starts {command[0]!r}, which is not among the harness's files")
    return command[0], command[1:]
