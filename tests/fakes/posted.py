"""A chain's answer, judged in this process, with its post and its task in the store."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from tests.fakes.chain import GENESIS, PUBLISHER, TASK
from tests.fakes.store import START, CountingIds, FrozenClock
from tests.fakes.submissions import body
from validator.domain.posting import PostState
from validator.domain.submission import Origin, State
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.services import SubmissionService
from validator.signing.client import KeptEvidence
from validator.store.chain_tables import chain_tasks, posts
from validator.store.inserts import Insert
from validator.store.store import Store, open_store
from validator.store.values import micros
from validator.wire.documents import verdict_to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.settings import Settings
    from validator.signing.book import Kept

ARGUED = "because the sum of the first n odd numbers is a perfect square, by induction on n " * 3
ANSWER = {"content": "n squared", "reasoning": ARGUED}
OPEN_BODY = body(
    {"type": "general", "checks": [{"check": "reasoning", "sufficient": True}]}, ANSWER
)


def hiding_body(word: str = "induction") -> bytes:
    """A task that hides which word an argument must have."""
    checks = [{"check": "reasoning", "sufficient": True, "must_mention": [word]}]
    return body({"type": "general", "checks": checks}, ANSWER)


@dataclass(frozen=True)
class FakePost:
    """What the poster hands over."""

    answer_id: str
    task_id: str
    submission_id: str
    verdict_id: str
    score: int


@dataclass
class PostHouse:
    """A store beside a signer, and the hands of follower, worker and poster."""

    settings: Settings
    store: Store
    ids: CountingIds

    def judge(self, answer: bytes, content: bytes = OPEN_BODY, **owned: Any) -> FakePost:
        """Take a submission in, judge it without a cage, and make the post of it."""
        owner, origin = owned.get("owner", GENESIS.hex()), owned.get("origin", Origin.CHAIN)
        service = SubmissionService(self.store, self.ids, self.settings.limits)
        row = service.submit(content, owner, origin, None).row
        lease = self.store.take_lease(row.submission_id, "w1")
        assert lease is not None
        pipeline = Pipeline(_no_cage, self.settings.limits, FrozenClock(), self.ids, jobs=1)
        verdict = pipeline.run(parse(content, self.settings.limits), row.submission_id)
        assert verdict.score is not None
        self.store.finish(lease, verdict, verdict_to_json(verdict), State.DONE)
        post = FakePost(
            answer.hex(), TASK.hex(), row.submission_id, verdict.verdict_id, verdict.score
        )
        self._insert(
            posts, **vars(post), reward="1", deadline_ms=1, state=PostState.UNSTARTED.value,
            tries=0, created_at=0, updated_at=0,
        )  # fmt: skip
        return post

    def task(self, status: str) -> None:
        """Say how the chain's one task stands."""
        change = update(chain_tasks).where(chain_tasks.c.task_id == TASK.hex())
        if self.store._database.write(lambda c: c.execute(change.values(status=status))).rowcount:
            return
        self._insert(
            chain_tasks, task_id=TASK.hex(), publisher=PUBLISHER.hex(), text="", reward="1",
            difficulty="Easy", deadline_ms=1, published_height=1, published_ms=1, status=status,
            standing="watched", tries=0, updated_at=micros(START),
        )  # fmt: skip

    def move(self, post: FakePost, state: PostState, tx: str | None = None) -> None:
        """Say where the post stands."""
        change = (
            update(posts)
            .where(posts.c.answer_id == post.answer_id)
            .values(state=state.value, tx_hash=tx)
        )
        self.store._database.write(lambda c: c.execute(change))

    def _insert(self, table: Any, **values: Any) -> None:
        insert = Insert(table, *values)
        self.store._database.write(lambda c: insert.run(c, [tuple(values.values())]))


@contextlib.contextmanager
def post_house(settings: Settings) -> Iterator[PostHouse]:
    """Open a store in the data directory of a signer."""
    ids = CountingIds()
    with open_store(None, settings.data_dir, FrozenClock(), ids) as store:
        yield PostHouse(settings, store, ids)


def as_client(kept: Kept) -> KeptEvidence:
    """The signer's evidence as its client hands it on."""
    return KeptEvidence(kept.index, kept.leaf, kept.envelope, kept.proof)


def _no_cage() -> Any:
    raise AssertionError("no check of this plan needs a cage")
