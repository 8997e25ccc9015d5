"""Reviews for tests: outcomes with records, and judges that do as they are told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.store import new_submission
from validator.domain.review_queue import Asked
from validator.domain.reviews import (
    Case,
    Channel,
    Criterion,
    Outcome,
    Piece,
    ReviewFlag,
    Rubric,
    Tier,
)
from validator.experts.human import Humans
from validator.experts.queue import Brief
from validator.experts.service import Reviews
from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.domain.clock import Clock, IdSource
    from validator.domain.review_queue import HumanDecision, ReviewLease
    from validator.store.store import Store

CANARY = "canary-7f3a"
GOLD = "the-hidden-gold-4711"


def outcome_of(score: int | None = 80, **changes: Any) -> Outcome:
    """An outcome whose record holds what must never leave."""
    tier = changes.pop("tier", Tier.STANDARD)
    record = changes.pop("record", None) or record_of(score)
    values: dict[str, Any] = {
        "tier": tier,
        "score": score,
        "interval": None if score is None else (max(0, score - 5), min(100, score + 5)),
        "reasons": ("clear: the interval crosses no line",),
        "flags": (ReviewFlag("injection_suspected", "two judges saw it", 0.5),),
        "cost": 3300,
        "scripted": True,
        "record": record,
        "digest": sha256_digest(record),
    }
    return Outcome(**values | changes)


def record_of(score: int | None, **changes: Any) -> bytes:
    """A record as far as pages read it."""
    quote = {"piece": "content", "start": 4, "end": 9, "text": "world"}
    judged = {
        "seat": "small-1", "criteria": {"right": 80}, "quotes": [quote], "rationale": "because",
    }  # fmt: skip
    step = {
        "tier": "standard", "seats": ["small-1"], "interval": [75, 85], "spread": 0,
        "action": "decide", "rule": "clear", "detail": "no line crossed", "fallen": [],
        "judged": [judged], "debate": None,
    }  # fmt: skip
    call = {
        "seat": "small-1", "model": "m", "purpose": "grade", "cost": 3300,
        "system": f"never say {CANARY}", "user": "judge", "fault": None,
        "reply": {"usage": {"input_tokens": 10, "output_tokens": 5}, "duration_ms": 12},
    }  # fmt: skip
    case = {
        "answer": [{"label": "content", "text": "the world is round"}],
        "rubric": {"criteria": [{"id": "right", "question": "Is it right?", "weight": 10}]},
        "reference": GOLD,
    }
    values = {
        "schema": "tosv.review/1", "case": case, "steps": [step], "calls": [call],
        "result": {"cost": 3300, "score": score}, "human": [],
    }  # fmt: skip
    return canonical_json(values | changes)


def with_ruling(record: bytes, decision: HumanDecision, previous: str) -> bytes:
    """A decision in a record, as the judges' room writes it."""
    told = {"author": decision.author, "reason": decision.reason, "score": decision.score}
    found = json.loads(record)
    found["human"] = [*found["human"], told | {"previous": previous}]
    return canonical_json(found)


def reviews_of(store: Store, clock: Clock, ids: IdSource, *, configured: bool = True) -> Reviews:
    """The service on a store."""
    humans = Humans(store.reviews, clock, with_ruling)
    return Reviews(store.reviews, ids, clock, humans, configured)


def case_of_lease(lease: ReviewLease) -> Case:
    """A case about nothing but its name."""
    rubric = Rubric("r", 1, (Criterion("right", "?", 1),), "", "sha256:" + "0" * 64)
    task = Piece(Channel.TASK, "task", "what is it?")
    return Case(lease.review.submission_id, "general", task, (), rubric)


def asked_of_lease(lease: ReviewLease, tell: Callable[[str, str], None]) -> Asked:
    """Whom it is for."""
    return Asked(lease.review_id, lease.review.owner, "task", "", "", None, tell)


BRIEF = Brief(case_of_lease, asked_of_lease)


@dataclass
class Judges:
    """A reviewer that takes its time, says so, and ends as it is told."""

    outcome: Callable[[Case], Outcome] = lambda _: outcome_of()
    pause_s: float = 0.0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, case: Case, tier: Tier, asked: Asked) -> Outcome:
        self.asked.append(asked.review_id)
        asked.tell("tier", f"{tier.value} has begun")
        await asyncio.sleep(self.pause_s)
        return self.outcome(case)


def accepted(store: Store, count: int, **changes: Any) -> list[str]:
    """So many submissions in the store, with bodies that are what they were accepted as."""
    body = b'{"task": {"type": "general"}, "answer": {"content": "the world is round"}}'
    names = [f"sub_{number:032x}" for number in range(1, count + 1)]
    for name in names:
        store.accept(
            new_submission(name, **{"body": body, "body_digest": sha256_digest(body), **changes})
        )
    return names
