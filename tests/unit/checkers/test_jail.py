from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from checkers import jail, jail_parent
from checkers.jailed.works import CHECKS, FAMILIES
from checkers.registry import CHECKERS


def probe(code: str) -> subprocess.CompletedProcess[bytes]:
    setup = (
        "import socket, os, resource\nfrom checkers.jailed.confine import confine, limit_cpu\n"
        "limit_cpu(0, 1)\nconfine()\n"
    )
    return subprocess.run(
        [sys.executable, "-P", "-s", "-c", setup + code],
        capture_output=True,
        env={"PYTHONPATH": jail_parent.ROOT},
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd')",
        "open('/tmp/left', 'w')",
        "socket.socket()",
        "os.pipe()",
        "os.close(1); open('/etc/passwd')",
        "os.listdir('/')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "import threading; threading.Thread(target=print).start()",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
        "bytearray(2 * 1024**3)",
        "while True: pass",
    ],
)
def test_a_confined_process_cannot(code: Any) -> None:
    assert probe(code).returncode != 0
    assert probe("print('alive')").stdout == b"alive\n"


def test_work_that_never_ends_is_killed() -> None:
    started = time.monotonic()
    pattern = {"schema": '{"pattern": "^(a+)+$"}', "text": '"a"', "name": ""}

    assert jail.run("schema", pattern, seconds=20) == {"valid": True}
    with pytest.raises(jail.JailError):
        jail.run(
            "schema", {"schema": "{}", "text": "- 1\n" * 1_000_000, "name": "a.yaml"}, seconds=1
        )
    assert time.monotonic() - started < 60


def test_unknown_work_is_refused() -> None:
    with pytest.raises(jail.JailError):
        jail.run("nonsense", {}, seconds=5)


SMALL = {"schema": "{}", "text": "{}", "name": "a.json"}


def parents(family: str = "plain") -> list[psutil.Process]:
    """The warm parents of one family: tests before these may have started the others."""
    found = psutil.Process().children()
    return [process for process in found if process.cmdline()[-2:] == ["checkers.jailed", family]]


def settle(parent: psutil.Process) -> list[psutil.Process]:
    """Wait until the parent has buried its children and waits with a spare; return that."""
    for _ in range(250):
        children = parent.children()
        if len(children) == 1 and children[0].status() == psutil.STATUS_SLEEPING:
            return children
        time.sleep(0.02)
    raise AssertionError(f"these did not end: {parent.children()}")


def threads_probe(code: str) -> bytes:
    setup = "import os, threading\nfrom checkers.jailed.confine import confine\n"
    confined = f"{setup}confine(4096, threads=True)\n{code}"
    return subprocess.run(
        [sys.executable, "-P", "-s", "-c", confined],
        capture_output=True,
        env={"PYTHONPATH": jail_parent.ROOT},
        timeout=20,
        check=False,
    ).stdout


def test_a_family_that_needs_threads_gets_threads_and_no_processes() -> None:
    thread = "t = threading.Thread(target=print, args=('alive',)); t.start(); t.join()"
    assert threads_probe(thread) == b"alive\n"
    assert threads_probe("os.fork(); print('forked')") == b""
    assert threads_probe("os.open('/etc/passwd', 0); print('opened')") == b""


def test_one_parent_serves_many_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: jail.run("schema", SMALL, seconds=10), range(40)),
        )

    assert found == [{"valid": True}] * 40
    assert len(parents()) == 1


def test_the_answers_of_two_requests_are_never_mixed() -> None:
    def ask(number: int) -> Any:
        report = f'<testsuite><testcase name="n{number}" classname="c"/></testsuite>'
        return jail.run("report", report, seconds=10)["tests"][0][0]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(30))) == [f"n{number}" for number in range(30)]


def test_work_runs_from_an_event_loop() -> None:
    async def ask() -> Any:
        return jail.run("schema", SMALL, seconds=10)

    assert asyncio.run(ask()) == {"valid": True}


def test_a_parent_that_died_is_replaced() -> None:
    jail.run("schema", SMALL, seconds=10)
    before = parents()
    for process in before:
        process.kill()

    assert jail.run("schema", SMALL, seconds=10) == {"valid": True}
    assert not {process.pid for process in before} & {process.pid for process in parents()}
    assert not [p for p in psutil.Process().children() if p.status() == psutil.STATUS_ZOMBIE]


def test_a_parent_is_replaced_after_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    jail.run("schema", SMALL, seconds=10)
    before = {process.pid for process in parents()}
    monkeypatch.setattr(jail, "JOBS", 1)

    assert jail.run("schema", SMALL, seconds=10) == {"valid": True}
    assert not before & {process.pid for process in parents()}


