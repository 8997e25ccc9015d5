"""One launcher for each data directory."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Self

from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


class DataLock:
    """Held while a launcher owns the data directory; gone with it, also after `kill -9`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while self._descriptor is None:
            self._descriptor = self._take()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self) -> int | None:
        """Lock the file; None when its last holder removed it meanwhile."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise ConfigurationError(
                f"data_dir: {self._path.parent} is in use by another `tos-validator up`;"
                " stop that one or choose another --data-dir"
            ) from None
        except FileNotFoundError:
            pass
        os.close(descriptor)
        return None
