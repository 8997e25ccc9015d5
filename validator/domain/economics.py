"""What an operator can set of the economy: the design's ranges, and a default inside each.

Amounts are the chain's smallest unit. The design's documents give a TOS 9 decimals, the node 8
(protocol note, section 11), and the node's reward ranges are the same integers as the design's: so
`TOS` is the design's, and a wallet shows ten times as many. Shares and factors are parts per
million, so that no money is ever a fraction. A value outside its range is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Literal

from pydantic import ConfigDict, Field

from validator.domain.penalties import PenaltySettings

TOS: Final = 10**9
"""Units of one TOS in the design's figures (protocol note, section 11, "rewards 5-500 TOS")."""
PPM: Final = 1_000_000
"""Parts per million of a whole."""
MAX_AMOUNT: Final = 2**64 - 1
"""What the wire carries: amounts are u64 (protocol note, section 1)."""

ExpertTier = Literal["standard", "advanced", "specialist", "master"]

_STRICT = ConfigDict(extra="forbid")
_Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
_Factor = Annotated[int, Field(ge=PPM, le=4 * PPM)]
_PeerFee = Annotated[int, Field(ge=1 * TOS, le=5 * TOS)]
_ExpertFee = Annotated[int, Field(ge=5 * TOS, le=20 * TOS)]
_PublicationFee = Annotated[int, Field(ge=10 * TOS, le=200 * TOS)]


@dataclass(frozen=True, slots=True)
class Band:
    """Least and greatest reward of a difficulty, both ends included, in units."""

    __pydantic_config__: ClassVar = _STRICT
    low: _Amount
    high: _Amount

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low must be at most high")


@dataclass(frozen=True, slots=True)
class Bands:
    """The chain's reward ranges (protocol note, section 8); others would be refused there."""

    __pydantic_config__: ClassVar = _STRICT
    beginner: Band = Band(5 * TOS, 15 * TOS)
    intermediate: Band = Band(15 * TOS, 50 * TOS)
    advanced: Band = Band(50 * TOS, 200 * TOS)
    expert: Band = Band(200 * TOS, 500 * TOS)


@dataclass(frozen=True, slots=True)
class Factors:
    """How many times the low end of its band a task type is worth, by difficulty, in ppm."""

    __pydantic_config__: ClassVar = _STRICT
    beginner: _Factor = PPM
    intermediate: _Factor = PPM
    advanced: _Factor = PPM
    expert: _Factor = PPM


@dataclass(frozen=True, slots=True)
class TypeFactors:
    """Factors of the contract's task types (section 1).

    The sources are silent. These are chosen so that the design's three tasks cost what it says they
    cost: an advanced audit 100 TOS, an advanced report 50, an expert's optimisation 200. Proofs in
    mathematics take a fifth more than what a run settles.
    """

    __pydantic_config__: ClassVar = _STRICT
    code_syntax: Factors = Factors()
    code: Factors = Factors()
    math: Factors = Factors(1_200_000, 1_200_000, 1_200_000, 1_200_000)
    structured_data: Factors = Factors()
    data_analysis: Factors = Factors()
    security_audit: Factors = Factors(2_000_000, 2_000_000, 2_000_000, 2_000_000)
    algorithm_optimization: Factors = Factors()
    general: Factors = Factors()


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """The table of base rewards."""

    __pydantic_config__: ClassVar = _STRICT
    bands: Bands = Bands()
    factors: TypeFactors = TypeFactors()


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """Who gets which part of a reward, in ppm (design: 60-70 / 15-20 / 5-10 / 5-10 %).

    The four parts are read as winners, peers, experts and network: the design of expert review
    gives operators of expert models "5-10 % of a pool". With an unused tier going to the winners,
    70 / 15 / 5 / 10 is the only choice inside the ranges that yields all three of the design's
    scenarios. Winners get 70 of 100 and 140 of 200 where both tiers worked, so their part is 70 %.
    They get 45 of 50 where none did, so peers and experts are 20 % together, which leaves
    10 % for the network; and 15 and 5 are the least that the two may have.
    """

    __pydantic_config__: ClassVar = _STRICT
    winners_ppm: Annotated[int, Field(ge=600_000, le=700_000)] = 700_000
    peers_ppm: Annotated[int, Field(ge=150_000, le=200_000)] = 150_000
    experts_ppm: Annotated[int, Field(ge=50_000, le=100_000)] = 50_000
    network_ppm: Annotated[int, Field(ge=50_000, le=100_000)] = 100_000
    # Of an unused tier, to accepted answers that did not win; without any, the winners have all of
    # it. The sources name no figure. A tenth pays for the work of being second and is too small to
    # answer the same task twice for.
    accepted_ppm: Annotated[int, Field(ge=0, le=500_000)] = 100_000

    def __post_init__(self) -> None:
        parts = (self.winners_ppm, self.peers_ppm, self.experts_ppm, self.network_ppm)
        if sum(parts) != PPM:
            raise ValueError(
                "winners_ppm, peers_ppm, experts_ppm and network_ppm"
                f" must be {PPM} together, not {sum(parts)}"
            )


