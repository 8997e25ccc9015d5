from __future__ import annotations

import pytest

from tests.fakes import devnet


@pytest.fixture
def world() -> devnet.World:
    return devnet.world()
