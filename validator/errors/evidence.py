"""Refusals of evidence and of the audit log: TV060 to TV066."""

from __future__ import annotations

from validator.errors.general import ValidatorError


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
