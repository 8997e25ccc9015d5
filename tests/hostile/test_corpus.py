"""Every hostile program in every cage: the right end, nothing let out, nothing left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.hostile.runner import Runner
from tests.hostile.table import CASES

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox
    from tests.hostile.bait import Bait
    from tests.hostile.case import Case

pytestmark = pytest.mark.timeout(90)
ROUNDS = range(3 if SOAK else 1)


@pytest.mark.parametrize("turn", ROUNDS, ids=lambda turn: f"round{turn + 1}")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_program_ends_as_it_should(
    sandbox: Sandbox, bait: Bait, case: Case, turn: int
) -> None:
    Runner(sandbox, bait).run(case)
