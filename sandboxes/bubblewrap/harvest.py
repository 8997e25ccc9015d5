"""Files that come out of a cage: a framed stream, read with the caps of a hostile sender."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandboxes.wire import MAX_NAME, check_name

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD: Final = struct.Struct("!HHQ")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One file of a tree that a build left."""

    content: bytes
    executable: bool


class Harvest:
    """Reads the collector's stream. `names` None means the whole tree below `root`."""

    def __init__(
        self, root: str, cap: int, *, names: tuple[str, ...] | None = None, count: int = 0
    ) -> None:
        self._root = root
        self._cap = cap
        self._names = names
        self._count = count if names is None else len(names)
        self._data = bytearray()
        self._at = 0
        self._files: dict[str, Leaf] = {}
        self.complete = False
        self.broken = ""

    def request(self) -> bytes:
        """What the collector is asked for."""
        names = None if self._names is None else list(self._names)
        return json.dumps(
            {"root": self._root, "cap": self._cap, "names": names, "count": self._count}
        ).encode()

    def feed(self, data: bytes) -> bool:
        """Take bytes of the stream; False when the sender broke its rules."""
        self._data += data
        while not self.broken and not self.complete and self._next():
            continue
        if len(self._data) - self._at > self._cap + MAX_NAME + HEAD.size + len(data):
            self.broken = "more bytes than asked for"
        return not self.broken

    def _next(self) -> bool:
        """Read one file if all of it is there."""
        if len(self._data) - self._at < HEAD.size:
            return False
        length, mode, size = HEAD.unpack_from(self._data, self._at)
        if length == 0:
            self.complete = True
            return False
        if length > MAX_NAME or size > self._cap or len(self._files) >= self._count:
            self.broken = "a larger file, or more files, than asked for"
            return False
        start = self._at + HEAD.size
        end = start + length + size
        if len(self._data) < end:
            return False
        self._keep(bytes(self._data[start : start + length]), mode, start + length, end)
        del self._data[:end]
        self._at = 0
        return True

    def _keep(self, raw: bytes, mode: int, start: int, end: int) -> None:
        try:
            name = check_name(raw.decode())
        except ValueError:
            self.broken = "a file name that cannot be kept"
            return
        if self._names is not None and name not in self._names:
            self.broken = "a file that was not asked for"
            return
        self._cap -= end - start
        self._files[name] = Leaf(bytes(self._data[start:end]), bool(mode & 0o100))

    def plain(self) -> Mapping[str, bytes]:
        """The files' bytes."""
        return {name: leaf.content for name, leaf in self._files.items()}

    def leaves(self) -> Mapping[str, Leaf]:
        """The files with their modes."""
        return dict(self._files)
