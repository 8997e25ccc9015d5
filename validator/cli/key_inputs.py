"""What the commands of `keys` are given, made fit for use."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.cli.options import read_settings
from validator.cli.plain_files import open_plain, shown
from validator.errors import KeyFileError, UnreadableFileError, UsageError

if TYPE_CHECKING:
    from enum import StrEnum
    from pathlib import Path

    from pydantic import SecretBytes

    from validator.keys import AnyKey, KeyFile, Kind
    from validator.wire.tos import Network

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options --kind, --network and --genesis ask for; None: not said."""

    kind: StrEnum | None
    network: StrEnum | None
    genesis: bytes | None

    @property
    def new_kind(self) -> Kind:
        """The kind of a key that says none itself: a chain key unless asked otherwise."""
        from validator.keys import Kind

        return Kind.CHAIN if self.kind is None else Kind(self.kind.value)


def reopened(
    found: KeyFile, wanted: Wanted, source: Path, file: Path | None
) -> tuple[AnyKey, bytes | None]:
    """Open a key file that is brought in, and return its key and genesis.

    Raises WrongKeyError when an option says otherwise than the file.
    """
    from validator.wire.tos import Network

    found.binding.require(
        None if wanted.kind is None else wanted.new_kind,
        None if wanted.network is None else Network(wanted.network.value),
        wanted.genesis,
    )
    key = found.open(passphrase(file, f"passphrase of {source.name}"))
    return key, found.binding.genesis or wanted.genesis


def network(asked: StrEnum | None, config: Path | None, data_dir: Path | None) -> Network:
    """Return the network of the option, or else of the settings."""
    from validator.wire.tos import Network

    if asked is not None:
        return Network(asked.value)
    return Network(read_settings(config, data_dir).settings.network)


def octets32(option: str, text: str) -> bytes:
    """Read 64 hex digits. Raises UsageError naming the option."""
    from validator.wire.tos import InvalidKeyError, PublicKey

    try:
        return PublicKey.from_hex(text).data
    except InvalidKeyError:
        raise UsageError(f"{option} must be 64 hex digits") from None


def genesis(text: str | None) -> bytes | None:
    """Read the option --genesis."""
    return None if text is None else octets32("--genesis", text)


def refuse_existing(path: Path) -> None:
    """Say so before anybody types a passphrase in vain. The write itself refuses again."""
    if os.path.lexists(path):
        raise KeyFileError(f"{shown(path)}: something is there already")


def passphrase(file: Path | None, label: str, *, new: bool = False) -> SecretBytes:
    """Read the passphrase from the file, or ask for it. Raises PassphraseError."""
    from validator.keys import passphrase

    if file is not None:
        return passphrase.from_file(file, new=new)
    return passphrase.from_prompt(label, new=new)


def message(name: Path, limit: int) -> bytes:
    """Read what is to be signed; `-` is standard input. Raises UnreadableFileError."""
    try:
        if str(name) == STANDARD_INPUT:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with open_plain(name) as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"{shown(name)} cannot be read: {reason}") from None
    return data
