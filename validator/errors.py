"""The error tree: every refusal has a code, an HTTP status, a title and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a document: where (`task.checks[3].cases[0].stdin`) and what to mend."""

    field: str
    message: str


class ValidatorError(Exception):
    """Base of everything that this engine refuses or cannot do."""

    code = "TV000"
    status = 500
    title = "Internal error"
    hint = "This is a fault of the engine; see its log."

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        self.detail = detail
        self.errors = errors
        super().__init__(detail)


class InvalidDocumentError(ValidatorError):
    """A submission or another document breaks the contract."""

    code = "TV001"
    status = 422
    title = "Invalid document"
    hint = "Mend the named field; the contract's section 1 and 2 list every field and limit."


class NotJsonError(ValidatorError):
    """The body is not strict JSON (syntax, duplicate key, NaN, depth, encoding)."""

    code = "TV002"
    status = 422
    title = "Not strict JSON"
    hint = "Send UTF-8 JSON without duplicate keys, NaN or Infinity, nested at most 64 deep."


class TooLargeError(ValidatorError):
    """More bytes than the operator's limit."""

    code = "TV003"
    status = 413
    title = "Too large"
    hint = "Send large materials by URI, or split the submission."


class NotFoundError(ValidatorError):
    """No such thing, or it is not yours."""

    code = "TV004"
    status = 404
    title = "Not found"
    hint = "Check the id; ids of other owners are never shown."


class IdempotencyConflictError(ValidatorError):
    """The same Idempotency-Key came with another body."""

    code = "TV005"
    status = 422
    title = "Idempotency-Key used for another body"
    hint = "Use a new key for a new submission."


class IdempotencyInFlightError(ValidatorError):
    """The first request under this Idempotency-Key is still being accepted."""

    code = "TV006"
    status = 409
    title = "Idempotency-Key in flight"
    hint = "Repeat the request in a moment."


class UnsupportedMediaTypeError(ValidatorError):
    """Content-Type is not application/json."""

    code = "TV007"
    status = 415
    title = "Unsupported media type"
    hint = "Send Content-Type: application/json."


class ForbiddenOriginError(ValidatorError):
    """Host or Origin is not this machine; the server speaks to loopback only until keys exist."""

    code = "TV008"
    status = 403
    title = "Forbidden origin"
    hint = "Call the service by 127.0.0.1 or localhost."


class InvalidParameterError(ValidatorError):
    """A query parameter or header is out of range."""

    code = "TV009"
    status = 422
    title = "Invalid parameter"
    hint = "Mend the named parameter."


class MethodNotAllowedError(ValidatorError):
    """The path exists, the method does not."""

    code = "TV010"
    status = 405
    title = "Method not allowed"
    hint = "See /openapi.json for the methods of each path."


class UnreadableFileError(ValidatorError):
    """A file named on the command line cannot be read."""

    code = "TV011"
    status = 422
    title = "Unreadable file"
    hint = "Check the path and its permissions."


class UsageError(ValidatorError):
    """The command line names no command of ours, or an option or argument does not fit it."""

    code = "TV012"
    status = 422
    title = "Usage"
    hint = "See `tos-validator --help`."


class ConfigurationError(ValidatorError):
    """The settings cannot work."""

    code = "TV020"
    status = 500
    title = "Configuration"
    hint = "Mend the named setting; `tos-validator config` shows what is in force."


class SandboxMissingError(ConfigurationError):
    """No cage can be had on this machine."""

    code = "TV021"
    title = "No sandbox"
    hint = (
        "Start a Docker engine, or allow unprivileged user namespaces; see `tos-validator doctor`."
    )


class StoreUnavailableError(ValidatorError):
    """The database does not answer."""

    code = "TV030"
    status = 503
    title = "Store unavailable"
    hint = "Repeat later with the same Idempotency-Key."


class TooBusyError(ValidatorError):
    """Every slot for open event streams is taken."""

    code = "TV032"
    status = 503
    title = "Too many open streams"
    hint = "Close a stream, or ask for the submission itself every few seconds."


class BrokerUnavailableError(ValidatorError):
    """The broker does not answer; what is accepted waits in the outbox."""

    code = "TV033"
    status = 503
    title = "Broker unavailable"
    hint = "Nothing is lost: work starts when the broker is back. See broker.url."


class StoreDamagedError(ValidatorError):
    """What the database gives back is not what was accepted: nothing is judged on it."""

    code = "TV034"
    status = 500
    title = "Store damaged"
    hint = "Stop the workers, and compare the database with its last backup."


class StaleLeaseError(ValidatorError):
    """Another worker holds a newer lease; this one's result is thrown away."""

    code = "TV031"
    status = 409
    title = "Stale lease"
    hint = "Nothing to do: the newer lease finishes the work."


class KeyFileError(ValidatorError):
    """A key file cannot be read or written: it is absent, in the way, or no regular file."""

    code = "TV040"
    status = 422
    title = "Key file"
    hint = "Check the path; a key file is never overwritten."


class KeyFileExposedError(KeyFileError):
    """A secret file is not its owner's alone: mode, owner or a symbolic link."""

    code = "TV041"
    title = "Key file exposed"
    hint = (
        "If others may have read it, make a new key; else own the file, name it without a link,"
        " and chmod 600 it."
    )


class KeyFileDamagedError(KeyFileError):
    """What lies there is no key file of ours, or was changed since it was written."""

    code = "TV042"
    title = "Key file damaged"
    hint = "Take the file from its backup."


class WrongPassphraseError(KeyFileError):
    """The passphrase does not open the key file."""

    code = "TV043"
    title = "Wrong passphrase"
    hint = "Give the passphrase that the file was made with."


