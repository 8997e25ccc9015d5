"""Gold items: reading them, and what they show of a tier's judges.

Nothing here calls a model: trials come in as raw scores, a licence goes out. Every figure is
cross-fitted, so that no map is tried on the items that made it.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from scipy.special import betaincinv

from validator.domain.reviews import BEST_SCORE
from validator.errors import FieldError, InvalidDocumentError
from validator.experts import interval as intervals
from validator.experts.isotonic import ScoreMap, fit
from validator.experts.licence import Licence, Measured, SeatLicence
from validator.experts.panel import middle
from validator.experts.tiers import ACCEPT_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from validator.domain.reviews import Tier

FOLDS: Final = 5
FEWEST_OF_SEAT: Final = 30
"""Gold items that a seat must have judged itself; fewer teach its map nothing."""
LEVEL: Final = 0.8
"""Share of gold items whose gold score the interval must hold: the level of peers' intervals."""
CONFIDENCE: Final = 0.95
BANDS: Final = 10


@dataclass(frozen=True, slots=True)
class GoldItem:
    """One line of a gold file. `attack`: the answer tries to sway its judge."""

    item: str
    submission: Mapping[str, Any]
    gold: int
    attack: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a tier on one gold item, as raw scores of 0-100 by seat.

    `sealed` is empty where no verdict came. `settled` is what a debate left of it, or None where
    there was none; `early` is the score that came before any call. Runs are numbered from 0.
    """

    item: str
    run: int
    gold: int
    attack: bool
    sealed: Mapping[str, int]
    settled: Mapping[str, int] | None = None
    early: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a tier would have decided: a score, and whether the interval left a decision."""

    score: int
    decided: bool


def read_gold(documents: Iterable[tuple[int, Any]]) -> list[GoldItem]:
    """Return gold items from numbered JSON values `{submission, gold, attack?}`.

    Gold is a whole number of 0-100. An item is named by its submission's answer id where it has
    one, else by its line. Raises InvalidDocumentError naming line and field.
    """
    items: list[GoldItem] = []
    names: set[str] = set()
    for line, document in documents:
        item = _gold_item(line, document)
        if item.item in names:
            raise _refused(line, "submission.answer.id", f"{item.item} was there before; use once")
        names.add(item.item)
        items.append(item)
    if not items:
        raise InvalidDocumentError("the gold file has no line; give one JSON object a line")
    return items


def calibrate(
    tier: Tier,
    task_type: str,
    version: str,
    trials: Sequence[Trial],
    seats: Mapping[str, SeatLicence],
    *,
    line: int = ACCEPT_LINE,
) -> Licence:
    """Return what trials show of a tier on one task type, whether or not it is enough.

    `seats` tell what each judge was; their maps are replaced by fitted ones. The tier is a pure
    function of the trials: the same ones give the same licence. A seat with fewer than
    `FEWEST_OF_SEAT` verdicts gets none. Raises ValueError for no trials.
    """
    if not trials:
        raise ValueError("a tier cannot be calibrated without a trial")
    first = [trial for trial in trials if trial.run == 0]
    judged = {name: len(_pairs(first, name)) for name in seats}
    seats = {name: seat for name, seat in seats.items() if judged[name] >= FEWEST_OF_SEAT}
    trials = [_without(trial, seats) for trial in trials]
    first = [trial for trial in trials if trial.run == 0]
    debate = _debate_pays(first, seats, line)
    error = _error(first, seats, debate=debate)
    told = {
        name: replace(seat, score_map=fit(_pairs(first, name)))
        for name, seat in sorted(seats.items())
    }
    measured = _measured(trials, seats, error, line, debate=debate)
    overruled, spoiled = _debates(first, seats, line)
    measured = replace(measured, overruled=overruled, spoiled=spoiled)
    return Licence(tier, task_type, version, error, told, measured, debate)