@dataclass(frozen=True, slots=True)
class PeerFees:
    """What one peer's vote is worth (design: 1-5 TOS; by difficulty is our choice)."""

    __pydantic_config__: ClassVar = _STRICT
    beginner: _PeerFee = 1 * TOS
    intermediate: _PeerFee = 2 * TOS
    advanced: _PeerFee = 3 * TOS
    expert: _PeerFee = 5 * TOS


@dataclass(frozen=True, slots=True)
class ExpertFees:
    """What one expert review costs, by tier (design of expert review, section 8)."""

    __pydantic_config__: ClassVar = _STRICT
    standard: _ExpertFee = 5 * TOS
    advanced: _ExpertFee = 8 * TOS
    specialist: _ExpertFee = 12 * TOS
    master: _ExpertFee = 20 * TOS


@dataclass(frozen=True, slots=True)
class PublicationFees:
    """What publishing costs besides the reward (design: 10-200 TOS).

    Both ends are the design's; the two between rise by about the same factor each time.
    """

    __pydantic_config__: ClassVar = _STRICT
    beginner: _PublicationFee = 10 * TOS
    intermediate: _PublicationFee = 25 * TOS
    advanced: _PublicationFee = 75 * TOS
    expert: _PublicationFee = 200 * TOS


@dataclass(frozen=True, slots=True)
class FeeSettings:
    """Fees and stakes."""

    __pydantic_config__: ClassVar = _STRICT
    peer: PeerFees = PeerFees()
    expert: ExpertFees = ExpertFees()
    publication: PublicationFees = PublicationFees()
    # Design: 50 % of the reward. The chain takes the whole reward and no stake.
    publisher_stake_ppm: Annotated[int, Field(ge=0, le=PPM)] = 500_000
    # Protocol note, section 8: 10 % - 50 % of the reward, floor division. Wider is refused there.
    miner_stake_least_ppm: Annotated[int, Field(ge=100_000, le=500_000)] = 100_000
    miner_stake_most_ppm: Annotated[int, Field(ge=100_000, le=500_000)] = 500_000

    def __post_init__(self) -> None:
        if self.miner_stake_least_ppm > self.miner_stake_most_ppm:
            raise ValueError("miner_stake_least_ppm must be at most miner_stake_most_ppm")


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """How base rewards follow the completion rate. The sources name none of these numbers.

    `gain_ppm`: step for an error of 100 %. With a reply that comes one epoch late and a
    completion rate that rises by at most 100 % for a reward e times as great, a quarter is the
    greatest gain without overshoot (x' = x - g x_before has real roots up to g = 1/4).
    `account_ppm` may not exceed the dead band: then no account alone moves a market that stands
    at its target.
    """

    __pydantic_config__: ClassVar = _STRICT
    target_ppm: Annotated[int, Field(ge=500_000, le=950_000)] = 800_000
    dead_band_ppm: Annotated[int, Field(ge=10_000, le=200_000)] = 50_000
    gain_ppm: Annotated[int, Field(ge=1_000, le=250_000)] = 250_000
    step_ppm: Annotated[int, Field(ge=1_000, le=100_000)] = 50_000
    floor_ppm: Annotated[int, Field(ge=100_000, le=PPM)] = 500_000
    ceiling_ppm: Annotated[int, Field(ge=PPM, le=4 * PPM)] = 2_000_000
    least_settled: Annotated[int, Field(ge=20, le=1_000_000)] = 100
    account_ppm: Annotated[int, Field(ge=1_000, le=200_000)] = 50_000

    def __post_init__(self) -> None:
        if self.account_ppm > self.dead_band_ppm:
            raise ValueError("account_ppm must be at most dead_band_ppm")


@dataclass(frozen=True, slots=True)
class EconomicsSettings:
    """Everything of the economy that an operator can set: the section `[economics]`."""

    __pydantic_config__: ClassVar = _STRICT
    rewards: RewardSettings = RewardSettings()
    split: SplitSettings = SplitSettings()
    fees: FeeSettings = FeeSettings()
    penalties: PenaltySettings = field(default_factory=PenaltySettings)
    controller: ControllerSettings = ControllerSettings()
