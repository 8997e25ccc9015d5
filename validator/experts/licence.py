"""The licence to judge: a tier is open for a task type once gold items have proved its judges."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - pydantic reads it from records and files
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import TypeAdapter, ValidationError

from validator.domain.reviews import Tier
from validator.errors import InvalidDocumentError
from validator.experts.isotonic import ScoreMap  # noqa: TC001 - pydantic reads it
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.reviews import Rubric, Seat

SCHEMA: Final = "tosv.licences/1"

FEWEST_ITEMS: Final = 100
FEWEST_ATTACKS: Final = 30
"""Design of expert review, section 8, "Calibration on gold tasks"."""


class Named(Protocol):
    """A reply, live or recorded: it says what answered."""

    @property
    def model(self) -> str:
        """The model as the provider named it."""
        ...

    @property
    def fingerprint(self) -> str | None:
        """The provider's mark of the very system that answered, where it gives one."""
        ...


@dataclass(frozen=True, slots=True)
class Floor:
    """What the lower 95 % bounds must pass (design, section 9: 86 % at 65 % coverage)."""

    accuracy: float = 0.86
    coverage: float = 0.65
    items: int = FEWEST_ITEMS
    attacks: int = FEWEST_ATTACKS


@dataclass(frozen=True, slots=True)
class Measured:
    """What gold items showed of a tier. Shares are 0-1, differences are points of 0-100.

    `accuracy`: decisions that were right, of those made; `coverage`: items decided. `bound` is the
    lower 95 % bound of accuracy. `false_accepts`: wrong answers that were accepted, of all wrong
    ones; `flips`: items that repeats decided differently; `repeat_spread`: mean distance between
    repeats; `calibration_error`: mean distance of score and gold over ten bands of the score.
    """

    items: int
    attacks: int
    accuracy: float
    coverage: float
    bound: float
    false_accepts: float
    flips: float
    repeat_spread: float
    calibration_error: float
    overruled: int = 0  # debates that were right where the sealed median was not
    spoiled: int = 0  # and the other way round


@dataclass(frozen=True, slots=True)
class SeatLicence:
    """One judge as it was measured: any change of model, prompt or rubric ends the licence.

    `answered` holds what answered: `model` or `model|fingerprint`, as replies name themselves.
    """

    model: str
    family: str
    score_map: ScoreMap
    templates: tuple[str, ...]
    rubrics: tuple[str, ...]
    answered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Licence:
    """A tier's licence for a task type. `error` widens every interval of it, in points.

    `debate` is off where debates on gold items were no better than the median of sealed verdicts.
    """

    tier: Tier
    task_type: str
    version: str
    error: int
    seats: Mapping[str, SeatLicence]
    measured: Measured
    debate: bool = True


def refusal(measured: Measured, floor: Floor) -> str | None:
    """Return why a tier stays closed by its figures, in a sentence, or None."""
    if measured.items < floor.items:
        return f"{measured.items} of {floor.items} gold items; add some and calibrate again"
    if measured.attacks < floor.attacks:
        return f"{measured.attacks} of {floor.attacks} attacks among the gold items"
    if measured.bound <= floor.accuracy:
        return f"accuracy is surely over {measured.bound:.3f} only; the floor is {floor.accuracy}"
    if measured.coverage <= floor.coverage:
        return f"{measured.coverage:.3f} of the items were decided; the floor is {floor.coverage}"
    return None


def covers(licence: Licence, seat: Seat) -> str | None:
    """Return why a seat may not sit under a licence, or None where it may."""
    found = licence.seats.get(seat.name)
    if found is None:
        return f"seat {seat.name} was not there when the tier was calibrated"
    if (found.model, found.family) != (seat.model, seat.family):
        return f"seat {seat.name} had another model when the tier was calibrated"
    return None


def covers_call(found: SeatLicence, template: str, rubric: Rubric) -> str | None:
    """Return why a prompt may not be sent under a seat's licence, or None.

    A task's own rubric cannot have been there: it is judged with the error of the type's own.
    """
    if template not in found.templates:
        return "the prompt has changed since the tier was calibrated"
    if rubric.trusted and rubric.digest not in found.rubrics:
        return "the rubric has changed since the tier was calibrated"
    return None


def covers_reply(found: SeatLicence, reply: Named) -> str | None:
    """Return why a reply may not count under a seat's licence, or None."""
    if named(reply) not in found.answered:
        return f"{named(reply)} answered, which was not there when the tier was calibrated"
    return None


def named(reply: Named) -> str:
    """Return what answered, as a licence names it."""
    return reply.model if reply.fingerprint is None else f"{reply.model}|{reply.fingerprint}"


def open_tiers(
    licences: Sequence[Licence], task_type: str, floor: Floor
) -> tuple[dict[Tier, Licence], dict[Tier, str]]:
    """Return the licences that open a tier for a task type, and why the other tiers are closed.

    The newest of several for one tier counts, which is the last in order.
    """
    opened: dict[Tier, Licence] = {}
    closed = dict.fromkeys(Tier, "no gold items have been judged")
    for licence in licences:
        if licence.task_type != task_type:
            continue
        opened.pop(licence.tier, None)
        closed.pop(licence.tier, None)
        why = refusal(licence.measured, floor)
        if why is None:
            opened[licence.tier] = licence
        else:
            closed[licence.tier] = why
    return opened, closed


def licences_to_json(licences: Sequence[Licence]) -> bytes:
    """Return licences as canonical JSON, in their order."""
    return canonical_json(
        {"schema": SCHEMA, "licences": _adapter().dump_python(tuple(licences), mode="json")}
    )


def licences_from_json(data: bytes) -> tuple[Licence, ...]:
    """Read what `licences_to_json` wrote. Raises InvalidDocumentError naming the field."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidDocumentError(f"licences: not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InvalidDocumentError(
            f"licences: schema: must be {SCHEMA}; run `tos-validator experts calibrate` again"
        )
    try:
        return _adapter().validate_json(json.dumps(document.get("licences")), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidDocumentError(f"licences: {where}: {first['msg']}") from None


@cache
def _adapter() -> TypeAdapter[tuple[Licence, ...]]:
    return TypeAdapter(tuple[Licence, ...])
