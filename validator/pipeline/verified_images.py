"""The images that were tried on this machine and did what they should: nothing else is replayed in.

`sandbox images verify` writes the list, `verdicts replay` reads it. No file, or one that cannot be
read, is an empty list.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from sandboxes.protocol import Description, Grip, Sandbox, Session, Toolchain

LIST_FILE: Final = "verified-images.json"
"""Below the data directory: digests by group."""

LIST_SCHEMA: Final = "tosv.verified-images/1"
_MAX_FILE: Final = 64 * 1024
_DIGEST_LENGTH: Final = len("sha256:") + 64


def read_verified(data_dir: Path) -> dict[str, str]:
    """Return the digest of each group's image that was tried and found good."""
    try:
        with (data_dir / LIST_FILE).open("rb") as file:
            found = json.loads(file.read(_MAX_FILE))
        images: dict[str, Any] = found["images"] if found["schema"] == LIST_SCHEMA else {}
        return {str(group): image for group, image in images.items() if _is_digest(image)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def note_verified(data_dir: Path, tried: Mapping[str, str | None]) -> None:
    """Put groups that were tried on the list, or take them off it (None). Raises OSError."""
    images = read_verified(data_dir)
    for group, image in tried.items():
        images.pop(group, None)
        if image is not None:
            images[group] = image
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = data_dir / f".{LIST_FILE}.{secrets.token_hex(8)}"
    with temporary.open("x", encoding="utf-8") as file:
        json.dump({"schema": LIST_SCHEMA, "images": images}, file, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(data_dir / LIST_FILE)


class ListedCage:
    """A cage that opens no session of an image which is not on the list."""

    def __init__(self, cage: Sandbox, images: Collection[str]) -> None:
        self._cage = cage
        self._images = frozenset(images)

    @property
    def name(self) -> str:
        """The backend's name."""
        return self._cage.name

    def open(self, language: str) -> Session:
        """Make a clean room. Raises SandboxUnavailableError for an image that is not listed."""
        self._need_listed(language)
        session = self._cage.open(language)
        if session.image is not None and session.image not in self._images:
            session.close()
            raise SandboxUnavailableError(_refusal(language, session.image))
        return session

    def toolchain(self, language: str) -> Toolchain:
        """Name and version, as the image itself says. Raises as `open`."""
        self._need_listed(language)
        return self._cage.toolchain(language)

    def describe(self) -> Description:
        """What verdicts record."""
        return self._cage.describe()

    def declared(self) -> Mapping[str, Grip]:
        """How firmly each property is held."""
        return self._cage.declared()

    def close(self) -> None:
        """End the cage."""
        self._cage.close()

    def _need_listed(self, language: str) -> None:
        image = self._cage.describe().image_of(language)
        if image is not None and image not in self._images:
            raise SandboxUnavailableError(_refusal(language, image))


def _refusal(language: str, image: str) -> str:
    return f"the image of {language}, {image[:19]}..., is not on this machine's verified list"


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and value.startswith("sha256:") and len(value) == _DIGEST_LENGTH
