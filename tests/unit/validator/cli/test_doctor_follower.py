"""What `doctor` says of following a chain."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from validator.cli.doctor_probes import _follower
from validator.domain.clock import RandomIds, SystemClock
from validator.settings import Settings
from validator.store.chain_values import Changes, NewBlock
from validator.store.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

NODES = {"nodes": [{"name": "node", "url": "http://127.0.0.1:8080"}]}


def test_nothing_is_said_where_no_chain_is_set(tmp_path: Path) -> None:
    assert list(_follower(Settings(data_dir=tmp_path))) == []


def test_a_chain_that_nobody_follows_and_one_that_is_followed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, chain=NODES)
    assert [probe.state for probe in _follower(settings)] == ["absent"]
    assert list(tmp_path.iterdir()) == []

    clock = SystemClock()
    with contextlib.closing(open_store(None, tmp_path, clock, RandomIds(clock))) as store:
        store.chain.append(NewBlock(0, "aa", 7, 1_767_225_600_000, "[]"), Changes())
        old = next(iter(_follower(settings)))
        now_ms = int(clock.now().timestamp() * 1000)
        store.chain.append(NewBlock(1, "bb", 8, now_ms, "[]"), Changes())
        fresh = next(iter(_follower(settings)))

    assert old.state == "weak"
    assert "height 7" in old.detail
    assert "watch" in old.mend
    assert (fresh.state, fresh.mend) == ("ok", "")
