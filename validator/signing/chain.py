"""What the signer must see of the chain, and when several endpoints say the same (row 17).

An adapter reads; nothing here opens a connection. Heights are block heights, amounts chain units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from validator.errors import ChainUnreadableError
from validator.protection.reconcile import ChainVerdict, Reading
from validator.wire.tos import DecodeError, ValidateAnswer, decode_canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.protection.values import Verdict

_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class OwnVerdict:
    """A verdict under our key at stable height, as one endpoint shows it.

    `transaction` are the full bytes of the transaction that carried it, None where the endpoint
    does not give them: then nothing proves that it is ours.
    """

    verdict: Verdict
    submitter: bytes
    answer_hash: bytes
    answer_height: int
    nonce: int
    transaction: bytes | None

    def verified(self, public_key: bytes) -> bool:
        """Whether the transaction says this very verdict and its signature holds under our key."""
        if self.transaction is None:
            return False
        try:
            found = decode_canonical(self.transaction)
        except DecodeError:
            return False
        said = ValidateAnswer(self.verdict.task, self.verdict.answer, self.verdict.score)
        return (
            found.source.data == public_key
            and found.payload == said
            and found.nonce == self.nonce
            and found.signature_holds()
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One endpoint at one stable block. The fields are those of protection's `Reading`.

    `newest_stable`: stable height of the endpoint that was farthest when all were asked; None: no
    other one was asked.
    """

    genesis: bytes
    stable_height: int
    since: int
    next_nonce: int
    pruned_height: int | None
    verdicts: tuple[OwnVerdict, ...]
    pending: frozenset[bytes]
    newest_stable: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Every endpoint at the same stable height, by its name in the settings.

    `read_at`: seconds of the monotonic clock when the reading began.
    """

    read_at: float
    endpoints: Mapping[str, Snapshot]


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """A task and one answer to it at stable height. `height` and `timestamp_ms`: its block's.

    The time is None where that block is no part of the order any more, though the chain keeps what
    it did (protocol note, 6.5): then the id alone, which is made of both, proves what is claimed.

    `own_score`: what the task holds under our key for this answer, None when nothing.
    """

    task: bytes
    publisher: bytes
    reward: int
    answer: bytes
    submitter: bytes
    answer_hash: bytes
    content: str
    height: int
    timestamp_ms: int | None
    own_score: int | None


class ChainView(Protocol):
    """Reads the chain. Every call has a deadline, and caps on what it takes from an endpoint."""

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:
        """Read our account and our verdicts from height `since` on, at one stable height.

        Raises ChainUnreadableError.
        """

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:
        """Return what each endpoint shows of an answer at stable height, where it shows it.

        Raises ChainUnreadableError.
        """


def agreed_reading(found: Snapshots, wanted: Sequence[str], public_key: bytes) -> Reading:
    """Return the one reading of all endpoints in `wanted`. Raises ChainUnreadableError.

    They must agree on genesis, stable height, nonce and our verdicts. What only one of them has in
    its mempool counts; the least complete, the most pruned and the farthest of them speak for all.
    """
    snapshots = _of_all(found.endpoints, wanted)
    first = snapshots[0]
    shown = [(each.genesis, each.stable_height, each.next_nonce, _told(each)) for each in snapshots]
    if any(each != shown[0] for each in shown):
        raise ChainUnreadableError("the endpoints differ about our account at stable height")
    pruned = [each.pruned_height for each in snapshots if each.pruned_height is not None]
    newest = [each.newest_stable for each in snapshots if each.newest_stable is not None]
    return Reading(
        genesis=first.genesis,
        stable_height=first.stable_height,
        since=max(each.since for each in snapshots),
        next_nonce=first.next_nonce,
        pruned_height=max(pruned, default=None),
        verdicts=_verdicts(snapshots, public_key),
        pending=frozenset().union(*(each.pending for each in snapshots)),
        newest_stable=max(newest, default=None),
    )


def agreed_answer(found: Mapping[str, AnswerFacts], wanted: Sequence[str]) -> AnswerFacts:
    """Return what all endpoints in `wanted` show of an answer. Raises ChainUnreadableError."""
    facts = _of_all(found, wanted)
    # One that has the block's place no more (it was pruned, or re-ordered) says no other time.
    known = next((each for each in facts if each.timestamp_ms is not None), facts[0])
    if any(each != replace(known, timestamp_ms=each.timestamp_ms) for each in facts) or any(
        each.timestamp_ms not in (None, known.timestamp_ms) for each in facts
    ):
        raise ChainUnreadableError("the endpoints differ about the task or the answer")
    return known


def _of_all(found: Mapping[str, _Told], wanted: Sequence[str]) -> list[_Told]:
    missing = [name for name in wanted if name not in found]
    if missing or not wanted:
        raise ChainUnreadableError(f"endpoint {missing[0] if missing else '?'} does not show it")
    return [found[name] for name in wanted]


def _told(snapshot: Snapshot) -> frozenset[tuple[object, ...]]:
    return frozenset(
        (each.verdict, each.submitter, each.answer_hash, each.answer_height, each.nonce)
        for each in snapshot.verdicts
    )


def _verdicts(snapshots: Sequence[Snapshot], public_key: bytes) -> tuple[ChainVerdict, ...]:
    """Our verdicts; bytes prove themselves, so those of any endpoint will do."""
    proven: dict[bytes, bool] = {}
    for snapshot in snapshots:
        for each in snapshot.verdicts:
            answer = each.verdict.answer
            proven[answer] = proven.get(answer, False) or each.verified(public_key)
    return tuple(
        ChainVerdict(
            each.verdict,
            each.submitter,
            each.answer_hash,
            each.answer_height,
            each.nonce,
            proven[each.verdict.answer],
        )
        for each in snapshots[0].verdicts
    )