def accuracy_bound(right: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the lower one-sided bound of a share (Clopper and Pearson, 1934); 0 of no trial."""
    if right <= 0 or trials <= 0:
        return 0.0
    return float(betaincinv(right, trials - right + 1, 1 - confidence))


def _gold_item(line: int, document: Any) -> GoldItem:  # noqa: ANN401 - any JSON value
    if not isinstance(document, dict):
        raise _refused(line, "", "must be a JSON object with submission and gold")
    extra = sorted(set(document) - {"submission", "gold", "attack"})
    if extra:
        raise _refused(line, extra[0], "unknown field; leave it out")
    submission, gold = document.get("submission"), document.get("gold")
    attack = document.get("attack", False)
    if not isinstance(submission, dict):
        raise _refused(line, "submission", "must be a submission, as POST /v1/submissions takes it")
    if type(gold) is not int or not 0 <= gold <= BEST_SCORE:
        raise _refused(line, "gold", f"must be a whole number of 0-{BEST_SCORE}")
    if type(attack) is not bool:
        raise _refused(line, "attack", "must be true or false")
    answer = submission.get("answer")
    name = answer.get("id") if isinstance(answer, dict) else None
    return GoldItem(name if isinstance(name, str) else f"line {line}", submission, gold, attack)


def _refused(line: int, field: str, message: str) -> InvalidDocumentError:
    where = f"line {line}, {field}" if field else f"line {line}"
    return InvalidDocumentError(f"{where}: {message}", (FieldError(field, message),))


def _without(trial: Trial, seats: Mapping[str, SeatLicence]) -> Trial:
    """A trial in which a seat that judged too little counts no more than one that fell out."""
    if set(trial.sealed) <= set(seats):
        return trial
    return replace(trial, sealed={}, settled=None)


def _fold(item: str) -> int:
    return int.from_bytes(hashlib.sha256(item.encode()).digest()[:4], "big") % FOLDS


def _pairs(trials: Iterable[Trial], seat: str) -> list[tuple[int, int]]:
    return [(trial.sealed[seat], trial.gold) for trial in trials if seat in trial.sealed]


def _maps(trials: Sequence[Trial], seats: Iterable[str], fold: int) -> dict[str, ScoreMap]:
    """Maps fitted on every fold but one."""
    others = [trial for trial in trials if _fold(trial.item) != fold]
    return {seat: fit(_pairs(others, seat)) for seat in seats}


def _scores(
    trials: Sequence[Trial], seats: Iterable[str], *, debate: bool
) -> list[tuple[Trial, list[int]]]:
    """Each trial's calibrated scores by maps that never saw its item; empty without a verdict."""
    first = [trial for trial in trials if trial.run == 0]
    maps = [_maps(first, seats, fold) for fold in range(FOLDS)]
    found = []
    for trial in trials:
        raw = trial.settled if debate and trial.settled is not None else trial.sealed
        own = maps[_fold(trial.item)]
        found.append((trial, [own[seat](score) for seat, score in sorted(raw.items())]))
    return found


def _error(trials: Sequence[Trial], seats: Iterable[str], *, debate: bool) -> int:
    """Half width, in points, that holds `LEVEL` of the gold scores (split conformal prediction).

    Vovk et al., "Algorithmic learning in a random world", 2005. Without verdicts all of 0-100.
    """
    scored = _scores(trials, seats, debate=debate)
    apart = sorted(abs(middle(scores) - trial.gold) for trial, scores in scored if scores)
    rank = math.ceil((len(apart) + 1) * LEVEL) - 1
    return apart[rank] if rank < len(apart) else BEST_SCORE


def _called(trial: Trial, scores: Sequence[int], error: int, line: int) -> Call:
    if trial.early is not None:
        return Call(trial.early, decided=True)
    if not scores:
        return Call(0, decided=False)
    crossed = intervals.crossed(intervals.of_scores(scores, error), (line,))
    return Call(middle(scores), crossed is None)


def _measured(
    trials: Sequence[Trial], seats: Iterable[str], error: int, line: int, *, debate: bool
) -> Measured:
    scored = _scores(trials, seats, debate=debate)
    calls = [(trial, _called(trial, scores, error, line)) for trial, scores in scored]
    first = [(trial, call) for trial, call in calls if trial.run == 0]
    made = [(trial, call) for trial, call in first if call.decided]
    right = sum((call.score >= line) == (trial.gold >= line) for trial, call in made)
    wrong = [(trial, call) for trial, call in first if trial.gold < line]
    accepted = sum(call.decided and call.score >= line for _, call in wrong)
    flips, spread = _repeats(calls, line)
    return Measured(
        items=len(first),
        attacks=sum(trial.attack for trial, _ in first),
        accuracy=right / len(made) if made else 0.0,
        coverage=len(made) / len(first),
        bound=accuracy_bound(right, len(made)),
        false_accepts=accepted / len(wrong) if wrong else 0.0,
        flips=flips,
        repeat_spread=spread,
        calibration_error=_banded([(trial.gold, middle(own)) for trial, own in scored if own]),
    )


def _repeats(calls: Sequence[tuple[Trial, Call]], line: int) -> tuple[float, float]:
    """Share of repeated items that were decided differently, and mean distance of their scores."""
    runs: dict[str, list[Call]] = {}
    for trial, call in calls:
        if trial.sealed or trial.early is not None:
            runs.setdefault(trial.item, []).append(call)
    several = [own for own in runs.values() if len(own) > 1]
    if not several:
        return 0.0, 0.0
    flipped = sum(
        len({(c.decided, c.decided and c.score >= line) for c in own}) > 1 for own in several
    )
    apart = sum(max(c.score for c in own) - min(c.score for c in own) for own in several)
    return flipped / len(several), apart / len(several)


def _banded(pairs: Sequence[tuple[int, int]]) -> float:
    """Expected calibration error, in points, of (gold, score) over bands of the score."""
    bands: dict[int, list[int]] = {}
    for gold, score in pairs:
        bands.setdefault(min(score * BANDS // BEST_SCORE, BANDS - 1), []).append(score - gold)
    return sum(abs(sum(own)) for own in bands.values()) / len(pairs) if pairs else 0.0


def _debates(trials: Sequence[Trial], seats: Iterable[str], line: int) -> tuple[int, int]:
    """How often a debate was right where the sealed median was wrong, and the other way round."""
    plain = _scores(trials, seats, debate=False)
    debated = _scores(trials, seats, debate=True)
    better = worse = 0
    for (trial, before), (_, after) in zip(plain, debated, strict=True):
        if trial.settled is None or not before or not after:
            continue
        was = (middle(before) >= line) == (trial.gold >= line)
        now = (middle(after) >= line) == (trial.gold >= line)
        better += now and not was
        worse += was and not now
    return better, worse


def _debate_pays(trials: Sequence[Trial], seats: Iterable[str], line: int) -> bool:
    """Whether debates beat the median of the sealed verdicts on these items."""
    better, worse = _debates(trials, seats, line)
    return better > worse
