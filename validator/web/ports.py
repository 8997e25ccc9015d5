"""What the front door asks of the composition root, so that tests can hand in a small one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future

    from validator.domain.clock import Clock
    from validator.domain.submission import Origin
    from validator.evidence.shelf import Shelved
    from validator.experts.service import Reviews
    from validator.rounds.service import RoundService
    from validator.settings import Settings
    from validator.store.chain_values import BlockRow, ChainEvent
    from validator.store.ports import Accepted, SubmissionStore


class Submitter(Protocol):
    """Turns request bytes into an accepted row."""

    def submit_soon(
        self, body: bytes, owner: str, origin: Origin, idempotency_key: str | None
    ) -> Future[Accepted]:
        """Check now, raising ValidatorError for every refusal; done when it is stored durably."""


class Probes(Protocol):
    """What readiness looks at beside the database. Both may block: they are called in a thread."""

    def ping_broker(self) -> None:
        """Raise any ValidatorError when the broker does not answer."""

    def backlog(self) -> dict[str, float]:
        """The store's `backlog()`."""


class Evidence(Protocol):
    """Bundles, and whether they are out."""

    def look(self, verdict_id: str) -> Shelved:
        """What there is of a verdict. Raises NotFoundError."""

    def public(self, verdict_id: str) -> bytes:
        """The public bundle's bytes. Raises NotFoundError before it is released."""


class Chain(Protocol):
    """What was read from a chain, by the process that follows it."""

    def genesis(self) -> str | None:
        """The chain's name, None while none was ever followed."""

    def tip(self) -> BlockRow | None:
        """The newest block."""

    def counts(self) -> dict[str, dict[str, int]]:
        """How many tasks and answers have each standing."""

    def chain_events(self, after: int, limit: int = ...) -> Sequence[ChainEvent]:
        """Events after a number, oldest first."""


class WebServices(Protocol):
    """The part of the services that HTTP needs."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""

    @property
    def clock(self) -> Clock:
        """Wall and monotonic time."""

    @property
    def store(self) -> SubmissionStore:
        """Rows, events, verdicts."""

    @property
    def chain(self) -> Chain:
        """What was read from a chain."""

    @property
    def rounds(self) -> RoundService:
        """Rounds of peer votes."""

    @property
    def reviews(self) -> Reviews:
        """Reviews by experts."""

    @property
    def evidence(self) -> Evidence:
        """Public bundles of verdicts."""

    @property
    def submissions(self) -> Submitter:
        """Acceptance."""

    @property
    def probes(self) -> Probes:
        """Readiness."""

    def ring(self, accepted: Iterable[Accepted] = ()) -> None:
        """Tell the relay that the outbox has something. Never blocks, never raises."""
