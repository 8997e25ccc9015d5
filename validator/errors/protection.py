"""Refusals of the history of signed verdicts: TV050 to TV059."""

from __future__ import annotations

from validator.errors.general import ValidatorError


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
