from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.signing import Rig, prepare, rig
from tests.fakes.store import FrozenClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from validator.settings import Settings


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepare(tmp_path)


@pytest.fixture
def shut(settings: Settings, clock: FrozenClock) -> Iterator[Rig]:
    """A signer that has not read the chain yet."""
    with rig(settings, clock) as made:
        yield made


@pytest.fixture
def house(shut: Rig) -> Rig:
    """A signer that signs."""
    shut.open()
    return shut
