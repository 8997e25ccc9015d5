"""The order of reports on the labelled contracts, as the benchmark measures it."""

from __future__ import annotations

from benchmarks.checks import audit
from tests.components import require_shared_data


def test_reports_on_labelled_contracts_come_in_the_wanted_order() -> None:
    require_shared_data("code")
    figures = list(audit.measure(short=True))
    named = {ratio.name: ratio.value for ratio in figures}

    assert [ratio.name for ratio in figures if ratio.met is False] == []
    assert named["audit: contracts"] == 56
    assert named["audit: perfect report"] == 100
    assert len([ratio for ratio in figures if ratio.met]) >= 12
    assert named["audit: recall-only judge on the worst spam"] > 90


def test_every_label_lies_where_its_contract_has_lines() -> None:
    contracts = audit.load(require_shared_data("code"))

    assert all(
        1 <= known.place.lines[0] <= known.place.lines[1] <= len(contract.lines)
        for contract in contracts
        for known in contract.known
    )
