from __future__ import annotations

import pytest

from validator.domain.economics import TOS, SplitSettings
from validator.economics.revenue import Costs, Revenue, Work, expected_revenue
from validator.economics.split import Part, Parties, split
from validator.errors import EconomicsError

SPLIT = SplitSettings()


def test_a_month_is_worked_out_line_by_line() -> None:
    work = Work(
        tasks=1000,
        reward=50 * TOS,
        peer_ppm=400_000,
        expert_ppm=100_000,
        peers=5,
        experts=1,
        network_ppm=1_000,
        verdicts=1000,
    )
    costs = Costs(month=100 * TOS, task=TOS // 100, vote=TOS // 10, review=TOS // 2)

    assert expected_revenue(work, costs, SPLIT) == Revenue(
        peers=600 * TOS,  # 50,000 TOS * 15 % * 40 % / 5
        experts=250 * TOS,  # 50,000 TOS * 5 % * 10 %
        network=5 * TOS,  # 50,000 TOS * 10 % * 0.1 %
        costs=200 * TOS,  # 100 + 1000 * .01 + 400 * .1 + 100 * .5
        fees=10_000_000,
        net=655 * TOS - 10_000_000,
        break_even=133,  # 100 TOS at 754.99 TOS for 1000 tasks
    )


def test_the_parts_are_those_of_the_split() -> None:
    peers = {f"p{n}": 1 for n in range(5)}
    division = split(100 * TOS, Parties(winners={"w": 1}, peers=peers, experts={"e": 1}), SPLIT)
    work = Work(tasks=1, reward=100 * TOS, peer_ppm=1_000_000, expert_ppm=1_000_000)
    found = expected_revenue(work, Costs(), SPLIT)

    assert (found.peers * 5, found.experts) == (division.of(Part.PEERS), division.of(Part.EXPERTS))


def test_a_million_small_tasks_lose_nothing_to_rounding() -> None:
    work = Work(tasks=1_000_000, reward=7, peer_ppm=1_000_000, peers=3)

    assert expected_revenue(work, Costs(), SPLIT).peers == 350_000


def test_work_that_costs_more_than_it_brings_never_breaks_even() -> None:
    work = Work(tasks=10, reward=TOS, peer_ppm=1_000_000)

    found = expected_revenue(work, Costs(month=5, vote=TOS), SPLIT)

    assert found.break_even is None
    assert found.net == found.peers - found.costs < 0


def test_an_idle_month_costs_its_fixed_costs() -> None:
    found = expected_revenue(Work(tasks=0, reward=TOS), Costs(month=7), SPLIT)

    assert (found.net, found.break_even) == (-7, None)


def test_at_the_break_even_a_month_pays_for_itself_and_one_task_less_does_not() -> None:
    costs = Costs(month=10 * TOS + 1)

    def net(tasks: int) -> int:
        work = Work(tasks=tasks, reward=5 * TOS, peer_ppm=1_000_000)
        return expected_revenue(work, costs, SPLIT).net

    found = expected_revenue(Work(tasks=500, reward=5 * TOS, peer_ppm=1_000_000), costs, SPLIT)

    assert found.break_even is not None
    assert net(found.break_even) >= 0 > net(found.break_even - 1)


@pytest.mark.parametrize(
    ("work", "costs", "sentence"),
    [
        (Work(tasks=-1, reward=1), Costs(), "work.tasks: must be at least 0"),
        (Work(tasks=1, reward=1, peers=0), Costs(), "work.peers: must be at least 1"),
        (Work(tasks=1, reward=1, peer_ppm=2_000_000), Costs(), "work.peer_ppm: must be at most"),
        (Work(tasks=1, reward=1), Costs(vote=-1), "costs.vote: must be at least 0"),
    ],
)
def test_impossible_work_is_refused_by_name(work: Work, costs: Costs, sentence: str) -> None:
    with pytest.raises(EconomicsError) as caught:
        expected_revenue(work, costs, SPLIT)

    assert caught.value.detail.startswith(sentence)
