"""The poster: gathers judged answers, confirms what went out, gives the next verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from validator.domain.posting import PostMode, PostState
from validator.errors import PostingHaltedError, ValidatorError
from validator.posting.alerts import Alert
from validator.posting.broadcaster import Broadcaster
from validator.posting.confirmer import Confirmer
from validator.posting.foreign import Foreign
from validator.posting.parts import Head, Parts, look
from validator.store.posts import Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from validator.settings import PostSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PosterStatus:
    """For an operator's eyes. `balance` in units; `oldest` in microseconds since 1970.

    `next_nonce` is the chain's and `own_nonce` one more than the greatest of our posts: the first
    above the second says that another wallet used the account. None: not known.
    """

    mode: PostMode
    counts: Mapping[PostState, int]
    oldest: int | None
    next_nonce: int | None
    own_nonce: int | None
    balance: int | None
    halted: str | None
    fault: str | None
    waits: str | None
    alerts: Mapping[Alert, int]


def mode_of(settings: PostSettings, network: str) -> PostMode:
    """Return the mode in force: as set, else auto on a devnet and oversight anywhere else."""
    if settings.mode is not None:
        return PostMode(settings.mode)
    return PostMode.AUTO if network == "devnet" else PostMode.OVERSIGHT


class Poster:
    """Runs wherever one process runs it for a key, on every new head. Not for several threads."""

    def __init__(self, parts: Parts, mode: PostMode) -> None:
        self._parts = parts
        self._mode = mode
        self._foreign = Foreign(parts.alerts)
        self._broadcaster = Broadcaster(parts, self._foreign)
        self._confirmer = Confirmer(parts, self._foreign, self._broadcaster.resend)
        self._halted: str | None = None
        self._fault: str | None = None

    @property
    def halted(self) -> str | None:
        """Why nothing new is posted; None while all is well.

        Until a restart, where the signer proved a foreign score; else for as long as one is seen.
        """
        return self._halted or self._foreign.why

    def step(self, *, begin: bool = True) -> None:
        """Do everything once. It raises nothing that the next step could mend.

        Without `begin` only what is out is looked after: the tracked chain is not the newest, so
        deadlines, pauses and the fairness of an accept cannot be judged by it.
        """
        try:
            head = look(self._parts)
        except ValidatorError as error:
            self._fault = error.detail
            log.info("post_no_head", why=error.detail)
            return
        self._fault = None
        if begin:
            self._part("gather", self._gather, head)
        self._part("confirm", self._confirmer.step, head)
        if begin and self._halted is None:
            self._part("broadcast", self._broadcaster.step, head)

    def status(self) -> PosterStatus:
        """Return how posting stands. Raises StoreUnavailableError."""
        store, key = self._parts.store, self._parts.key
        last = store.last_nonce()
        try:
            next_nonce, balance = self._parts.nodes.read(
                lambda node: (node.next_nonce(key), node.balance(key))
            )
        except ValidatorError as error:
            self._fault, next_nonce, balance = error.detail, None, None
        waits = self._broadcaster.waits
        return PosterStatus(
            mode=self._mode,
            counts=store.counts(),
            oldest=store.oldest(),
            next_nonce=next_nonce,
            own_nonce=None if last is None else last + 1,
            balance=balance,
            halted=self.halted,
            fault=self._fault,
            waits=None if waits is None else waits.why,
            alerts=self._parts.alerts.counts,
        )

    def _gather(self, head: Head) -> None:
        settings = self._parts.settings
        first = PostState.UNSTARTED if self._mode is PostMode.AUTO else PostState.HELD
        waits = Waits(settings.margin_ms, settings.wait_ms)
        made = self._parts.store.gather(head.now_ms, first, waits)
        if made:
            log.info("posts_gathered", count=made, state=first.value)

    def _part(self, name: str, work: Callable[[Head], None], head: Head) -> None:
        """Do one part; its failure does not keep the next one from being done."""
        try:
            work(head)
        except PostingHaltedError as error:
            self._halted = error.detail
            self._parts.alerts.tell(Alert.FOREIGN_SCORE, error.detail)
        except ValidatorError as error:
            log.warning("post_part_failed", part=name, code=error.code, why=error.detail)
        except Exception:
            log.exception("post_part_broke", part=name)
