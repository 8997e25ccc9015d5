"""What an operator can set of reputation, and the words that it is told in.

Numbers are of the design of votes, section 9, unless a line says otherwise. Shares are parts per
million.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, Field

_STRICT = ConfigDict(extra="forbid")
PPM: Final = 1_000_000

_Thousandths = Annotated[int, Field(ge=100, le=100_000)]
_Share = Annotated[int, Field(ge=0, le=PPM)]


class Role(StrEnum):
    """What an account was doing: a good miner is not therefore a good judge of others."""

    MINER = "miner"
    PEER = "peer"
    EXPERT = "expert"


class Level(IntEnum):
    """Level by success rate; the number is the priority where one has to be chosen first."""

    BEGINNER = 0
    SKILLED = 1
    EXPERT = 2
    MASTER = 3


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """Success rates above which a level begins, and the bonus of each."""

    __pydantic_config__: ClassVar = _STRICT
    skilled_above_ppm: Annotated[int, Field(ge=1, lt=PPM)] = 700_000
    expert_above_ppm: Annotated[int, Field(ge=1, lt=PPM)] = 850_000
    master_above_ppm: Annotated[int, Field(ge=1, lt=PPM)] = 950_000
    skilled_bonus_ppm: _Share = 100_000
    expert_bonus_ppm: _Share = 200_000
    master_bonus_ppm: _Share = 300_000

    def __post_init__(self) -> None:
        if not self.skilled_above_ppm < self.expert_above_ppm < self.master_above_ppm:
            raise ValueError("skilled_above_ppm < expert_above_ppm < master_above_ppm must hold")
        if not self.skilled_bonus_ppm <= self.expert_bonus_ppm <= self.master_bonus_ppm:
            raise ValueError("skilled_bonus_ppm <= expert_bonus_ppm <= master_bonus_ppm must hold")

    @property
    def above(self) -> tuple[float, float, float]:
        """The success rates above which Skilled, Expert and Master begin, 0-1."""
        return (
            self.skilled_above_ppm / PPM,
            self.expert_above_ppm / PPM,
            self.master_above_ppm / PPM,
        )

    def bonus_ppm(self, level: Level) -> int:
        """Return what a level has on top of its share (design: 0, 10, 20, 30 %)."""
        return (0, self.skilled_bonus_ppm, self.expert_bonus_ppm, self.master_bonus_ppm)[level]


@dataclass(frozen=True, slots=True)
class PriorSettings:
    """The population: Beta(6, 2.2) until `refit_from` accounts have been seen, then refitted.

    A refitted prior stays within `least_mean_ppm`..`most_mean_ppm` and within the strengths (a + b,
    in thousandths), so that a crowd of new accounts with bought successes cannot lift everybody:
    ours to choose, around Beta(6, 2.2) with its mean of .73 and strength of 8.2.
    """

    __pydantic_config__: ClassVar = _STRICT
    a_thousandths: _Thousandths = 6_000
    b_thousandths: _Thousandths = 2_200
    refit_from: Annotated[int, Field(ge=100, le=10_000_000)] = 1_000
    least_tasks: Annotated[int, Field(ge=2, le=1_000)] = 10
    least_mean_ppm: Annotated[int, Field(ge=100_000, le=900_000)] = 500_000
    most_mean_ppm: Annotated[int, Field(ge=100_000, le=900_000)] = 800_000
    least_strength_thousandths: _Thousandths = 4_000
    most_strength_thousandths: _Thousandths = 12_000

    def __post_init__(self) -> None:
        if self.least_mean_ppm > self.most_mean_ppm:
            raise ValueError("least_mean_ppm must be at most most_mean_ppm")
        if self.least_strength_thousandths > self.most_strength_thousandths:
            raise ValueError("least_strength_thousandths must be at most most_strength_thousandths")


@dataclass(frozen=True, slots=True)
class ReputationSettings:
    """Everything of reputation that an operator can set: the section `[reputation]`.

    `bound_ppm` is the point of the posterior that counts as the success rate. `publisher_weight` is
    the most that results with one publisher weigh together, in fresh results: the sources ask for
    a cap and name none. Ten is a tenth of what the first Master needs (93 of 93).

    `rise_weight`: results that weigh less lift nobody. The bound alone keeps over-promotion at 20
    tasks at .003 for whoever is looked at once; looked at after each task, with hysteresis keeping
    whom luck had lifted, it was measured as .012 to .013, and .006 to .007 from 15 tasks on.
    """

    __pydantic_config__: ClassVar = _STRICT
    levels: LevelSettings = LevelSettings()
    prior: PriorSettings = PriorSettings()
    bound_ppm: Annotated[int, Field(ge=1_000, le=500_000)] = 50_000
    half_life_days: Annotated[int, Field(ge=1, le=3650)] = 90
    publisher_weight: Annotated[int, Field(ge=1, le=1_000)] = 10
    rise_weight: Annotated[int, Field(ge=0, le=1_000)] = 15
