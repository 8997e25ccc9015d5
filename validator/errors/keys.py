"""Refusals of key files and of bytes of the chain: TV040 to TV047."""

from __future__ import annotations

from validator.errors.general import ValidatorError


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
