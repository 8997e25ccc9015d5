from __future__ import annotations

import pytest

from validator.protection.reconcile import Phase, Reason
from validator.signing.words import PHASES, REASONS, Words, phase_in_words, reason_in_words


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_and_all_but_the_quiet_period_a_mend(reason: Reason) -> None:
    words = reason_in_words(reason.value)

    assert words is REASONS[reason]
    assert " " in words.sentence
    assert bool(words.mend) is (reason is not Reason.QUIET_PERIOD)


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_sentence(phase: Phase) -> None:
    assert phase_in_words(phase.value) == PHASES[phase]


def test_words_of_another_release_are_shown_as_they_are() -> None:
    assert phase_in_words("asleep") == ""
    assert reason_in_words("moon_too_high") == Words("moon too high")
