"""The jail against works that do their worst."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from checkers import jail, jail_parent
from checkers.jailed.works import FAMILIES
from checkers.protocol import Reason
from tests.components import SOAK
from tests.unit.checkers import hostile_works

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MIB = 1 << 20


SHORT = ("plain", "tables")
"""One without threads and one with: the others have the limits of the first."""


@pytest.fixture(params=sorted(FAMILIES) if SOAK else SHORT)
def family(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """One family's limits around hostile works, in parents of this test's own."""
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\nfor name; do :; done\nexec {sys.executable} -P -s "
        '-m tests.unit.checkers.hostile_works "$name"\n'
    )
    python.chmod(0o700)
    name = str(request.param)
    works = {key: replace(work, family=name) for key, work in hostile_works.WORKS.items()}
    parents = jail._Parents()
    monkeypatch.setattr(jail, "WORKS", works)
    monkeypatch.setattr(jail, "_PARENTS", parents)
    monkeypatch.setattr(jail_parent.sys, "executable", str(python))
    yield name
    parents.close()


@pytest.fixture
def do(family: str) -> Callable[..., Any]:
    def run(work: str, request: Any = None, seconds: float = 2, **more: Any) -> Any:
        return jail.run(work, request, seconds=seconds, **more)

    assert run("size", blobs=[b"abc", b"", b"d"]) == 4, family
    return run


@pytest.mark.parametrize(
    ("work", "request_"),
    [
        ("allocate", 10), ("spin", None), ("fork", None), ("read", "/etc/passwd"),
        ("connect", None), ("flood_reply", 100), ("flood_reply", 1024), ("flood_raw", None),
        ("kill", signal.SIGKILL), ("kill", signal.SIGSTOP), ("crash", None), ("leave", 0),
        ("leave", 1), ("half", None),
    ],
)  # fmt: skip
def test_bad_work_ends_as_its_own_fault_and_the_next_is_served(
    do: Callable[..., Any], work: str, request_: Any
) -> None:
    started = time.monotonic()
    with pytest.raises(jail.JailError):
        do(work, request_, seconds=0.5)

    assert time.monotonic() - started < 15
    assert do("size", blobs=[b"abc"]) == 3


@pytest.mark.parametrize(("work", "request_"), [("allocate", 10), ("spin", None), ("crash", None)])
def test_work_that_spends_what_it_has_is_told_from_a_machine_that_gives_too_little(
    do: Callable[..., Any], work: str, request_: Any
) -> None:
    with pytest.raises(jail.JailError) as own:
        do(work, request_, seconds=2)
    with pytest.raises(jail.JailBusyError) as busy:
        do("doze", 30, seconds=0.2)

    assert (own.value.reason, busy.value.reason) == (Reason.INTERNAL, Reason.MACHINE_BUSY)


def test_what_is_written_to_the_streams_goes_nowhere(
    do: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert do("flood_stderr", 64, seconds=10) == "done"
    assert capfd.readouterr() == ("", "")


def test_many_threads_are_served_each_its_own(do: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(64) as pool:
        found = pool.map(lambda n: do("size", blobs=[b"x" * n], seconds=30), range(64))
        assert list(found) == list(range(64))


def test_families_that_are_left_out_of_the_short_form_have_the_limits_of_one_that_is_in() -> None:
    assert all(each in [FAMILIES[name] for name in SHORT] for each in FAMILIES.values())


def test_spinning_requests_take_no_time_from_those_that_wait(do: Callable[..., Any]) -> None:
    def outcome(number: int) -> bool:
        try:
            return bool(do("spin" if number % 2 else "size", seconds=0.5) == 0)
        except jail.JailError:
            return False

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(outcome, range(12))) == [number % 2 == 0 for number in range(12)]


def test_large_files_reach_the_work_without_many_copies(do: Callable[..., Any]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    blobs = [os.urandom(MIB) * 64, b"\n" * 64 * MIB]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert do("size", blobs=blobs, seconds=30) == 128 * MIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(held, before) < 32 * 1024


def test_a_fork_under_a_request_leaves_both_sides_whole(do: Callable[..., Any]) -> None:
    results: list[Any] = []
    busy = threading.Thread(
        target=lambda: results.append(do("flood_stderr", 2048, seconds=30)), daemon=True
    )
    busy.start()
    time.sleep(0.05)
    others = [process.pid for process in psutil.Process().children()]
    child = os.fork()
    if child == 0:
        status = 1
        try:
            served = do("size", blobs=[b"abc"], seconds=20) == 3
            status = 0 if served and len(psutil.Process().children()) == 1 else 1
            jail._PARENTS.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    busy.join(60)
    assert results == ["done"]
    assert [process.pid for process in psutil.Process().children()] == others
    assert do("size", blobs=[b"abc"]) == 3
