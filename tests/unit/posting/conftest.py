from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.devnet import world
from tests.fakes.posting import PostHouse, post_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PostHouse]:
    """Auto mode, one node, a score of 70 or more waits for nobody."""
    with post_house(tmp_path, world(), wait_ms=0) as made:
        yield made
