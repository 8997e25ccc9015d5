"""What a task is worth before anybody bids: the table of base rewards."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from validator.domain.economics import PPM, Band
from validator.domain.tasks import Difficulty, TaskType
from validator.economics.amounts import part_of, whole
from validator.errors import EconomicsError

if TYPE_CHECKING:
    from validator.domain.economics import Factors, RewardSettings


def band(difficulty: Difficulty, settings: RewardSettings) -> Band:
    """Return the least and the greatest reward of a difficulty. Raises EconomicsError."""
    found: Band = getattr(settings.bands, checked_difficulty(difficulty))
    return found


def base_reward(
    task_type: TaskType,
    difficulty: Difficulty,
    settings: RewardSettings,
    adjustment_ppm: int = PPM,
) -> int:
    """Return what to offer for a task, in units, inside the band of its difficulty.

    reward = low end of the band * factor of type and difficulty * adjustment, each rounded down.
    `adjustment_ppm` is the controller's. Raises EconomicsError for an unknown type or difficulty.
    """
    if task_type not in get_args(TaskType):
        raise EconomicsError("task_type", f"must be one of {', '.join(get_args(TaskType))}")
    whole("adjustment_ppm", adjustment_ppm, 1)
    limits = band(difficulty, settings)
    factors: Factors = getattr(settings.factors, task_type)
    offered = part_of(part_of(limits.low, getattr(factors, difficulty)), adjustment_ppm)
    return max(limits.low, min(offered, limits.high))


def check_reward(reward: int, difficulty: Difficulty, settings: RewardSettings) -> int:
    """Return a publisher's own reward if the chain takes it. Raises EconomicsError."""
    limits = band(difficulty, settings)
    return whole("reward", reward, limits.low, limits.high)


def checked_difficulty(difficulty: str) -> str:
    """Return the word if it is a difficulty. Raises EconomicsError."""
    if difficulty not in get_args(Difficulty):
        raise EconomicsError("difficulty", f"must be one of {', '.join(get_args(Difficulty))}")
    return difficulty
