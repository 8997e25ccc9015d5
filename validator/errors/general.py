"""The base of the error tree, and the refusals of intake and service: TV000 to TV034."""

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
