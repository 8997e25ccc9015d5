"""The audit log out of the signer's database, read without owning it: signer running or stopped."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from validator.audit.checkpoint import read_checkpoint, sign_checkpoint
from validator.audit.ed25519 import PublicKey
from validator.audit.log import AuditLog
from validator.audit.log_file import write_log
from validator.errors import EvidenceKeyError, SignerUnavailableError
from validator.evidence.key_file import KEY_FILE, PUBLIC_FILE, open_key
from validator.protection.session import look
from validator.signing.beside import BesideKey
from validator.signing.client import SOCKET, SignerClient
from validator.signing.opening import HISTORY
from validator.wire.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from validator.audit.checkpoint import Checkpoint, SignedCheckpoint
    from validator.settings import Settings

_MAX_KEY: Final = 4096


def export_log(settings: Settings, file: IO[bytes]) -> int:
    """Write the log as the file that `audit verify` takes; return how many leaves it has.

    A running signer signs the checkpoint at the end and records that; of a stopped one the
    evidence key in the data directory does, and the log stays as it is. Raises HistoryMissingError
    and what else `look` raises, LogDamagedError, LogBehindError for a log that lacks the last
    published checkpoint, EvidenceKeyError, and EvidenceRefusedError.
    """
    signed = _of_running(settings.data_dir)
    with look(settings.data_dir / HISTORY) as cursor:
        log = AuditLog(cursor)
        head = log.need(_published(settings))
        if signed is None:
            signer = open_key(settings.data_dir / KEY_FILE)
            signed, public = sign_checkpoint(head, signer), signer.public
        else:
            public = _public_key(settings.data_dir / PUBLIC_FILE)
            log.need(signed.checkpoint)
        write_log(log, signed, public, file)
    return signed.checkpoint.size


def _of_running(data_dir: Path) -> SignedCheckpoint | None:
    try:
        with SignerClient(data_dir / SOCKET) as client:
            return read_checkpoint(client.checkpoint())
    except SignerUnavailableError:
        return None


def _published(settings: Settings) -> Checkpoint | None:
    """Return the last published checkpoint, where the settings name the key file it lies beside."""
    key_file = settings.signer.key_file
    signed = None if key_file is None else BesideKey(key_file).published()
    return None if signed is None else signed.checkpoint


def _public_key(path: Path) -> PublicKey:
    try:
        with path.open("rb") as file:
            return PublicKey.read(file.read(_MAX_KEY))
    except OSError as error:
        raise EvidenceKeyError(
            f"{plain(str(path), 120)} cannot be read: {error.strerror}"
        ) from None
