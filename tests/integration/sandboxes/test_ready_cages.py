"""Real cages that were made ahead: one job each, with that job's program, input and limits."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandboxes.bubblewrap import BubblewrapSandbox
from sandboxes.protocol import Job, Limits, Status
from tests.components import require_bubblewrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandboxes.bubblewrap.ready import ReadyCage
    from sandboxes.protocol import Outcome

QUICK = Limits(cpu_s=5, wall_s=10, memory_mb=128, processes=32, output_kb=64, disk_mb=8)


@pytest.fixture
def sandbox() -> Iterator[BubblewrapSandbox]:
    require_bubblewrap()
    with BubblewrapSandbox() as made:
        yield made


def standing(sandbox: BubblewrapSandbox) -> ReadyCage:
    """Wait for a Python cage that was made ahead; starts one job if nothing asked for it yet."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = sandbox.ready._cages.get("python")
        if found is not None:
            return found
        if "python" not in sandbox.ready._cages:
            run(sandbox, "pass")
        time.sleep(0.005)
    raise AssertionError("no cage was made ahead")


def run(
    sandbox: BubblewrapSandbox,
    source: str,
    limits: Limits = QUICK,
    files: Mapping[str, bytes] | None = None,
    **job: object,
) -> Outcome:
    with sandbox.open("python") as session:
        session.put({"main.py": source.encode(), "deep/er/note.txt": b"note"})
        return session.run(
            Job(("python3", "/program/main.py"), limits=limits, files=files or {}, **job)  # type: ignore[arg-type]
        )


def run_ready(sandbox: BubblewrapSandbox, source: str, **job: object) -> Outcome:
    """Run a job in a cage that was made ahead, and prove that it was that one."""
    ready = standing(sandbox)
    outcome = run(sandbox, source, **job)  # type: ignore[arg-type]
    assert not ready.cage.alive
    assert not ready.folder.exists()
    return outcome


def test_the_program_and_its_input_are_there_and_nothing_else(sandbox: BubblewrapSandbox) -> None:
    outcome = run_ready(
        sandbox,
        "import os\n"
        "for root, _, names in sorted(os.walk('/program')): print(root, sorted(names))\n"
        "print(sorted(os.listdir('.')), open('a.txt').read(), end=' ')\n"
        "print(open('/program/deep/er/note.txt').read())\n",
        files={"a.txt": b"input"},
    )
    assert outcome.ok, outcome
    assert outcome.stdout.decode().splitlines() == [
        "/program ['main.py']",
        "/program/deep []",
        "/program/deep/er ['note.txt']",
        "['a.txt'] input note",
    ]


def test_one_job_leaves_nothing_to_the_next(sandbox: BubblewrapSandbox) -> None:
    mark = (
        "import os\n"
        "print(os.listdir('/box'), os.listdir('/dev/shm'))\n"
        "open('/box/x', 'w'); open('/dev/shm/y', 'w')\n"
    )
    for _ in range(3):
        assert run_ready(sandbox, mark).stdout == b"[] []\n"


def test_the_program_cannot_be_written(sandbox: BubblewrapSandbox) -> None:
    outcome = run_ready(
        sandbox,
        "for path in ('/program/main.py', '/program/new', '/run/cage/input/new'):\n"
        "    try: open(path, 'w')\n"
        "    except OSError as error: print(error.strerror)\n",
        files={"a": b""},
    )
    assert len(outcome.stdout.splitlines()) == 3, outcome
    assert b"Read-only" in outcome.stdout or b"denied" in outcome.stdout


@pytest.mark.parametrize(
    ("source", "limits", "status"),
    [
        ("while True: pass", Limits(cpu_s=1, wall_s=10), Status.CPU_LIMIT),
        ("import time; time.sleep(30)", Limits(wall_s=0.5), Status.WALL_LIMIT),
        ("x = bytearray(200 << 20)", Limits(memory_mb=64), Status.MEMORY_LIMIT),
        ("print('x' * 300_000)", Limits(output_kb=64), Status.OUTPUT_LIMIT),
        ("open('f', 'wb').write(bytes(5 << 20))", Limits(disk_mb=2), Status.DISK_LIMIT),
        ("[open(str(n), 'w') for n in range(99)]", Limits(files=20), Status.FILE_LIMIT),
    ],
    ids=["cpu", "wall", "memory", "output", "disk", "files"],
)  # fmt: skip
def test_each_job_has_its_own_limits(
    sandbox: BubblewrapSandbox, source: str, limits: Limits, status: Status
) -> None:
    assert run_ready(sandbox, source, limits=limits).status is status
    # What the cage was made with does not bind a job that may have more.
    roomy = Limits(disk_mb=48, files=200, memory_mb=512)
    wide = (
        "[open(str(n), 'wb').write(bytes(1 << 18)) for n in range(150)]; x = bytearray(200 << 20)"
    )
    assert run_ready(sandbox, wide, limits=roomy).ok


def test_files_come_back_and_conversations_work(sandbox: BubblewrapSandbox) -> None:
    outcome = run_ready(sandbox, "open('out.txt', 'w').write('kept')", collect=("out.txt",))
    assert (outcome.status, dict(outcome.artifacts)) == (Status.OK, {"out.txt": b"kept"})
    standing(sandbox)
    with sandbox.open("python") as session:
        session.put({"main.py": b"print('2 + 2', flush=True)\nprint(input() == '4', flush=True)\n"})
        heard: list[bytes] = []

        def reply(line: bytes) -> bytes:
            heard.append(line)
            return b"4\n"

        assert session.converse(Job(("python3", "/program/main.py"), limits=QUICK), reply).ok
    assert heard == [b"2 + 2\n", b"True\n"]


def test_a_cage_that_was_killed_while_it_waited_costs_nothing(sandbox: BubblewrapSandbox) -> None:
    ready = standing(sandbox)
    os.kill(ready.cage.first, signal.SIGKILL)
    ready.cage.process.wait(10)
    assert run(sandbox, "print(42)").stdout == b"42\n"


def test_the_end_of_the_sandbox_is_the_end_of_them() -> None:
    require_bubblewrap()
    with BubblewrapSandbox() as sandbox:
        ready = standing(sandbox)
        groups = list(ready.cage.group._folders.values())
    assert not ready.cage.alive
    assert not Path(f"/proc/{ready.cage.first}").exists()
    assert not ready.folder.exists()
    assert not any(path.exists() for path in groups)
