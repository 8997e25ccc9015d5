from __future__ import annotations

import pytest

from validator.domain.economics import PPM, TOS
from validator.domain.reviews import Ask, Seat, Tier, Usage
from validator.errors import EconomicsError
from validator.experts.prices import (
    BILLED_ATTEMPTS,
    FRAME_TOKENS,
    actual,
    most_usage,
    together,
    worst_case,
)
from validator.experts.worth import accept_review, expected_cost

SEAT = Seat("one", Tier.STANDARD, "elm", "openai", "m", None, 150_000, 600_000)


def ask(user: str, tokens: int = 900) -> Ask:
    return Ask("grade", "s" * 10, user, {}, tokens, 10.0, 1, "t/1")


class TestPrices:
    def test_are_for_a_million_tokens_and_rounded_up(self) -> None:
        assert actual(SEAT, Usage(6000, 900)) == 1440
        assert actual(SEAT, Usage(1, 0)) == 1

    def test_make_no_money_of_negative_counts(self) -> None:
        assert actual(SEAT, Usage(-5_000_000, 10)) == 6

    def test_count_bytes_and_not_letters_before_the_call(self) -> None:
        read = 10 + 3 * 100 + len("{}") + len("grade") + FRAME_TOKENS

        assert most_usage(ask("\u4e2d" * 100)) == Usage(read, 900, estimated=True)

    def test_cover_each_attempt_that_may_be_charged(self) -> None:
        one = actual(SEAT, most_usage(ask("x")))

        assert worst_case(SEAT, ask("x")) == BILLED_ATTEMPTS * one > 0

    def test_take_lone_surrogates_as_bytes(self) -> None:
        assert most_usage(ask("\ud800")).input_tokens == most_usage(ask("abc")).input_tokens

    def test_of_two_attempts_are_an_estimate_when_one_is(self) -> None:
        assert together(Usage(1, 2), Usage(3, 4, estimated=True)) == Usage(4, 6, estimated=True)


class TestWorth:
    # The design's own figures: 0.007 USD, 5 TOS, a share of 0.3 need a TOS of 0.0047 USD.
    def test_is_where_the_design_puts_it(self) -> None:
        assert accept_review(7000, 5 * TOS, 4700, 300_000)
        assert not accept_review(7000, 5 * TOS, 4600, 300_000)

    def test_holds_on_the_line_itself_and_not_beyond(self) -> None:
        assert accept_review(300, TOS, 1000, 300_000)
        assert not accept_review(301, TOS, 1000, 300_000)

    def test_is_nothing_where_the_price_is_unknown(self) -> None:
        assert not accept_review(0, 500 * TOS, None, PPM)

    @pytest.mark.parametrize(
        ("cost", "fee", "share", "field"),
        [(-1, 1, 1, "expected_cost"), (1, -1, 1, "fee_tos"), (1, 1, PPM + 1, "share")],
    )
    def test_names_what_cannot_be(self, cost: int, fee: int, share: int, field: str) -> None:
        with pytest.raises(EconomicsError, match=f"^{field}: must"):
            accept_review(cost, fee, 1, share)

    def test_expects_higher_tiers_by_their_chance(self) -> None:
        # 0.007 + 30 % of 0.03 + 10 % of 0.10 + 3 % of 0.55
        costs = (7_000, 30_000, 100_000, 550_000)

        assert expected_cost(costs, (PPM, 300_000, 100_000, 30_000)) == 42_500

    def test_refuses_a_chance_over_one(self) -> None:
        with pytest.raises(EconomicsError, match="chances"):
            expected_cost((1,), (PPM + 1,))
