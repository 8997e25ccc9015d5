"""A development chain for a test, and clients of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.devnet_process import DevnetProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def devnet(tmp_path: Path) -> Iterator[DevnetProcess]:
    """A chain on demand; it does not outlive the test."""
    with DevnetProcess(tmp_path) as process:
        yield process
