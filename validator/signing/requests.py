"""What may be asked of the signer. Nothing of a key is in here: clients import it, too."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from validator.errors import InvalidDocumentError
from validator.wire.sentences import summary, translate

MAX_HEIGHT: Final = 2**53 - 1
MAX_UNITS: Final = 2**64 - 1
MAX_TRANSACTION: Final = 1024
"""Bytes: a ValidateAnswer has 222, with a multisig of eight under 900."""
MAX_STATEMENT: Final = 2 * 1024 * 1024
MAX_TOLD: Final = 10_000
"""Answers, verdicts or pending transactions that one endpoint tells of at once."""

_HASH = re.compile(r"[0-9a-f]{64}")
_OCTETS = re.compile(r"([0-9a-f]{2})*")


def _read_hash(value: object) -> bytes:
    """Take 32 bytes, or in a message their 64 digits."""
    if isinstance(value, str) and _HASH.fullmatch(value):
        return bytes.fromhex(value)
    if isinstance(value, bytes) and len(value) == 32:  # noqa: PLR2004 - as the name says
        return value
    raise ValueError("must be 64 hexadecimal digits")


def _read_octets(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and len(value) <= 2 * MAX_TRANSACTION and _OCTETS.fullmatch(value):
        return bytes.fromhex(value)
    raise ValueError(f"must be hexadecimal digits of at most {MAX_TRANSACTION} bytes")


_AS_HEX: Final = PlainSerializer(bytes.hex, return_type=str, when_used="json")
Hash = Annotated[bytes, BeforeValidator(_read_hash), _AS_HEX]
Octets = Annotated[bytes, BeforeValidator(_read_octets), _AS_HEX]
Name = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Height = Annotated[int, Field(ge=0, le=MAX_HEIGHT)]
Units = Annotated[int, Field(ge=0, le=MAX_UNITS)]
Score = Annotated[int, Field(ge=0, le=100)]


class Part(BaseModel):
    """Base of every message: strict, unknown members are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Block(Part):
    """The block that a transaction is built on."""

    hash: Hash
    topoheight: Height


class AnswerClaim(Part):
    """An answer as the caller has read it from the chain; `height` and time are its block's."""

    id: Hash
    submitter: Hash
    answer_hash: Hash
    content: Annotated[str, StringConstraints(max_length=2048)]
    height: Height
    timestamp_ms: Height


class WorkerResult(Part):
    """What one worker found: equal digests of two hosts speak for each other."""

    host: Name
    worker: Name
    result_digest: Digest


class Approval(Part):
    """The operator's word for one verdict, which its signing root names."""

    by: Name
    root: Hash


class Status(Part):
    """Say how the signer stands."""

    do: Literal["status"] = "status"


class SignVerdict(Part):
    """Sign a verdict. `statement`: the in-toto statement's own bytes, as text."""

    do: Literal["sign_verdict"] = "sign_verdict"
    genesis: Hash
    task: Hash
    answer: AnswerClaim
    score: Score
    statement: Annotated[str, StringConstraints(max_length=MAX_STATEMENT)]
    nonce: Height
    fee: Units
    reference: Block
    workers: Annotated[list[WorkerResult], Field(max_length=16)] = []
    approval: Approval | None = None


class Rebuild(Part):
    """Make another transaction for a verdict that was signed before."""

    do: Literal["rebuild"] = "rebuild"
    answer: Hash
    nonce: Height
    fee: Units
    reference: Block


class Mark(Part):
    """Record what became of a transaction."""

    do: Literal["mark"] = "mark"
    answer: Hash
    tx_hash: Hash
    state: Literal["sent", "spent", "confirmed"]


class Pause(Part):
    """Sign nothing until `resume`."""

    do: Literal["pause"] = "pause"
    fingerprint: Name


class Resume(Part):
    """End a pause; with `vouch`, end any halt and vouch for the gap in the history."""

    do: Literal["resume"] = "resume"
    fingerprint: Name
    vouch: bool = False


class Prove(Part):
    """Give the envelope of a verdict, its leaf, and the log's proof of it."""

    do: Literal["prove"] = "prove"
    answer: Hash


class MakeCheckpoint(Part):
    """Sign the log as it stands, to be published where the operator cannot rewrite it."""

    do: Literal["checkpoint"] = "checkpoint"


class Published(Part):
    """Say which checkpoint was published: the log must hold it for ever."""

    do: Literal["published"] = "published"
    checkpoint: Annotated[str, StringConstraints(max_length=4096)]


class ToldVerdict(Part):
    """A verdict under our key; `transaction` its bytes where the endpoint gives them."""

    task: Hash
    answer: Hash
    score: Score
    submitter: Hash
    answer_hash: Hash
    answer_height: Height
    nonce: Height
    transaction: Octets | None = None


class ToldAnswer(Part):
    """An answer that waits for a signature or a confirmation."""

    task: Hash
    publisher: Hash
    reward: Units
    answer: AnswerClaim
    own_score: Score | None = None


class ToldEndpoint(Part):
    """What one endpoint shows at a stable height."""

    genesis: Hash
    stable_height: Height
    since: Height
    next_nonce: Height
    pruned_height: Height | None = None
    verdicts: Annotated[list[ToldVerdict], Field(max_length=MAX_TOLD)]
    pending: Annotated[list[Hash], Field(max_length=MAX_TOLD)]
    answers: Annotated[list[ToldAnswer], Field(max_length=MAX_TOLD)]


class Reconcile(Part):
    """Take in what the endpoints show; none at all says that the chain cannot be read."""

    do: Literal["reconcile"] = "reconcile"
    endpoints: Annotated[dict[Name, ToldEndpoint], Field(max_length=16)]


Ask = (
    Status
    | SignVerdict
    | Rebuild
    | Mark
    | Pause
    | Resume
    | Prove
    | MakeCheckpoint
    | Published
    | Reconcile
)
_KINDS: Final[dict[str, type[Ask]]] = {
    "status": Status,
    "sign_verdict": SignVerdict,
    "rebuild": Rebuild,
    "mark": Mark,
    "pause": Pause,
    "resume": Resume,
    "prove": Prove,
    "checkpoint": MakeCheckpoint,
    "published": Published,
    "reconcile": Reconcile,
}


def read_ask(message: dict[str, Any]) -> Ask:
    """Return the request that this object is. Raises InvalidDocumentError that names the field."""
    kind = _KINDS.get(str(message.get("do")))
    if kind is None:
        raise InvalidDocumentError(f"do: must be one of {', '.join(_KINDS)}")
    try:
        return kind.model_validate(message)
    except ValidationError as error:
        faults = translate(error, message)
        raise InvalidDocumentError(summary(faults), faults) from None
