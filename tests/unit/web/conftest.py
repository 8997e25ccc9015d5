from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.front_house import FrontHouse, TestClient, client_of, front_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FrontHouse]:
    with front_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def client(house: FrontHouse) -> Iterator[TestClient]:
    with client_of(house.app()) as opened:
        yield opened
