"""Zip files of an answer: what they claim is checked first, and counted again while reading.

Call it in the jail only. Nothing is ever extracted to a disk.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from checkers.names import safe_path

MAX_ENTRIES: Final = 1000
MAX_RATIO: Final = 200
"""Expanded over packed, of the whole file; XML of real workbooks reaches about 30."""

MAX_EXPANDED: Final = 256 * 1024 * 1024
FREE: Final = 1024 * 1024
"""Expanded bytes that are let through at any ratio: small files pack unusually well."""

_STORED_AND_DEFLATED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK: Final = 64 * 1024


class ArchiveError(ValueError):
    """The archive is refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that passed `open_archive`."""

    file: zipfile.ZipFile
    names: tuple[str, ...]

    def read(self, name: str) -> bytes:
        """Return one entry; raises `ArchiveError` where it is not as long as it claims."""
        info = self.file.getinfo(name)
        found = bytearray()
        try:
            with self.file.open(info) as entry:
                while chunk := entry.read(_CHUNK):
                    found += chunk
                    if len(found) > info.file_size:
                        raise ArchiveError("has an entry that is larger than it claims")
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ArchiveError(f"has an entry that cannot be unpacked: {error}") from None
        if len(found) != info.file_size:
            raise ArchiveError("has an entry that is smaller than it claims")
        return bytes(found)


def open_archive(data: bytes, max_expanded: int = MAX_EXPANDED) -> Archive:
    """Return a zip file whose every claim is harmless; raises `ArchiveError`.

    Refused: more than 1000 entries, more than `max_expanded` bytes or 200 times the packed size
    when unpacked, names that leave the folder or appear twice, encryption, packings other than
    stored and deflated, entries that overlap.
    """
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise ArchiveError(f"is no zip archive: {error}") from None
    entries = file.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ArchiveError(f"holds {len(entries)} entries; at most {MAX_ENTRIES} are allowed")
    for entry in entries:
        _check(entry)
    expanded = sum(entry.file_size for entry in entries)
    if expanded > max_expanded:
        raise ArchiveError(f"unpacks to {expanded} bytes; at most {max_expanded} are allowed")
    if expanded > max(FREE, MAX_RATIO * len(data)):
        raise ArchiveError(f"unpacks to more than {MAX_RATIO} times its size")
    if sum(entry.compress_size for entry in entries) > len(data):
        raise ArchiveError("has entries that overlap")
    names = tuple(entry.filename for entry in entries)
    if len(set(names)) != len(names):
        raise ArchiveError("holds a name twice")
    return Archive(file, names)


def _check(entry: zipfile.ZipInfo) -> None:
    try:
        safe_path(entry.filename.removesuffix("/"))
    except ValueError:
        raise ArchiveError("holds a name that leads out of its folder") from None
    if entry.flag_bits & 1:
        raise ArchiveError("is encrypted")
    if entry.compress_type not in _STORED_AND_DEFLATED:
        raise ArchiveError("is packed in a way other than stored or deflated")
