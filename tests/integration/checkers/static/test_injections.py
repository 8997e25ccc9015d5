"""Nothing that an answer carries silences an analyzer or makes it run something."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checkers.protocol import CheckStatus, Reason
from tests.integration.checkers.static.rows import MARKER, Failure, Injection
from tests.integration.checkers.static.tables import FAILURES, INJECTIONS

if TYPE_CHECKING:
    from tests.integration.checkers.static.conftest import Analyze


@pytest.mark.parametrize("row", INJECTIONS, ids=lambda row: f"{row.tool}: {row.name}")
def test_what_an_answer_carries_changes_nothing(row: Injection, analyze: Analyze) -> None:
    result = analyze(row.files, row.language, (row.tool,))

    found = {finding.category for finding in result.findings}
    assert found.issuperset(row.found), result
    assert result.status in (CheckStatus.PASS, CheckStatus.FAIL), result
    shown = json.dumps(asdict(result), default=str)
    assert MARKER not in shown
    assert "root:" not in shown
    assert "/program" not in shown
    assert "/box" not in shown
    assert not Path("/tmp", MARKER).exists()


@pytest.mark.parametrize(
    "row", FAILURES, ids=lambda row: f"{row.language} {'+'.join(row.tools)}: {row.name}"
)
def test_what_cannot_be_read_is_never_clean(row: Failure, analyze: Analyze) -> None:
    for tool in row.tools:
        result = analyze(row.files, row.language, (tool,))

        if row.heavy and result.reason is Reason.MACHINE_BUSY:
            continue  # neither clean nor held against the answer
        if row.clean:
            assert result.status is CheckStatus.PASS, result
            continue
        read = (CheckStatus.PASS,) if row.heavy else ()
        assert result.status in (*read, CheckStatus.FAIL, CheckStatus.UNDECIDED), result
        if result.status is CheckStatus.UNDECIDED:
            assert "not checked" in result.summary