def test_a_fork_of_the_owner_uses_a_parent_of_its_own() -> None:
    jail.run("schema", SMALL, seconds=10)
    before = {process.pid for process in parents()}
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            inherited = parents()
            valid = jail.run("schema", SMALL, seconds=10) == {"valid": True}
            own = len(parents()) == 1 and not inherited
            os.write(writing, b"good" if valid and own else b"bad")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        assert stream.read() == b"good"
    os.waitpid(child, 0)

    assert jail.run("schema", SMALL, seconds=10) == {"valid": True}
    assert before == {process.pid for process in parents()}


def test_the_parent_ends_with_its_owner_even_when_that_is_killed() -> None:
    code = (
        "import os, psutil, signal\nfrom checkers import jail\n"
        f"jail.run('schema', {SMALL!r}, seconds=10)\n"
        "print(psutil.Process().children()[0].pid, flush=True)\nos.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-s", "-c", code],
        capture_output=True,
        env={"PYTHONPATH": jail_parent.ROOT},
        timeout=60,
        check=False,
    )
    parent = int(ended.stdout)
    for _ in range(100):
        if not psutil.pid_exists(parent) or psutil.Process(parent).status() == "zombie":
            return
        time.sleep(0.05)
    pytest.fail("the parent outlived its owner")


def test_no_descriptor_and_no_child_is_left_of_a_request() -> None:
    jail.run("schema", SMALL, seconds=10)
    (parent,) = parents()
    settle(parent)
    before = psutil.Process().num_fds(), parent.num_fds()
    for _ in range(10):
        jail.run("schema", SMALL, seconds=10)
    with pytest.raises(jail.JailError):
        jail.run("schema", SMALL | {"text": "- 1\n" * 1_000_000, "name": "a.yaml"}, seconds=0.2)
    settle(parent)

    assert (psutil.Process().num_fds(), parent.num_fds()) == before


def test_every_request_has_a_process_of_its_own() -> None:
    jail.run("schema", SMALL, seconds=10)
    (parent,) = parents()
    seen = set()
    for _ in range(5):
        seen |= {spare.pid for spare in settle(parent)}
        jail.run("schema", SMALL, seconds=10)

    assert len(seen) == 5


def test_a_spare_that_was_killed_costs_no_request() -> None:
    jail.run("schema", SMALL, seconds=10)
    (parent,) = parents()
    for _ in range(5):
        for spare in settle(parent):
            spare.kill()
            spare.wait()
        assert jail.run("schema", SMALL, seconds=10) == {"valid": True}
    assert parents() == [parent]


def test_a_parent_killed_under_a_request_is_not_the_requests_fault() -> None:
    jail.run("schema", SMALL, seconds=10)
    slow = SMALL | {"text": "- 1\n" * 20_000, "name": "a.yaml"}
    with ThreadPoolExecutor(1) as pool:
        (parent,) = parents()
        (spare,) = settle(parent)
        asked = pool.submit(jail.run, "schema", slow, seconds=60)
        while spare.is_running() and spare.cpu_times().user < 0.1:
            time.sleep(0.01)
        parent.kill()
        assert asked.result() == {"valid": True}
    assert parents() != [parent]


def test_parents_that_never_start_are_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for process in parents():
        process.kill()
        process.wait()
    monkeypatch.setattr(jail_parent.sys, "executable", "/bin/false")

    with pytest.raises(jail_parent.JailUnavailableError):
        jail.run("schema", SMALL, seconds=10)
    monkeypatch.undo()
    assert jail.run("schema", SMALL, seconds=10) == {"valid": True}


def test_a_parent_that_hangs_is_our_error_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    jail.run("schema", SMALL, seconds=10)
    (parent,) = parents()
    monkeypatch.setattr(jail_parent, "HANDOVER_S", 0.2)
    parent.suspend()
    with pytest.raises(jail_parent.JailUnavailableError):
        jail.run("schema", SMALL, seconds=10)
    monkeypatch.undo()

    assert jail.run("schema", SMALL, seconds=10) == {"valid": True}
    assert not parent.is_running()


def test_prepared_families_stand_ready_before_the_first_request() -> None:
    for process in parents():
        process.kill()
        process.wait()
    for place in range(1500):
        if place % 100 == 0:  # again: a killed one's spare child may keep its socket for a moment
            jail.prepare(["plain", "media"])
            jail.prepare_for(["schema", "compile"])
        if parents("plain") and parents("media"):
            return
        time.sleep(0.02)
    pytest.fail("they did not start")


def test_every_check_that_is_prepared_for_exists() -> None:
    assert set(CHECKS) <= set(CHECKERS)
    assert {family for families in CHECKS.values() for family in families} == set(FAMILIES)


def test_a_sound_jail_does_the_control_of_every_check_and_a_broken_one_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert all(jail.sound(check) for check in (*CHECKS, "compile"))

    def gone(*_: object, **__: object) -> None:
        raise jail.JailUnavailableError("it does not start")

    monkeypatch.setattr(jail, "run", gone)
    assert not any(jail.sound(check) for check in CHECKS)
    assert jail.sound("compile")  # it has nothing to do there
