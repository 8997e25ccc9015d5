"""Refusals of the signer process and of its clients: TV080 to TV084, and TV089."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class UnfoundedVerdictError(ValidatorError):
    """What the signer can check itself does not bear the verdict that it was asked to sign."""

    code = "TV080"
    status = 422
    title = "Unfounded verdict"
    hint = "Nothing was signed. docs/reference/signer.md lists what the signer checks."

    def __init__(self, detail: str, why: str) -> None:
        super().__init__(detail)
        self.why = why


class CeilingError(ValidatorError):
    """A ceiling of the signer's own settings is reached: a fee, a count in an hour or a day."""

    code = "TV081"
    status = 429
    title = "Signing ceiling reached"
    hint = "Wait, or raise the ceiling in the section [signer] of the settings, and restart it."

    def __init__(self, detail: str, why: str) -> None:
        super().__init__(detail)
        self.why = why


class ApprovalNeededError(ValidatorError):
    """A verdict that moves much, or that no check can recompute, needs more than one word."""

    code = "TV082"
    status = 409
    title = "Approval needed"
    hint = "Judge the answer on a worker of another host, or let the operator approve the verdict."


class ChainUnreadableError(ValidatorError):
    """The chain cannot be read, its endpoints differ, or they do not show what is asked about."""

    code = "TV083"
    status = 503
    title = "Chain unreadable"
    hint = "Look at the endpoints; the signer goes on by itself when they answer and agree."

    # `too_large`: a task outgrew what we take of a reply. Whoever scores or answers it makes it
    # grow, so it is no fault of the node that shows it, and another node would show the same.
    def __init__(self, detail: str, *, too_large: bool = False) -> None:
        super().__init__(detail)
        self.too_large = too_large


class SignerUnavailableError(ValidatorError):
    """The signer process cannot be reached, or did not answer in time."""

    code = "TV084"
    status = 503
    title = "Signer unavailable"
    hint = (
        "Start it with `tos-validator signer`. A request may be repeated: it signs nothing twice."
    )


class RegistrationRefusedError(ValidatorError):
    """The account cannot be registered on the chain now, or need not be."""

    code = "TV089"
    status = 409
    title = "Registration refused"
    hint = "See `tos-validator account status` and docs/reference/account.md."
