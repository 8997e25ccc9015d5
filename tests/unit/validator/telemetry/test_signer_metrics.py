from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain import foreign
from tests.fakes.signing import ask, prepare, rig
from tests.fakes.store import FrozenClock
from validator.errors import VerdictConflictError
from validator.protection.reconcile import Phase
from validator.telemetry.signer import PHASES, Sample, exposition, signer_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.signing import Rig


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Rig]:
    with rig(prepare(tmp_path), FrozenClock()) as made:
        made.open()
        yield made


def figures(house: Rig, **later: float) -> dict[str, float]:
    """The lines of the text, without the comments."""
    text = exposition(samples(house, **later))
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def samples(house: Rig, **later: float) -> tuple[Sample, ...]:
    status: dict[str, Any] = house.desk._status()
    return signer_metrics(status, house.clock.now() + timedelta(**later))


def test_the_phases_are_those_of_signing() -> None:
    assert set(PHASES) == {phase.value for phase in Phase}


def test_permits_and_refusals_are_counted_as_they_happen(house: Rig) -> None:
    first = figures(house)
    assert first['tosv_protection_permitted_total{kind="new"}'] == 0
    assert not any("prevented" in name for name in first)
    answer = house.chain.answer(1)
    for _ in range(2):
        house.desk.signer.sign(ask(answer, 80))
    for score in (10, 20):
        with pytest.raises(VerdictConflictError):
            house.desk.signer.sign(ask(answer, score))

    found = figures(house, seconds=90)

    assert found['tosv_protection_permitted_total{kind="new"}'] == 1
    assert found['tosv_protection_permitted_total{kind="repeat"}'] == 1
    assert found['tosv_protection_prevented_total{rule="other_root"}'] == 2
    assert found["tosv_signer_last_verdict_age_seconds"] == 90
    assert found["tosv_signer_open_attempts"] == 1
    assert found["tosv_signer_transactions_in_hour"] == 1
    assert found["tosv_signer_transactions_in_hour_max"] == 600
    assert found["tosv_signer_fees_in_day_units"] == 10_000


def test_exactly_one_phase_is_on_and_a_halt_has_its_reason(house: Rig) -> None:
    found = figures(house)
    assert [found[f'tosv_signer_phase{{phase="{each}"}}'] for each in PHASES] == [0, 0, 1, 0]
    assert found["tosv_signer_stable_height"] == 1000
    house.chain.answer(1)
    house.chain.mine(foreign(1, 55, nonce=0))
    house.desk.gate.poll()

    found = figures(house)

    assert [found[f'tosv_signer_phase{{phase="{each}"}}'] for each in PHASES] == [0, 0, 0, 1]
    assert found['tosv_signer_reason{reason="foreign_verdict"}'] == 1


def test_an_unpublished_log_grows_and_a_published_checkpoint_takes_it_back(house: Rig) -> None:
    house.desk.signer.sign(ask(house.chain.answer(1)))
    assert figures(house)["tosv_audit_log_unpublished_leaves"] == 3

    house.desk.book.publish(house.desk.book.checkpoint())

    found = figures(house)
    assert (found["tosv_audit_log_leaves"], found["tosv_audit_log_unpublished_leaves"]) == (4, 1)


def test_what_is_not_known_is_left_out_and_not_zero(tmp_path: Path) -> None:
    with rig(prepare(tmp_path), FrozenClock()) as shut:
        found = figures(shut)

    assert "tosv_signer_stable_height" not in found
    assert "tosv_signer_last_verdict_age_seconds" not in found
    assert found['tosv_signer_reason{reason="not_reconciled"}'] == 1


def test_a_signer_that_does_not_answer_is_down() -> None:
    text = exposition(signer_metrics(None, FrozenClock().now()))

    assert text == (
        "# HELP tosv_signer_up Whether the signer answered.\n"
        "# TYPE tosv_signer_up gauge\ntosv_signer_up 0\n"
    )


def test_each_name_has_one_head_and_labels_are_escaped(house: Rig) -> None:
    text = exposition(samples(house))
    heads = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads)) > 10

    assert exposition([Sample("tosv_audit_log_leaves", 12_345_678)]).endswith(" 12345678\n")
    odd = Sample("tosv_signer_reason", 1, {"reason": 'a"b\\c\nd'})
    assert exposition([odd]).splitlines()[2] == 'tosv_signer_reason{reason="a\\"b\\\\c\\nd"} 1'
