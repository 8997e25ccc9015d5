from __future__ import annotations

from typing import Any, get_args

import pytest

from validator.domain.economics import TOS, EconomicsSettings, ExpertTier
from validator.domain.tasks import Difficulty, TaskType
from validator.economics.fees import (
    Afforded,
    StakeRange,
    afforded,
    check_miner_stake,
    expert_fee,
    miner_stake_range,
    peer_fee,
    publication_fee,
    publisher_stake,
)
from validator.economics.rewards import band, base_reward, check_reward
from validator.errors import EconomicsError
from validator.wire import tos
from validator.wire.tos.rules import LIMITS

SETTINGS = EconomicsSettings()
FEES = SETTINGS.fees


@pytest.mark.parametrize("difficulty", get_args(Difficulty))
def test_the_bands_are_the_chain_s_reward_ranges(difficulty: Difficulty) -> None:
    limits = LIMITS[tos.Difficulty[difficulty.upper()]]
    found = band(difficulty, SETTINGS.rewards)

    assert (found.low, found.high) == (limits.min_reward, limits.max_reward)


@pytest.mark.parametrize("task_type", get_args(TaskType))
def test_every_base_reward_lies_in_its_band_and_rises_with_difficulty(task_type: TaskType) -> None:
    rewards = [base_reward(task_type, level, SETTINGS.rewards) for level in get_args(Difficulty)]

    assert rewards == sorted(set(rewards))
    for level, reward in zip(get_args(Difficulty), rewards, strict=True):
        assert check_reward(reward, level, SETTINGS.rewards) == reward


@pytest.mark.parametrize(
    ("task_type", "difficulty", "reward"),
    [
        ("security_audit", "advanced", 100),
        ("data_analysis", "advanced", 50),
        ("algorithm_optimization", "expert", 200),
        ("code_syntax", "beginner", 5),
        ("math", "intermediate", 18),
    ],
)
def test_the_design_s_tasks_cost_what_it_says(
    task_type: TaskType, difficulty: Difficulty, reward: int
) -> None:
    assert base_reward(task_type, difficulty, SETTINGS.rewards) == reward * TOS


@pytest.mark.parametrize(("adjustment", "reward"), [(1_250_000, 125), (4_000_000, 200), (1, 50)])
def test_the_controller_moves_a_reward_inside_its_band_only(adjustment: int, reward: int) -> None:
    found = base_reward("security_audit", "advanced", SETTINGS.rewards, adjustment)

    assert found == reward * TOS


def test_peers_cost_one_to_five_and_experts_five_to_twenty() -> None:
    assert [peer_fee(level, FEES) // TOS for level in get_args(Difficulty)] == [1, 2, 3, 5]
    assert [expert_fee(tier, FEES) // TOS for tier in get_args(ExpertTier)] == [5, 8, 12, 20]
    assert [publication_fee(d, FEES) // TOS for d in get_args(Difficulty)] == [10, 25, 75, 200]


def test_a_publisher_stakes_half_and_never_less() -> None:
    assert publisher_stake(100 * TOS, FEES) == 50 * TOS
    assert publisher_stake(3, FEES) == 2
    assert publisher_stake(0, FEES) == 0


def test_a_miner_stakes_what_the_chain_takes() -> None:
    assert miner_stake_range(105, FEES) == StakeRange(10, 52)
    assert check_miner_stake(10, 105, FEES) == 10
    assert check_miner_stake(52, 105, FEES) == 52


@pytest.mark.parametrize(
    ("reward", "difficulty", "found"),
    [
        (5, "beginner", Afforded(0, None)),
        (20, "beginner", Afforded(3, None)),
        (100, "beginner", Afforded(15, "standard")),
        (100, "advanced", Afforded(5, "standard")),
        (200, "advanced", Afforded(10, "advanced")),
        (240, "expert", Afforded(7, "specialist")),
        (400, "expert", Afforded(12, "master")),
        (500, "beginner", Afforded(15, "master")),
    ],
)
def test_a_reward_pays_as_many_peers_and_as_high_a_tier_as_its_parts_allow(
    reward: int, difficulty: Difficulty, found: Afforded
) -> None:
    assert afforded(reward * TOS, difficulty, SETTINGS) == found


def _refusals() -> list[tuple[Any, str]]:
    rewards: Any = SETTINGS.rewards
    odd: Any = "hard"
    return [
        (
            lambda: base_reward(odd, "expert", rewards),
            "task_type: must be one of code_syntax, code",
        ),
        (
            lambda: base_reward("code", odd, rewards),
            "difficulty: must be one of beginner, intermediate, advanced, expert",
        ),
        (
            lambda: base_reward("code", "expert", rewards, 0),
            "adjustment_ppm: must be at least 1",
        ),
        (
            lambda: check_reward(16 * TOS, "beginner", rewards),
            "reward: must be at most 15000000000",
        ),
        (lambda: check_reward(4 * TOS, "beginner", rewards), "reward: must be at least 5000000000"),
        (lambda: peer_fee(odd, FEES), "difficulty: must be one of beginner"),
        (lambda: publication_fee(odd, FEES), "difficulty: must be one of beginner, inter"),
        (
            lambda: expert_fee(odd, FEES),
            "tier: must be one of standard, advanced, specialist, master",
        ),
        (lambda: publisher_stake(-1, FEES), "reward: must be at least 0"),
        (lambda: check_miner_stake(9, 105, FEES), "stake: must be at least 10"),
        (lambda: check_miner_stake(53, 105, FEES), "stake: must be at most 52"),
        (lambda: afforded(2**64, "expert", SETTINGS), "reward: must be at most 184467440737095516"),
    ]


@pytest.mark.parametrize(("call", "sentence"), _refusals())
def test_what_is_out_of_range_is_refused_by_name(call: Any, sentence: str) -> None:
    with pytest.raises(EconomicsError) as caught:
        call()

    assert caught.value.detail.startswith(sentence)
    assert "\n" not in caught.value.detail
