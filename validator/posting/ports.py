"""What the poster asks of its neighbours: evidence, the tracked chain, the signer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from validator.domain.posting import Post
    from validator.signing.client import KeptEvidence, SentTransaction, SignedVerdict
    from validator.signing.requests import Mark, Rebuild, SignVerdict
    from validator.wire.tos.rules import MiningState


class Evidence(Protocol):
    """Statements about verdicts, and where their evidence is kept."""

    def statement(self, post: Post) -> str:
        """Return the canonical statement about this post's verdict and chain payload.

        The same post gives the same text. Raises ValidatorError.
        """

    def keep(self, post: Post, kept: KeptEvidence) -> None:
        """Keep what the signer gave; the same again is no change. Raises ValidatorError."""

    def release(self, task_id: str) -> None:
        """Let the public see a task's evidence: it is closed, our verdicts on it are stable.

        May be called again for a task that is released. Raises ValidatorError.
        """


class Tracked(Protocol):
    """The chain as the follower has tracked it from blocks: accounts cannot be asked of a node."""

    def mining(self) -> MiningState:
        """Return the AI-mining state after the newest block that was followed."""

    def now_ms(self) -> int:
        """Return the chain's time, in Unix milliseconds: that of the newest block, or later."""


class Signing(Protocol):
    """The part of the signer's client that posts verdicts. Every method raises as the client's."""

    def sign(self, ask: SignVerdict) -> SignedVerdict:
        """Sign a verdict; the same request again gives the same transaction."""

    def rebuild(self, ask: Rebuild) -> SignedVerdict:
        """Make another transaction of a signed verdict."""

    def mark(self, ask: Mark) -> SentTransaction:
        """Record what became of a transaction."""

    def prove(self, answer: bytes) -> KeptEvidence:
        """Return the evidence of a signed verdict."""

    def close(self) -> None:
        """Hang up."""
