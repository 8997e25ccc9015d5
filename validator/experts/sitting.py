"""One tier's panel at work: commit, grade, control, and reserves for seats that fall out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from validator.domain.reviews import Fault, JudgeError, ReviewFlag, SeatVerdict
from validator.experts.calls import Post, sayable, together
from validator.experts.isotonic import ScoreMap
from validator.experts.panel import INJECTION, Judged
from validator.experts.record import FallenRecord, JudgedRecord
from validator.experts.seating import replacement
from validator.experts.tiers import RULES
from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from validator.domain.reviews import Ask, Seat, Tier
    from validator.experts.bench import Open
    from validator.experts.calls import Desk
    from validator.experts.licence import SeatLicence
    from validator.experts.ports import Ceilings, Marks, Notes

CONTROL_PER_MILLE: Final = 50
"""Reviews in a thousand that get a control run without any suspicion (design, section 3)."""

GO_UP: Final = frozenset(
    {Fault.REFUSED, Fault.TRUNCATED, Fault.MALFORMED, Fault.LEAKED, Fault.CANNOT_JUDGE}
)
"""Faults that the case itself may have caused: a better judge may manage. The others are ours or
the provider's, and a dearer tier would not mend them."""

_LEAK_WEIGHT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Seated:
    """One seat's part in a sitting."""

    seat: Seat
    licence: SeatLicence | None
    commitment: str
    verdict: SeatVerdict
    control: int | None = None
    stripped: bool = False

    @property
    def judged(self) -> Judged:
        """The verdict as it counts."""
        score_map = self.licence.score_map if self.licence else ScoreMap()
        return Judged(
            self.seat.name,
            self.seat.family,
            self.verdict.score,
            self.verdict,
            score_map,
            self.control,
            self.stripped,
        )


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a panel came to. It is whole when every place has a verdict."""

    seated: tuple[Seated, ...]
    fallen: tuple[FallenRecord, ...]
    whole: bool

    @property
    def flags(self) -> tuple[ReviewFlag, ...]:
        """Flags of seats that gave a secret away: somebody told them to."""
        leaks = [fallen.seat for fallen in self.fallen if fallen.fault is Fault.LEAKED]
        return leak_flags(leaks)


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a panel sits: its tier, its seats and licences, and when its time is over."""

    tier: Tier
    opened: Open
    end_ms: int

    def post(self, seat: Seat, purpose: str) -> Post:
        """Return the place of one call."""
        licence = self.opened.licence
        own = licence.seats[seat.name] if licence else None
        return Post(f"{self.tier.value}/{seat.name}/{purpose}", seat, own, self.end_ms)


async def sit(desk: Desk, bar: Bar, notes: Notes) -> Sitting:
    """Return the verdicts of a tier's panel.

    Seats work at the same time and see nothing of each other. A reserve of another family takes
    the place of one that falls out.
    """
    panel = list(bar.opened.panel.seats)
    reserves = list(bar.opened.panel.reserves)
    chair = bar.opened.panel.chair
    ended = await together(_grade(desk, bar, seat) for seat in panel)
    fallen = [one for one in ended if isinstance(one, FallenRecord)]
    for place, one in enumerate(list(ended)):
        if isinstance(one, Seated):
            continue
        reserve = replacement(panel, panel[place], reserves, chair)
        if reserve is None:
            continue
        reserves.remove(reserve)
        panel[place] = reserve
        ended[place] = second = await _grade(desk, bar, reserve)
        if isinstance(second, FallenRecord):
            fallen.append(second)
    seated = [one for one in ended if isinstance(one, Seated)]
    if len(seated) == len(ended):
        seated, lost = await _controlled(desk, bar, seated, notes)
        fallen += lost
    return Sitting(tuple(seated), tuple(fallen), len(seated) == len(ended))


def leak_flags(leaks: Sequence[str]) -> tuple[ReviewFlag, ...]:
    """Return the flag of seats that repeated their canary, or none."""
    if not leaks:
        return ()
    return (ReviewFlag(INJECTION, f"{leaks[0]} repeated its canary", _LEAK_WEIGHT),)


def judged_record(one: Seated) -> JudgedRecord:
    """Return a verdict as the record holds it."""
    judged = one.judged
    return JudgedRecord(
        seat=one.seat.name,
        family=one.seat.family,
        commitment=one.commitment,
        sealed=sealed_digest(one.verdict),
        score=one.verdict.score,
        criteria={said.criterion: said.score for said in one.verdict.criteria},
        quotes=tuple(quote for said in one.verdict.criteria for quote in said.quotes),
        manipulation_attempt=one.verdict.manipulation_attempt,
        rationale=one.verdict.rationale,
        control=one.control,
        stripped=one.stripped,
        counted=judged.counted,
        calibrated=judged.score_map(judged.counted),
    )


