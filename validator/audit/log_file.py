"""The log as a file: JSON Lines that anybody can check with the log's public key alone.

The first line names the log, then there is one line a leaf, and the last line is the signed
checkpoint over all of them. Every line has one spelling, so that no bit of the file is without
meaning.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

from checkers.strict_json import StrictJsonError, loads
from validator.audit.checkpoint import SignedCheckpoint, read_checkpoint
from validator.audit.leaf import MAX_LEAF, LeafKind, leaf_of, read_leaf
from validator.audit.log import Entry
from validator.audit.merkle import MAX_SIZE, Frontier, leaf_hash
from validator.audit.notes import NoteKey
from validator.errors import (
    EvidenceRefusedError,
    InvalidEvidenceError,
    LogDamagedError,
    ValidatorError,
)
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validator.audit.checkpoint import Checkpoint
    from validator.audit.ed25519 import PublicKey
    from validator.audit.leaf import Leaf
    from validator.audit.log import AuditLog

LOG_SCHEMA: Final = "tosv.audit-log/1"
MAX_LINE: Final = 2 * MAX_LEAF


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: the log's name, how many leaves follow, and the key that signed the end.

    `public_key` is what the file claims: good against damage, not against a forger.
    """

    origin: str
    size: int
    public_key: str  # 64 hexadecimal digits


@dataclass(frozen=True, slots=True)
class _Found:
    entry: Entry
    leaf: Leaf
    hash: bytes


def write_log(log: AuditLog, signed: SignedCheckpoint, public: PublicKey, file: IO[bytes]) -> None:
    """Write the leaves that a checkpoint of this log covers. Raises EvidenceRefusedError.

    The key is that of the checkpoint.
    """
    checkpoint = signed.verify(public)
    header = {
        "schema": LOG_SCHEMA,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "public_key": public.raw.hex(),
    }
    _write(file, header)
    for entry in log.leaves():
        if entry.place == checkpoint.size:
            break
        hash_ = base64.b64encode(leaf_hash(entry.content)).decode()
        _write(file, {"place": entry.place, "hash": hash_, "leaf": loads(entry.content)})
    _write(file, {"checkpoint": signed.encode().decode()})


def read_header(file: IO[bytes]) -> Header:
    """Read the first line. Raises InvalidEvidenceError."""
    try:
        found = _line(file, {"schema", "origin", "size", "public_key"})
    except ValueError as error:
        raise InvalidEvidenceError(f"the first line {error}") from None
    origin, size, key = found["origin"], found["size"], found["public_key"]
    if found["schema"] != LOG_SCHEMA:
        raise InvalidEvidenceError(f"the first line does not say {LOG_SCHEMA}")
    if not (isinstance(origin, str) and isinstance(key, str)):
        raise InvalidEvidenceError("origin and public_key of the first line must be text")
    if type(size) is not int or not 0 <= size <= MAX_SIZE:
        raise InvalidEvidenceError("size of the first line must be a number of leaves")
    return Header(origin, size, key)


def read_entries(file: IO[bytes], header: Header, keys: Sequence[PublicKey]) -> Iterator[Entry]:
    """Yield the leaves of a file whose first line has been read, each checked against its hash.

    Only when the last one has been taken and the iterator has ended without an error is anything
    proven: the signature stands at the end. Raises LogDamagedError that names the first bad leaf.
    """
    edge, good = Frontier(), 0
    for place in range(header.size):
        found = _read_entry(file, place)
        edge, good = _grown(edge, found, header, keys, good)
        yield found.entry
    _check_end(file, header, edge, keys, good)


def verify_log(file: IO[bytes], keys: Sequence[PublicKey]) -> Header:
    """Read a whole file and return its first line. Needs nothing but the public keys.

    The last checkpoint must be signed by one of them. Raises InvalidEvidenceError,
    LogDamagedError.
    """
    header = read_header(file)
    for _ in read_entries(file, header, keys):
        pass
    return header


def import_log(
    log: AuditLog,
    file: IO[bytes],
    keys: Sequence[PublicKey],
    *,
    published: Checkpoint | None,
) -> int:
    """Add the leaves of a file to a log that is a beginning of it; return how many were new.

    In the caller's transaction, which the caller undoes after any error. Raises LogDamagedError
    where log and file differ, LogBehindError when what came of it lacks the published checkpoint.
    """
    header = read_header(file)
    head = log.head()
    if head.origin != header.origin:
        raise LogDamagedError(f"the file is of the log {header.origin}, this is {head.origin}")
    for entry in read_entries(file, header, keys):
        if entry.place >= head.size:
            log.append(read_leaf(entry.content), published=None)
        elif log.leaf(entry.place).content != entry.content:
            raise LogDamagedError(f"leaf {entry.place} of the file is not that of this log")
    log.need(published)
    return max(0, header.size - head.size)


