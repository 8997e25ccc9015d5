"""Where bundles lie in the data directory, by verdict: written once, kept as long as the verdict.

The bytes are artifacts (`evidence/sha256/ab/<hex>`); `evidence/verdicts/<id>.json` names the two of
a verdict. A public bundle is given to nobody before it is released: evidence of a chain's task
waits until the task is closed (threat model, row 13).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.errors import EvidenceRefusedError, NotFoundError, StoreUnavailableError
from validator.evidence.whole_files import write_new
from validator.store.artifacts import FolderArtifacts
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from pathlib import Path

    from validator.evidence.bundle import PublicBundle, SealedBundle

FOLDER: Final = "evidence"
"""Below the data directory."""

_VERDICT_ID = re.compile(r"ver_[0-9a-f]{32}")
_MAX_ENTRY: Final = 4096
_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Shelved:
    """The digests (`sha256:<hex>`) of a verdict's bundles, and whether the public one is out."""

    public: str
    sealed: str
    released: bool


class EvidenceShelf:
    """Bundles of one data directory. Reading makes nothing, not even the folder."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / FOLDER
        self._entries = self._root / "verdicts"

    def put(self, public: PublicBundle, sealed: SealedBundle, verdict_id: str) -> Shelved:
        """Keep both bundles durably; the same ones again are a no-op.

        Raises EvidenceRefusedError when the verdict has other evidence already, and
        StoreUnavailableError.
        """
        path = self._entry(verdict_id)
        artifacts = FolderArtifacts(self._root)
        names = {
            "public": artifacts.put(public.encode()),
            "sealed": artifacts.put(sealed.encode()),
        }
        try:
            self._entries.mkdir(mode=0o700, exist_ok=True)
            write_new(path, canonical_json(names), _MODE)
        except OSError as error:
            raise StoreUnavailableError(f"Evidence cannot be stored: {error.strerror}.") from error
        found = self.look(verdict_id)
        if (found.public, found.sealed) != (names["public"], names["sealed"]):
            raise EvidenceRefusedError(f"verdict {verdict_id} has other evidence already")
        return found

    def release(self, verdict_id: str) -> None:
        """Let the public bundle be given to the verdict's owner. Raises NotFoundError."""
        self.look(verdict_id)
        try:
            write_new(self._marker(verdict_id), b"", _MODE)
        except OSError as error:
            raise StoreUnavailableError(f"Evidence is not released: {error.strerror}.") from error

    def look(self, verdict_id: str) -> Shelved:
        """Return what there is of a verdict. Raises NotFoundError, StoreUnavailableError."""
        path = self._entry(verdict_id)
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(_MAX_ENTRY))
            public, sealed = str(found["public"]), str(found["sealed"])
        except (FileNotFoundError, NotADirectoryError):
            raise NotFoundError("There is no evidence of this verdict.") from None
        except OSError as error:
            raise StoreUnavailableError(f"Evidence cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError):
            raise StoreUnavailableError(f"The entry of {verdict_id} is damaged.") from None
        return Shelved(public, sealed, self._marker(verdict_id).exists())

    def public(self, verdict_id: str) -> bytes:
        """Return the public bundle's bytes, once it is released. Raises as `look`."""
        found = self.look(verdict_id)
        if not found.released:
            raise NotFoundError("There is no evidence of this verdict.")
        return FolderArtifacts(self._root).get(found.public)

    def any_public(self, verdict_id: str) -> bytes:
        """Return the public bundle's bytes, released or not: for the operator. Raises as `look`."""
        found = self.look(verdict_id)
        return FolderArtifacts(self._root).get(found.public)

    def sealed(self, verdict_id: str) -> bytes:
        """Return the sealed bundle's bytes: for the operator alone. Raises as `look`."""
        found = self.look(verdict_id)
        return FolderArtifacts(self._root).get(found.sealed)

    def _entry(self, verdict_id: str) -> Path:
        if not _VERDICT_ID.fullmatch(verdict_id):
            raise NotFoundError("No such verdict.")
        return self._entries / f"{verdict_id}.json"

    def _marker(self, verdict_id: str) -> Path:
        return self._entries / f"{verdict_id}.released"
