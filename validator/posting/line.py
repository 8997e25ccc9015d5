"""A line to the signer that is opened when it is needed, and anew when it broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from validator.errors import SignerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.posting.ports import Signing
    from validator.signing.client import KeptEvidence, SentTransaction, SignedVerdict
    from validator.signing.requests import Mark, Rebuild, SignVerdict

T = TypeVar("T")


class SignerLine:
    """Signing of the ports over connections that `connect` opens. Not for several threads."""

    def __init__(self, connect: Callable[[], Signing]) -> None:
        self._connect = connect
        self._open: Signing | None = None

    def sign(self, ask: SignVerdict) -> SignedVerdict:
        """See Signing."""
        return self._do(lambda signer: signer.sign(ask))

    def rebuild(self, ask: Rebuild) -> SignedVerdict:
        """See Signing."""
        return self._do(lambda signer: signer.rebuild(ask))

    def mark(self, ask: Mark) -> SentTransaction:
        """See Signing."""
        return self._do(lambda signer: signer.mark(ask))

    def prove(self, answer: bytes) -> KeptEvidence:
        """See Signing."""
        return self._do(lambda signer: signer.prove(answer))

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _do(self, ask: Callable[[Signing], T]) -> T:
        """Ask over the open line, and once more over a new one: a repeat signs nothing twice."""
        if self._open is not None:
            try:
                return ask(self._open)
            except SignerUnavailableError:
                self.close()
        self._open = self._connect()
        try:
            return ask(self._open)
        except SignerUnavailableError:
            self.close()
            raise