def sealed_digest(verdict: SeatVerdict) -> str:
    """Return the digest of a verdict, fixed before anyone saw another's."""
    document = TypeAdapter(SeatVerdict).dump_python(verdict, mode="json")
    return sha256_digest(canonical_json(document))


async def _grade(desk: Desk, bar: Bar, seat: Seat) -> Seated | FallenRecord:
    """Let one seat commit, then grade."""
    post = bar.post(seat, "grade")
    try:
        reply, canary = await desk.place(bar.post(seat, "commit"), _commit_ask(desk))
        commitment = desk.defence.commitment(reply.document, canary)
        reply, canary = await desk.place(post, _grade_ask(desk, commitment, stripped=False))
        verdict = desk.defence.verdict(reply.document, desk.case, desk.sealed, canary)
        _check_founded(desk, verdict)
    except JudgeError as error:
        desk.tell("fallen", f"{seat.name}: {error.fault.value}")
        return FallenRecord(seat.name, error.fault, sayable(error.detail))
    desk.tell("verdict", seat.name)
    verdict = replace(verdict, rationale=sayable(verdict.rationale))
    return Seated(seat, post.licence, sayable(commitment), verdict)


async def _controlled(
    desk: Desk, bar: Bar, seated: Sequence[Seated], notes: Notes
) -> tuple[list[Seated], list[FallenRecord]]:
    """Let the best score be repeated without suspicious spans; all of them where it was swayed.

    A seat whose control fails while there is suspicion falls out: nobody knows what its verdict is
    worth. Without suspicion a failed control is only a sample less.
    """
    suspects = notes.suspects
    drawn = desk.seed.chance(f"{bar.tier.value}/control", CONTROL_PER_MILLE)
    if not (suspects or drawn or RULES[bar.tier].control):
        return list(seated), []
    order = sorted(range(len(seated)), key=lambda place: -seated[place].verdict.score)
    found: dict[int, Seated | FallenRecord] = dict(enumerate(seated))
    found[order[0]] = first = await _control(desk, bar, seated[order[0]], suspects)
    if suspects and not (isinstance(first, Seated) and not first.judged.swayed):
        others = await together(_control(desk, bar, seated[place], suspects) for place in order[1:])
        found.update(zip(order[1:], others, strict=True))
    kept = [one for _, one in sorted(found.items()) if isinstance(one, Seated)]
    return kept, [one for one in found.values() if isinstance(one, FallenRecord)]


async def _control(
    desk: Desk, bar: Bar, one: Seated, suspects: Sequence[str]
) -> Seated | FallenRecord:
    """Repeat a seat's verdict; what it committed to under a suspicious task is left out, too."""
    stripped = bool(suspects)
    commitment = None if desk.case.task.label in suspects else one.commitment
    make = _grade_ask(desk, commitment, stripped=stripped, purpose="control")
    try:
        reply, canary = await desk.place(bar.post(one.seat, "control"), make)
        verdict = desk.defence.verdict(
            reply.document, desk.case, desk.sealed, canary, without_spans=stripped
        )
        _check_founded(desk, verdict)
    except JudgeError as error:
        if not stripped:
            return one
        return FallenRecord(one.seat.name, error.fault, sayable(error.detail))
    return replace(one, control=verdict.score, stripped=stripped)


def _check_founded(desk: Desk, verdict: SeatVerdict) -> None:
    """Refuse a verdict of which less than half the rubric's weight is left.

    Criteria whose quotes nobody finds are gone from it. A judge that invents most of its evidence
    is our fault, and a low score would blame the miner for it.
    """
    weights = {criterion.id: criterion.weight for criterion in desk.case.rubric.criteria}
    left = sum(weights.get(said.criterion, 0) for said in verdict.criteria)
    if 2 * left < sum(weights.values()):
        told = "quotes that do not exist bear more than half of the verdict"
        raise JudgeError(Fault.MALFORMED, told)


def _commit_ask(desk: Desk) -> Callable[[Marks, Ceilings], Ask]:
    def make(marks: Marks, ceilings: Ceilings) -> Ask:
        return desk.defence.commit_ask(desk.sealed, desk.case, marks, ceilings)

    return make


def _grade_ask(
    desk: Desk, commitment: str | None, *, stripped: bool, purpose: str = "grade"
) -> Callable[[Marks, Ceilings], Ask]:
    def make(marks: Marks, ceilings: Ceilings) -> Ask:
        ask = desk.defence.grade_ask(
            desk.sealed,
            desk.case,
            marks,
            ceilings,
            commitment=commitment,
            without_spans=stripped,
        )
        return replace(ask, purpose=purpose)

    return make
