from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.protection import created

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from validator.protection.database import ProtectionDatabase


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "protection"


@pytest.fixture
def database(folder: Path) -> Iterator[ProtectionDatabase]:
    with created(folder) as made:
        yield made
