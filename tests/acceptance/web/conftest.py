from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.front_house import FrontHouse, front_house, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FrontHouse]:
    with front_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def live(house: FrontHouse) -> Iterator[httpx.Client]:
    with (
        serving(house.app()) as url,
        httpx.Client(base_url=url, timeout=30, headers={"content-type": "application/json"}) as c,
    ):
        yield c
