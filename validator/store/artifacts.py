"""Artifacts by digest: what a verdict names stays readable, and is what its name says."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, BinaryIO, Protocol

from validator.errors import NotFoundError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Artifacts(Protocol):
    """A content-addressed store, small enough that an object store can follow it."""

    def put(self, content: bytes) -> str:
        """Store durably and return `sha256:<hex>`; the same bytes again are a no-op."""

    def get(self, digest: str) -> bytes:
        """The bytes, verified. Raises NotFoundError; StoreUnavailableError for damaged ones."""

    def open(self, digest: str) -> BinaryIO:
        """A readable stream of the bytes, verified before the first is given. Raises as `get`."""

    def exists(self, digest: str) -> bool:
        """True when `get` can be tried."""

    def size(self, digest: str) -> int:
        """Bytes stored. Raises NotFoundError."""


class FolderArtifacts:
    """Artifacts at `<root>/sha256/ab/<hex>`: written by temp file, fsync, rename, fsync of folder.

    Symbolic links are refused at every step below the root: whoever can place one there must not
    make the engine read or write elsewhere.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        """See Artifacts."""
        name = hashlib.sha256(content).hexdigest()
        digest = f"sha256:{name}"
        try:
            with self._folder(name, create=True) as folder:
                if not _is_intact(folder, name):
                    _write(folder, name, content)
        except NotFoundError as error:  # a link or a file where a folder must be
            raise StoreUnavailableError(f"{digest} has no folder to be stored in.") from error
        return digest

    def get(self, digest: str) -> bytes:
        """See Artifacts."""
        name = _name(digest)
        with self._folder(name) as folder:
            content = _read(folder, name)
        if hashlib.sha256(content).hexdigest() != name:
            raise StoreUnavailableError(f"Artifact {digest} is damaged; restore it from a backup.")
        return content

    def open(self, digest: str) -> BinaryIO:
        """See Artifacts."""
        return io.BytesIO(self.get(digest))

    def exists(self, digest: str) -> bool:
        """See Artifacts."""
        try:
            self.size(digest)
        except NotFoundError:
            return False
        return True

    def size(self, digest: str) -> int:
        """See Artifacts."""
        name = _name(digest)
        with self._folder(name) as folder, _refusing(digest):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                raise FileNotFoundError
            return found.st_size

    @contextlib.contextmanager
    def _folder(self, name: str, *, create: bool = False) -> Iterator[int]:
        """A descriptor of `sha256/ab`, walked to without following links."""
        with _refusing(f"sha256:{name}"):
            current = os.open(self._root, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
        try:
            for step in ("sha256", name[:2]):
                with _refusing(f"sha256:{name}"):
                    deeper = _step(current, step, create=create)
                os.close(current)
                current = deeper
            yield current
        finally:
            os.close(current)


def _name(digest: str) -> str:
    match = _DIGEST.fullmatch(digest)
    if match is None:
        raise NotFoundError("An artifact's name is sha256: and 64 hex digits.")
    return match[1]


def _step(folder: int, name: str, *, create: bool) -> int:
    if create:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, mode=0o700, dir_fd=folder)
            os.fsync(folder)
    return os.open(name, _FOLDER_FLAGS, dir_fd=folder)


def _is_intact(folder: int, name: str) -> bool:
    """Whether the artifact is there and whole; a damaged one is written again."""
    try:
        return hashlib.sha256(_read(folder, name)).hexdigest() == name
    except NotFoundError:
        return False


def _write(folder: int, name: str, content: bytes) -> None:
    temporary = f".{name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, 0o400, dir_fd=folder), "wb") as file:  # noqa: PTH123
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise StoreUnavailableError(f"An artifact cannot be stored: {error.strerror}.") from error


def _read(folder: int, name: str) -> bytes:
    # O_NONBLOCK: a pipe planted under the name must not hang the reader.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with _refusing(f"sha256:{name}"):
        descriptor = os.open(name, flags, dir_fd=folder)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileNotFoundError
            return file.read()


@contextlib.contextmanager
def _refusing(digest: str) -> Iterator[None]:
    """What is no plain file or folder (a link, a pipe, nothing) is not found."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotFoundError(f"No artifact {digest}.") from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
            raise NotFoundError(f"No artifact {digest}.") from error
        raise StoreUnavailableError(f"Artifact {digest}: {error.strerror}.") from error
