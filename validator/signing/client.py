"""The signer's client: what the broadcaster and an operator's commands speak through.

It imports nothing of keys or of the history; whoever uses it has a socket and no secret.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from validator import errors
from validator.signing import requests
from validator.signing.frames import LENGTH, frame, length_of, read_content
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT_S: Final = 30.0
SOCKET: Final = "signer.sock"
"""Name below the data directory."""

_WITH_WHY: Final = {
    kind.code: kind
    for kind in (
        errors.VerdictConflictError,
        errors.SigningRefusedError,
        errors.UnfoundedVerdictError,
        errors.CeilingError,
    )
}
_PLAIN: Final = {
    kind.code: kind
    for kind in (
        errors.SigningClosedError,
        errors.ApprovalNeededError,
        errors.ChainUnreadableError,
        errors.FingerprintError,
        errors.InvalidDocumentError,
        errors.InvalidEvidenceError,
        errors.InvalidParameterError,
        errors.NotFoundError,
        errors.StoreUnavailableError,
        errors.LogBehindError,
        errors.EvidenceRefusedError,
    )
}


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A transaction under a verdict. `fee` in units; `data` its full bytes, ready to be sent."""

    nonce: int
    fee: int
    state: str
    tx_hash: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """Envelope and leaf as bytes of canonical JSON; `proof` is a C2SP tlog-proof."""

    index: int
    leaf: bytes
    envelope: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class SignedVerdict:
    """What the signer gave. `is_new`: first signed by this request."""

    score: int
    root: bytes
    is_new: bool
    transaction: SentTransaction
    evidence: KeptEvidence | None


class SignerClient:
    """One connection. Not for several threads at once."""

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S) -> None:
        """Connect. Raises SignerUnavailableError."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise errors.SignerUnavailableError(
                f"no signer answers at {plain(str(path))}: {error.strerror or 'no answer'}"
            ) from None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def status(self) -> dict[str, Any]:
        """Return phase, reasons, key, heights, counts and the log's head as JSON values."""
        return self._ask(requests.Status())

    def sign(self, ask: requests.SignVerdict) -> SignedVerdict:
        """Sign a verdict; the same request again gives the same bytes.

        Raises VerdictConflictError, SigningRefusedError, UnfoundedVerdictError, CeilingError,
        ApprovalNeededError, SigningClosedError, ChainUnreadableError, SignerUnavailableError.
        """
        return _signed(self._ask(ask))

    def rebuild(self, ask: requests.Rebuild) -> SignedVerdict:
        """Make another transaction of a signed verdict. Raises as `sign`, and NotFoundError."""
        return _signed(self._ask(ask))

    def mark(self, ask: requests.Mark) -> SentTransaction:
        """Record that a transaction was sent, is spent or is confirmed."""
        return _transaction(self._ask(ask))

    def reconcile(self, endpoints: Mapping[str, requests.ToldEndpoint]) -> dict[str, Any]:
        """Tell what the endpoints show, none when the chain cannot be read; return the state."""
        return self._ask(requests.Reconcile(endpoints=dict(endpoints)))

    def pause(self, fingerprint: str) -> dict[str, Any]:
        """Sign nothing until `resume`; return the state. Raises FingerprintError."""
        return self._ask(requests.Pause(fingerprint=fingerprint))

    def resume(self, fingerprint: str, *, vouch: bool = False) -> dict[str, Any]:
        """End a pause, or with `vouch` any halt; return the state. Raises FingerprintError."""
        return self._ask(requests.Resume(fingerprint=fingerprint, vouch=vouch))

    def prove(self, answer: bytes) -> KeptEvidence:
        """Return the evidence of a signed verdict. Raises NotFoundError."""
        return _kept(self._ask(requests.Prove(answer=answer)))

    def checkpoint(self) -> bytes:
        """Return a signed checkpoint of the log, for publishing."""
        return str(self._ask(requests.MakeCheckpoint())["checkpoint"]).encode()

    def published(self, checkpoint: bytes) -> None:
        """Say that a checkpoint was published. Raises LogBehindError, EvidenceRefusedError."""
        self._ask(requests.Published(checkpoint=checkpoint.decode()))

    def _ask(self, ask: requests.Part) -> dict[str, Any]:
        reply = self._exchange(frame(ask.model_dump(mode="json")))
        if "problem" in reply:
            raise _error_of(reply["problem"])
        found = reply.get("ok")
        if not isinstance(found, dict):
            raise errors.SignerUnavailableError("the signer gave an answer of another form")
        return found

    def _exchange(self, message: bytes) -> dict[str, Any]:
        try:
            self._socket.sendall(message)
            return read_content(self._take(length_of(self._take(LENGTH.size))))
        except (OSError, EOFError, errors.InvalidDocumentError, errors.TooLargeError) as error:
            self.close()  # what is on the way belongs to this request, and to no later one
            raise errors.SignerUnavailableError(
                f"the signer did not answer: {plain(str(error)) or type(error).__name__}"
            ) from None

    def _take(self, count: int) -> bytes:
        come = bytearray()
        while len(come) < count:
            more = self._socket.recv(count - len(come))
            if not more:
                raise EOFError("it hung up")
            come += more
        return bytes(come)


def _signed(reply: Mapping[str, Any]) -> SignedVerdict:
    evidence = reply["evidence"]
    return SignedVerdict(
        reply["score"],
        bytes.fromhex(reply["root"]),
        reply["new"],
        _transaction(reply),
        None if evidence is None else _kept(evidence),
    )


def _transaction(reply: Mapping[str, Any]) -> SentTransaction:
    return SentTransaction(
        reply["nonce"],
        reply["fee"],
        reply["state"],
        bytes.fromhex(reply["tx_hash"]),
        bytes.fromhex(reply["transaction"]),
    )


def _kept(reply: Mapping[str, Any]) -> KeptEvidence:
    return KeptEvidence(
        reply["index"],
        reply["leaf"].encode(),
        reply["envelope"].encode(),
        reply["proof"].encode(),
    )


def _error_of(problem: Mapping[str, Any]) -> errors.ValidatorError:
    code, detail = problem.get("code"), str(problem.get("detail"))
    if code in _WITH_WHY:
        return _WITH_WHY[code](detail, str(problem.get("why")))
    if code in _PLAIN:
        return _PLAIN[code](detail)
    return errors.SignerUnavailableError(f"the signer failed: {plain(detail)}")
