from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sandboxes.cores import one_core
from sandboxes.protocol import Limits
from sandboxes.resources import Resources

MINE = sorted(os.sched_getaffinity(0))


def test_a_core_is_one_of_this_process_and_lent_once() -> None:
    with one_core() as first, one_core() as second:
        assert {first, second} <= set(MINE)
        assert (first != second) == (len(MINE) > 1)


def test_a_core_comes_back_at_the_end_of_the_block_whatever_ended_it() -> None:
    with one_core() as before, pytest.raises(OSError, match="of the block"), one_core():
        raise OSError("of the block")
    with one_core() as after:
        assert after == before


def test_where_all_are_lent_one_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {MINE[0]})
    with one_core() as first, one_core() as second:
        assert first == second == MINE[0]


def test_another_process_passes_over_a_core_that_is_lent() -> None:
    if len(MINE) == 1:
        pytest.skip("this machine has one core")
    code = "from sandboxes.cores import one_core\nwith one_core() as core: print(core)"
    with one_core() as lent:
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
    assert int(found.stdout) != lent


def test_the_engine_is_told_the_core_only_where_there_is_one() -> None:
    assert "CpusetCpus" not in Resources.for_job(Limits(), 0).body()
    assert Resources.for_job(Limits(), 0, 3).body()["CpusetCpus"] == "3"
