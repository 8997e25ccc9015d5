"""The one place where the judges' rooms meet the service: seats, judging, calibration, replay.

Those rooms load client libraries and numbers, so they are loaded when they are used: whoever only
opens or reads a review pays nothing for them.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from checkers.strict_json import loads
from validator.domain.review_queue import Asked
from validator.domain.reviews import Tier
from validator.domain.submission import Origin
from validator.errors import ExpertsMissingError
from validator.experts.cases import case_of, deadline_of
from validator.experts.queue import Brief
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from validator.domain.clock import Clock
    from validator.domain.review_queue import HumanDecision, ReviewLease, Subject
    from validator.domain.reviews import Case, Outcome, Rubric
    from validator.settings import Settings

_ROOM = "validator.experts"


def configured(settings: Settings) -> bool:
    """Say whether there is a judge at all."""
    return bool(_seats(settings))


def first_tier(subject: Subject) -> Tier:
    """Return where a review begins that names no tier."""
    tiers = _room("tiers")
    found: Tier | None = tiers.first_tier(tiers.Signals(subject.task_type))
    return found or Tier.STANDARD


def status(settings: Settings, data_dir: Path) -> dict[str, Any]:
    """Return tiers, seats without secrets and budgets, and why a tier is not available."""
    seats = _seats(settings)
    if not seats:
        reason = "not available: no judge is configured"
        return {
            "status": "not_configured",
            "tiers": {tier.value: {"available": False, "reason": reason} for tier in Tier},
            "seats": [],
            "licensed": {},
            "budgets": {},
        }
    bench = _bench(settings, data_dir)
    return {
        "status": "configured",
        "tiers": {tier.value: _availability(bench, tier) for tier in Tier},
        "seats": [
            {
                "name": seat.name,
                "tier": Tier(seat.tier).value,
                "family": seat.family,
                "api": seat.api,
                "model": seat.model,
                "scripted": seat.scripted,
            }
            for seat in bench.seats
        ],
        "licensed": _licensed(bench),
        "budgets": _room("ledger").ceilings(settings.experts),  # type: ignore[attr-defined]
    }


def open_for(settings: Settings, data_dir: Path, task_type: str) -> bool:
    """Say whether a tier of judges is open for a task type."""
    if not _seats(settings):
        return False
    found = _room("bench").availability(_bench(settings, data_dir), task_type)
    return any(why is None for why in found.values())


@dataclass(frozen=True, slots=True)
class Judges:
    """The judges of the settings, ready to be asked. A `Reviewer`.

    `licensed` off is for `experts ask` alone: what comes of it never leaves the command line.
    """

    settings: Settings
    clock: Clock
    licensed: bool = True

    async def __call__(self, case: Case, tier: Tier, asked: Asked) -> Outcome:
        """Judge a case. Faults of models, money and time end without a score."""
        experts = self.settings.experts  # type: ignore[attr-defined]
        bench = _bench(self.settings, self.settings.data_dir, licensed=self.licensed)
        purse = _room("ledger").purse_of(experts, self.settings, asked)
        async with _room("client").open_client(experts, clock=self.clock) as client:
            outcome: Outcome = await _room("review").review(
                case,
                tier,
                bench,
                client,
                purse,
                defence=defence(),
                randomness=random.SystemRandom(),
                clock=self.clock,
                deadline=asked.deadline,
                tell=asked.tell,
            )
        return outcome


def ask(settings: Settings, clock: Clock, document: Mapping[str, Any], tier: Tier) -> Outcome:
    """Have one submission judged without a licence, and wait. Raises ExpertsMissingError.

    Nothing is stored, and nothing of it reaches the signer.
    """
    require(settings)
    case = case_of(document, "ask", rubric_for)
    judges = Judges(settings, clock, licensed=False)
    asked = Asked("ask", "cli", "cli", "", "", None, _silent)
    return asyncio.run(judges(case, tier, asked))


def calibrate(
    settings: Settings, clock: Clock, gold: Sequence[tuple[int, Any]], tier: Tier
) -> list[dict[str, Any]]:
    """Have gold items judged, and return what they show, one entry for each task type.

    Raises ExpertsMissingError; InvalidDocumentError for a gold file that cannot be used.
    """
    require(settings)
    found: list[dict[str, Any]] = _room("calibration").calibrate_file(
        settings, clock, gold, tier, case_of=_case_of_gold
    )
    return found


def replay(record: bytes) -> tuple[Outcome, tuple[str, ...]]:
    """Return what a record comes to without any model, and where that differs from it.

    Raises InvalidDocumentError for bytes that are no record.
    """
    found = _room("replay").compare(record, defence())
    return found.outcome, tuple(found.differences)


def rejudge(settings: Settings, clock: Clock, record: bytes) -> tuple[Outcome, Outcome]:
    """Ask the models again: the recorded outcome and the new one. Raises ExpertsMissingError."""
    require(settings)
    experts = settings.experts  # type: ignore[attr-defined]
    asked = Asked("rejudge", "cli", "cli", "", "", None, _silent)

    async def work() -> tuple[Outcome, Outcome]:
        purse = _room("ledger").purse_of(experts, settings, asked)
        async with _room("client").open_client(experts, clock=clock) as client:
            found: tuple[Outcome, Outcome] = await _room("replay").rejudge(
                record, client, purse, defence=defence(), randomness=random.SystemRandom(),
                clock=clock,
            )  # fmt: skip
        return found

    return asyncio.run(work())


def with_ruling(record: bytes, decision: HumanDecision, previous: str) -> bytes:
    """Return the judges' record with a human's decision in it, made on the record `previous`."""
    room = _room("record")
    ruling = room.HumanRuling(
        decision.author, decision.reason, decision.score, rfc3339(decision.decided_at), previous
    )
    found: bytes = room.encode(room.with_ruling(room.decode(record), ruling))
    return found


def cleaned(text: str) -> str:
    """Return a text as judges saw it."""
    found: str = _room("cleaning").clean(text).text
    return found


def rubric_for(task_type: str, subtype: str | None) -> Rubric:
    """Return how answers of a type are judged."""
    found: Rubric = _room("rubric").rubric_for(task_type, subtype)
    return found


def brief() -> Brief:
    """Return how leases become cases."""
    return Brief(_case_of_lease, _asked_of_lease)


def defence() -> Any:  # noqa: ANN401 - a room's own value
    """Return how untrusted text is cleaned, shown and read."""
    return _room("defence").Defences()


def require(settings: Settings) -> None:
    """Raise ExpertsMissingError where there is no judge."""
    if not _seats(settings):
        raise ExpertsMissingError("No judge is configured, so that there is nobody to ask.")


def _case_of_lease(lease: ReviewLease) -> Case:
    return case_of(
        loads(lease.body),
        lease.review.submission_id,
        rubric_for,
        verdict=lease.verdict,
        origin=lease.review.origin,
    )


def _case_of_gold(name: str, document: Mapping[str, Any]) -> Case:
    return case_of(document, name, rubric_for)


def _asked_of_lease(lease: ReviewLease, tell: Callable[[str, str], None]) -> Asked:
    review, document = lease.review, loads(lease.body)
    # A miner's address in a body of the API is a claim, and would spend another's budget.
    miner = document["answer"].get("miner") if review.origin is Origin.CHAIN else None
    return Asked(
        review_id=review.review_id,
        tenant=review.owner,
        task=review.task_digest,
        publisher=lease.publisher or "",
        miner=miner or "",
        deadline=deadline_of(document, review.origin),
        tell=tell,
    )


def _seats(settings: Settings) -> tuple[Any, ...]:
    return tuple(getattr(getattr(settings, "experts", None), "seats", ()))


def _bench(settings: Settings, data_dir: Path, *, licensed: bool = True) -> Any:  # noqa: ANN401
    return _room("bench").bench_of(settings.experts, data_dir, licensed=licensed)  # type: ignore[attr-defined]


def _availability(bench: Any, tier: Tier) -> dict[str, Any]:  # noqa: ANN401
    types = _licensed(bench).get(tier.value, [])
    if types:
        return {"available": True, "reason": None}
    return {"available": False, "reason": "not available: no licence; run experts calibrate"}


def _licensed(bench: Any) -> dict[str, list[str]]:  # noqa: ANN401
    """Return the task types that each tier may judge now."""
    found: dict[str, list[str]] = {}
    for task_type in sorted({one.task_type for one in bench.licences}):
        for tier, why in _room("bench").availability(bench, task_type).items():
            if why is None:
                found.setdefault(tier.value, []).append(task_type)
    return found


def _room(name: str) -> Any:  # noqa: ANN401 - a module
    return import_module(f"{_ROOM}.{name}")


def _silent(_kind: str, _detail: str) -> None:
    """Hear of progress and say nothing."""
