"""The scenarios as a user starts them: through the whole service, with pictures at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.examples.test_demo import run
from tests.components import SOAK, require_bubblewrap

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("--only", "purchase-report", "--only", "treasury-audit")


def test_every_answer_of_the_scenarios_ends_as_expected(tmp_path: Path) -> None:
    require_bubblewrap()

    code, output = run(tmp_path, "--scenarios", *(() if SOAK else QUICK), seconds=900)

    assert code == 0, output
    assert "0 wrong accepts, 0 wrong rejects, 0 other differences" in output
    page = (tmp_path / "reports" / "scenarios.html").read_text()
    assert page.count("data:image/png;base64,") >= 8
    assert "<script" not in page
