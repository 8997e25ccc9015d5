"""Links from how accounts act: always just after another, always kinder to another.

Both are acts of the one who follows or votes. Against who follows is told only what chance does
not explain; who foresees another's times could still make him seem to follow, which is why timing
weighs little and makes no ring alone (`links.MOST`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.fraud.bounds import MAD_TO_SIGMA, deviation, median, poisson_tail
from validator.fraud.links import MAX_GROUP, MOST, Link, LinkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from validator.fraud.records import Act

AFTER_MS: Final = 10_000
"""An answer that comes so soon after another follows it."""

AROUND: Final = (1, 3, 10)
"""Windows on either side from which the usual density of answers is taken; the densest counts."""

FEWEST_FOLLOWED: Final = 5
CHANCE: Final = 1e-7
"""Probability of so much following by accident, per pair: of a million pairs, one in ten runs."""

FEWEST_VOTES: Final = 5
KINDER_BY: Final = 10.0
"""Points (of 100) that a voter gives one author over what he gives others, measured against what
other voters gave to the same answers."""

OUTLYING: Final = 3.5
"""Robust standard deviations (Iglewicz and Hoaglin 1993)."""

MEDIAN_ERROR: Final = 1.2533
"""Standard error of a median over that of a mean: the root of pi / 2, for a normal distribution."""


def timing_links(acts: Iterable[Act]) -> list[Link]:
    """Link accounts to those they follow within seconds, on more tasks than chance allows.

    What chance allows is summed over all tasks that both answered. For one task it is the share of
    a window in the task's whole time, or the share of all other accounts that answered near the
    same moment, whichever is larger: tasks have a rush.
    """
    by_task: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        by_task[act.task_id].append(act)
    followed: dict[tuple[str, str], list[str]] = defaultdict(list)
    chances: dict[str, dict[str, float]] = defaultdict(dict)
    for task_id in sorted(by_task):
        _watch(task_id, by_task[task_id], followed, chances)
    found = []
    for (accused, other), ids in sorted(followed.items()):
        if len(ids) < FEWEST_FOLLOWED:
            continue
        both = chances[accused].keys() & chances[other].keys()
        expected = sum(chances[other][task_id] for task_id in sorted(both))
        if poisson_tail(len(ids), expected) < CHANCE:
            detail = f"within {AFTER_MS // 1000} s after it on {len(ids)} of {len(both)} tasks"
            weight = MOST[LinkKind.TIMING]
            found.append(Link(accused, other, LinkKind.TIMING, weight, detail, tuple(sorted(ids))))
    return found


def _watch(
    task_id: str,
    acts: list[Act],
    followed: dict[tuple[str, str], list[str]],
    chances: dict[str, dict[str, float]],
) -> None:
    """Note who followed whom on one task, and how probable it is that somebody follows each.

    Of a crowd within one window only the next `MAX_GROUP` count: there following says nothing.
    """
    acts.sort(key=lambda act: (act.submitted_at, act.answer_id))
    times = [act.submitted_at for act in acts]
    whole = max(times[-1] - min(act.seen_at for act in acts), AFTER_MS)
    for place, act in enumerate(acts):
        chances[act.account][task_id] = max(AFTER_MS / whole, _rush(times, act.submitted_at))
        last = min(bisect_right(times, act.submitted_at + AFTER_MS), place + 1 + MAX_GROUP)
        for later in acts[place + 1 : last]:
            if later.account != act.account and later.submitted_at > act.submitted_at:
                followed[later.account, act.account].append(later.answer_id)


def _rush(times: list[int], moment: int) -> float:
    """Return the share of all others that answered in one window's time around this moment."""
    shares = []
    for windows in AROUND:
        wide = windows * AFTER_MS
        near = bisect_right(times, moment + wide) - bisect_left(times, moment - wide)
        shares.append(max(near - 2, 0) / max(len(times) - 2, 1) / (2 * windows))
    return max(shares)


@dataclass(frozen=True, slots=True)
class Favour:
    """A vote: `score` (0-100) that the voter gave, and what the round's model makes of the others'.

    `others` comes from an aggregation without this vote that rings cannot turn, never their mean:
    else low votes for one author would make his honest voters seem kind to him.
    """

    vote_id: str
    voter: str
    author: str
    score: float
    others: float


def favour_links(votes: Iterable[Favour]) -> list[Link]:
    """Link voters to authors whom they favour beyond their own habit and the others' judgement.

    Being favoured is no act. Two who favour each other have a link each.
    """
    own: dict[str, list[Favour]] = defaultdict(list)
    for vote in votes:
        if vote.voter != vote.author:
            own[vote.voter].append(vote)
    found = []
    for voter in sorted(own):
        found += _favoured(voter, own[voter])
    return found


def _favoured(voter: str, votes: Sequence[Favour]) -> list[Link]:
    by_author: dict[str, list[Favour]] = defaultdict(list)
    for vote in votes:
        by_author[vote.author].append(vote)
    found = []
    for author, kind_ones in sorted(by_author.items()):
        rest = [vote.score - vote.others for vote in votes if vote.author != author]
        if len(kind_ones) < FEWEST_VOTES or len(rest) < FEWEST_VOTES:
            continue
        more = median([vote.score - vote.others for vote in kind_ones]) - median(rest)
        spread = MAD_TO_SIGMA * max(deviation(rest), 1.0)
        error = MEDIAN_ERROR * spread / len(kind_ones) ** 0.5
        if more >= KINDER_BY and more >= OUTLYING * error:
            detail = f"gave it {more:.0f} points more than others, in {len(kind_ones)} votes"
            ids = tuple(sorted(vote.vote_id for vote in kind_ones))
            weight = MOST[LinkKind.FAVOUR]
            found.append(Link(voter, author, LinkKind.FAVOUR, weight, detail, ids))
    return found