class WrongKeyError(KeyFileError):
    """The key is bound to another network or genesis block, or is of another kind."""

    code = "TV044"
    title = "Wrong key"
    hint = "Use one key for each network; `tos-validator keys show FILE` says what a file holds."


class PassphraseError(KeyFileError):
    """No passphrase can be had, or it is too short."""

    code = "TV045"
    title = "No passphrase"
    hint = "Type it at the prompt, or give --passphrase-file FILE (mode 600)."


class KeyMismatchError(KeyFileError):
    """Secret and public key do not belong together, or the bytes are no secret key at all."""

    code = "TV046"
    title = "Key mismatch"
    hint = "Import the secret again from where it was made, with the public key that goes with it."


class InvalidTransactionError(ValidatorError):
    """Bytes that are no transaction of the chain."""

    code = "TV047"
    status = 422
    title = "Invalid transaction"
    hint = "Give the full bytes of one transaction as hex."


class VerdictConflictError(ValidatorError):
    """Another score was already permitted for this answer."""

    code = "TV050"
    status = 409
    title = "Verdict conflict"
    hint = "Nothing was signed. See `tos-validator protection status` for what is recorded."

    def __init__(self, detail: str, why: str = "other_root") -> None:
        super().__init__(detail)
        self.why = why


class SigningRefusedError(ValidatorError):
    """The protection rules refuse this signature: the key, the network, a watermark or a nonce."""

    code = "TV051"
    status = 409
    title = "Signing refused"
    hint = "Nothing was signed. docs/reference/protection.md explains each rule."

    def __init__(self, detail: str, why: str) -> None:
        super().__init__(detail)
        self.why = why


class HistoryMissingError(ValidatorError):
    """There is no protection history where one must be: without it nothing is signed."""

    code = "TV052"
    status = 503
    title = "Protection history missing"
    hint = (
        "Mount the volume that holds it, or restore it; an empty one is made only by"
        " `tos-validator protection create` with the key's fingerprint."
    )


class OtherGenesisError(ValidatorError):
    """The protection history, or a file to be imported, belongs to another network."""

    code = "TV053"
    status = 409
    title = "Another network"
    hint = "Use the history of this network; a key must not serve two networks."


class OtherSchemaError(ValidatorError):
    """The protection history has a schema that this release does not know."""

    code = "TV054"
    status = 503
    title = "Another protection schema"
    hint = "Run the release that wrote it, or export there and import here."


class HistoryStaleError(ValidatorError):
    """The protection history is older than one that is known to have existed."""

    code = "TV055"
    status = 503
    title = "Protection history stale"
    hint = (
        "Bring the newest copy back; if there is none, declare the restore by"
        " `tos-validator protection resume` with the key's fingerprint."
    )


class ProtectionInUseError(ValidatorError):
    """Another process owns the protection history."""

    code = "TV056"
    status = 409
    title = "Protection history in use"
    hint = "Stop the signer that owns it; two on one history is what it must never have."


class UnsafePlaceError(ValidatorError):
    """The protection history lies where others can change it or where locks cannot be trusted."""

    code = "TV057"
    status = 503
    title = "Unsafe place for the protection history"
    hint = "Use a folder of the signer's own account, mode 0700, on a local file system."


class FingerprintError(ValidatorError):
    """The fingerprint that was typed is not that of the key."""

    code = "TV058"
    status = 422
    title = "Fingerprint does not fit"
    hint = "Type the fingerprint of the key that is meant; nothing was changed."


class SigningClosedError(ValidatorError):
    """The signer does not sign now: the chain is unread, a quiet period runs, or it has halted."""

    code = "TV059"
    status = 503
    title = "Signing closed"
    hint = "See the reason, and `tos-validator protection status`."


class InvalidEvidenceError(ValidatorError):
    """A bundle, envelope, statement, checkpoint, proof or log file is not in its form."""

    code = "TV060"
    status = 422
    title = "Not evidence"
    hint = "Take the file again from where it was published; see docs/reference/evidence.md."


class EvidenceRefusedError(ValidatorError):
    """A signature, a digest or a proof of the log does not hold: nothing here may be believed."""

    code = "TV061"
    status = 422
    title = "Evidence does not hold"
    hint = "Do not use what it states; check the public key, and ask the operator for the bundle."


class UnexpectedTaskError(EvidenceRefusedError):
    """The evidence holds, but nobody said which task was expected, or it is about another one."""

    code = "TV062"
    title = "Evidence of another task"
    hint = "Give the digest of the task that you expect with --task, or its file with --task-file."


class LogDamagedError(ValidatorError):
    """A leaf, a node or a checkpoint of the audit log is not what was written."""

    code = "TV063"
    status = 500
    title = "Audit log damaged"
    hint = "Stop the signer, keep the file as it is, and compare it with an export or a backup."


class LogBehindError(ValidatorError):
    """The audit log does not hold the last checkpoint that was published: it must not grow."""

    code = "TV064"
    status = 409
    title = "Audit log behind"
    hint = "Restore the newest copy of the log; a log that grew from an older one would be a fork."


class EvidenceKeyError(ValidatorError):
    """A key of the evidence cannot be used as it lies there."""

    code = "TV065"
    status = 500
    title = "Evidence key"
    hint = "Name an Ed25519 key; a private one must be a file of yours that nobody else can read."


class ReplayRefusedError(ValidatorError):
    """The checks of a bundle cannot be run again on this machine as they were run."""

    code = "TV066"
    status = 409
    title = "Replay refused"
    hint = "Build the images of this release and run `tos-validator sandbox images verify`."
