"""A signer with moods, between the poster and the real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.posting import DeskClient, PostHouse
from validator import errors
from validator.posting.line import SignerLine

if TYPE_CHECKING:
    from validator.signing.requests import Mark, Rebuild, SignVerdict


@dataclass
class Moody:
    """A signer that refuses to sign for as long as it is told to."""

    behind: DeskClient
    error: errors.ValidatorError | None = None
    loses_reply: bool = False
    only: str | None = None
    """The answer that it refuses; None: all."""
    unseen: int = 0
    """So many times it does not show yet what it has."""
    asked: int = 0
    closed: list[int] = field(default_factory=list)

    def sign(self, ask: SignVerdict) -> Any:
        self.asked += 1
        if self.error is not None and (self.only is None or self.only == ask.answer.id.hex()):
            raise self.error
        signed = self.behind.sign(ask)
        if self.loses_reply:
            raise errors.SignerUnavailableError("the reply was lost")
        return signed

    def rebuild(self, ask: Rebuild) -> Any:
        return self.behind.rebuild(ask)

    def mark(self, ask: Mark) -> Any:
        return self.behind.mark(ask)

    def prove(self, answer: bytes) -> Any:
        if isinstance(self.error, errors.SignerUnavailableError):
            raise self.error
        if self.unseen:
            self.unseen -= 1
            raise errors.NotFoundError("nothing of it is on disk yet")
        return self.behind.prove(answer)

    def close(self) -> None:
        self.closed.append(self.asked)


def moody(house: PostHouse, error: errors.ValidatorError | None = None) -> Moody:
    made = Moody(DeskClient(house.signer), error)
    parts = house.poster._parts
    object.__setattr__(parts, "signing", SignerLine(lambda: made))
    return made
