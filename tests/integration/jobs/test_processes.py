"""The family of processes with real ones: restarts, pauses, ends, and what the kernel does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.crash.house import wait_until
from validator.cli.lock import DataLock
from validator.cli.processes import (
    Family,
    Interruption,
    Program,
    StopRequestedError,
    inherited_environment,
)
from validator.cli.programs import environment
from validator.errors import ConfigurationError
from validator.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    }
    with Interruption() as found:
        yield found
    for number, handler in before.items():
        signal.signal(number, handler)


def program(code: str, name: str = "one", grace_s: float = 2) -> Program:
    return Program(name, (sys.executable, "-c", code), inherited_environment(), grace_s=grace_s)


def test_a_child_that_ends_is_reported_and_started_again(
    tmp_path: Path, interruption: Interruption
) -> None:
    said: list[str] = []
    with Family(tmp_path, interruption, said.append) as family:
        child = family.start(program("import sys; print('last words'); sys.exit(3)"))
        deadline = time.monotonic() + 20
        while child.crashes < 3 and time.monotonic() < deadline:
            family.watch()
            time.sleep(0.02)
        assert child.crashes >= 3
        assert child.backoff_s > 0.2  # ever longer pauses
        assert "one ended with code 3" in said[0]
        assert child.tail().endswith("last words")


def test_a_stop_ends_a_child_that_will_not_listen_and_its_group(
    tmp_path: Path, interruption: Interruption
) -> None:
    stubborn = """
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(inner.pid, flush=True)
        time.sleep(600)
    """
    with Family(tmp_path, interruption, lambda _: None) as family:
        child = family.start(program(textwrap.dedent(stubborn), grace_s=0.5))
        wait_until(lambda: child.tail().isdigit(), 20, "it has told its child's pid")
        inner = int(child.tail())
    assert not child.alive
    wait_until(lambda: not psutil.pid_exists(inner) or _zombie(inner), 5, "its child is dead")


def test_a_second_stop_signal_does_not_wait_for_the_grace(
    tmp_path: Path, interruption: Interruption
) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print(1, flush=True); time.sleep(600)"
    )
    with Family(tmp_path, interruption, lambda _: None) as family:
        child = family.start(program(deaf, grace_s=60))
        wait_until(lambda: child.tail() == "1", 20, "it is deaf")
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopRequestedError):
            interruption.wait(60)
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_children_die_with_a_killed_launcher(tmp_path: Path) -> None:
    launcher = f"""
        from pathlib import Path
        import sys, time
        from validator.cli.processes import *
        with Interruption() as i, Family(Path({str(tmp_path)!r}), i, print) as family:
            argv = (sys.executable, "-c", "import time; time.sleep(600)")
            child = family.start(Program("one", argv, inherited_environment()))
            print(child.process.pid, flush=True)
            time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(launcher)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert psutil.pid_exists(child)
        process.kill()
    wait_until(lambda: not psutil.pid_exists(child) or _zombie(child), 5, "the child is dead")


def test_a_data_directory_has_one_launcher(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    with (
        DataLock(path),
        pytest.raises(ConfigurationError, match="in use by another"),
        DataLock(path),
    ):
        pass
    assert not path.exists()
    with DataLock(path):
        assert path.exists()


def test_children_get_exactly_the_launchers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOSV_WORKER__ATTEMPTS", "9")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tos-validator.toml").write_text("[server]\nport = 1\n")
    given = Settings(
        data_dir=tmp_path / "ä b",
        database={"url": "postgresql+psycopg://u:s3cret@h/d"},
        worker={"attempts": 4, "lease_s": 2.5},
    )
    made = environment(given, "redis://worker:pw@127.0.0.1:7/0")
    for name in [name for name in os.environ if name.startswith("TOSV_")]:
        monkeypatch.delenv(name)
    for name, value in made.items():
        if name.startswith("TOSV_"):
            monkeypatch.setenv(name, value)
    found = load_settings()
    assert found.broker.url is not None
    assert found.broker.url.get_secret_value() == "redis://worker:pw@127.0.0.1:7/0"
    assert found.model_copy(update={"broker": given.broker}) == given
    assert made["REMAP_SIGTERM"] == "SIGQUIT"


def _zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