def _grown(
    edge: Frontier, found: _Found, header: Header, keys: Sequence[PublicKey], good: int
) -> tuple[Frontier, int]:
    """Return the frontier with this leaf, and how many leaves a checkpoint is known to cover."""
    if found.leaf.kind is LeafKind.CHECKPOINT:
        place = found.entry.place
        try:
            signed = read_checkpoint(str(found.leaf.body.get("checkpoint")).encode())
            _check_recorded(signed, header, keys)
        except (InvalidEvidenceError, EvidenceRefusedError) as error:
            raise _bad_leaf(place, error.detail) from None
        if not _is_of(signed, header, edge):
            _refuse_between(good, place, f"the checkpoint in leaf {place}")
        good = edge.size
    return edge.append(found.hash)[0], good


def _check_recorded(signed: SignedCheckpoint, header: Header, keys: Sequence[PublicKey]) -> None:
    """Refuse a bad signature of a key we know. One that was retired since may have signed, too."""
    known = [NoteKey(header.origin, key) for key in keys]
    ids = {key.short_id for key in known}
    if any(item.short_id in ids for item in signed.note.signatures):
        signed.note.verify(known)


def _check_end(
    file: IO[bytes], header: Header, edge: Frontier, keys: Sequence[PublicKey], good: int
) -> None:
    try:
        found = _line(file, {"checkpoint"})
        signed = read_checkpoint(str(found["checkpoint"]).encode())
        signed.note.verify([NoteKey(header.origin, key) for key in keys])
    except (ValueError, InvalidEvidenceError, EvidenceRefusedError) as error:
        detail = error.detail if isinstance(error, ValidatorError) else f"the line {error}"
        raise LogDamagedError(f"the checkpoint at the end: {detail}") from None
    if not _is_of(signed, header, edge):
        _refuse_between(good, header.size, "the checkpoint at the end")
    if header.public_key not in {key.raw.hex() for key in keys}:
        raise LogDamagedError("the first line names another key than the one given")
    if file.read(1):
        raise LogDamagedError("something follows the checkpoint at the end")


def _is_of(signed: SignedCheckpoint, header: Header, edge: Frontier) -> bool:
    found = signed.checkpoint
    same_place = (found.origin, found.size) == (header.origin, edge.size)
    return same_place and hmac.compare_digest(found.root, edge.root())


def _read_entry(file: IO[bytes], place: int) -> _Found:
    try:
        found = _line(file, {"place", "hash", "leaf"})
        leaf = leaf_of(found["leaf"])
        content = leaf.encode()
    except ValueError as error:
        raise _bad_leaf(place, f"the line {error}") from None
    except InvalidEvidenceError as error:
        raise _bad_leaf(place, error.detail) from None
    hash_ = leaf_hash(content)
    if type(found["place"]) is not int or found["place"] != place:
        raise _bad_leaf(place, "another leaf stands in its place")
    if found["hash"] != base64.b64encode(hash_).decode():
        raise _bad_leaf(place, "its bytes are not those of its hash")
    return _Found(Entry(place, content), leaf, hash_)


def _line(file: IO[bytes], members: set[str]) -> dict[str, Any]:
    """Read one line that must have these members. Raises ValueError with the end of a sentence."""
    line = file.readline(MAX_LINE + 1)
    if not line.endswith(b"\n"):
        raise ValueError("is cut off or too long" if line else "is missing")
    try:
        found = loads(line[:-1])
        same = canonical_json(found) == line[:-1]
    except StrictJsonError as error:
        raise ValueError(str(error)) from None
    if not isinstance(found, dict) or set(found) != members or not same:
        raise ValueError("is not of its form")
    return found


def _write(file: IO[bytes], document: dict[str, Any]) -> None:
    file.write(canonical_json(document) + b"\n")


def _bad_leaf(place: int, why: str) -> LogDamagedError:
    return LogDamagedError(f"leaf {place} is bad: {why}")


def _refuse_between(good: int, end: int, what: str) -> NoReturn:
    """Every leaf fits its own hash, so somebody rewrote both: no hash says which leaf it was."""
    raise LogDamagedError(
        f"leaf {good} or one after it, below {end}, is bad:"
        f" the leaves do not give the root of {what}"
    )
