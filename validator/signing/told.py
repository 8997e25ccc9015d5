"""The chain as a follower tells it over the socket: one telling holds every endpoint."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from validator.errors import ChainUnreadableError
from validator.signing.chain import AnswerFacts, Snapshot, Snapshots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.domain.clock import Clock

Telling = tuple[Snapshot, "Sequence[AnswerFacts]"]
"""What one endpoint shows: our account, and the answers that wait for a signature."""


class ToldChain:
    """A ChainView that holds the newest telling, whole; how old it may be is the gate's affair."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._newest: Snapshots | None = None
        self._answers: dict[str, dict[tuple[bytes, bytes], AnswerFacts]] = {}

    def tell(self, told: Mapping[str, Telling]) -> None:
        """Replace everything that was told before; empty: the follower cannot read the chain."""
        read_at = self._clock.monotonic()
        answers = {
            name: {(each.task, each.answer): each for each in facts}
            for name, (_, facts) in told.items()
        }
        with self._turn:
            self._newest = Snapshots(read_at, {name: seen for name, (seen, _) in told.items()})
            self._answers = answers

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:  # noqa: ARG002 - as told
        """Return the newest telling. Raises ChainUnreadableError before the first."""
        with self._turn:
            if self._newest is None or not self._newest.endpoints:
                raise ChainUnreadableError("nobody has told the signer of the chain")
            return self._newest

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:
        """Return what was told of an answer by each endpoint that shows it."""
        with self._turn:
            return {
                name: facts[task, answer]
                for name, facts in self._answers.items()
                if (task, answer) in facts
            }
