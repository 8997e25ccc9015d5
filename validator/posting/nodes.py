"""Several nodes as one: one that agrees with the others is read, all are given the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from validator.errors import ChainUnreadableError, SubmitRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from validator.chain.ports import Node
    from validator.wire.tos import PublicKey

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Choice(Protocol):
    """Who says which node is read. See `validator.chain.endpoints.Endpoints`."""

    def use(self) -> Node:
        """Return it. Raises ChainUnreadableError, also while nodes differ about the chain."""

    def failed(self, name: str) -> None:
        """Hear that it failed: another one is used for a while."""


class Nodes:
    """The operator's nodes, in the order of the settings."""

    def __init__(self, nodes: Sequence[Node], choice: Choice) -> None:
        self._nodes = tuple(nodes)
        self._choice = choice

    def read(self, ask: Callable[[Node], T]) -> T:
        """Return what the node says that is in use, or the next one when it fails meanwhile.

        Questions that belong together are one call, so that one node answers them all. Raises
        ChainUnreadableError, also while nodes differ about the chain (threat model, row 17). A
        task that is too large speaks against no node: else its size would stop everything.
        """
        node = self._choice.use()
        try:
            return ask(node)
        except ChainUnreadableError as error:
            if error.too_large:
                raise
            self._choice.failed(node.name)
        return ask(self._choice.use())

    def pending(self, key: PublicKey) -> frozenset[bytes]:
        """Return the hashes of the account's transactions in the mempool of any node that answers.

        Raises ChainUnreadableError when none does.
        """
        found: set[bytes] = set()
        answered = False
        for node in self._nodes:
            try:
                waiting = node.pending(key)
            except ChainUnreadableError:
                continue
            answered = True
            found |= waiting.hashes if waiting is not None else frozenset()
        if not answered:
            raise ChainUnreadableError("no node shows its mempool")
        return frozenset(found)

    def submit(self, data: bytes) -> None:
        """Give the bytes to every node. One that takes them is enough.

        Raises ChainUnreadableError when nobody knows whether one did, and SubmitRefusedError when
        all refuse; the first node's word counts.
        """
        taken = False
        refused: SubmitRefusedError | None = None
        unknown: ChainUnreadableError | None = None
        for node in self._nodes:
            try:
                node.submit(data)
            except SubmitRefusedError as error:
                refused = refused or error
                log.info("post_refused", node=node.name, refusal=error.refusal, why=error.detail)
            except ChainUnreadableError as error:
                unknown = unknown or error
            else:
                taken = True
        if taken:
            return
        raise unknown or refused or ChainUnreadableError("no node is set")
