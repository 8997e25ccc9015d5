"""Attacks on time, memory, processes, output and disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandboxes.protocol import Outcome, Status
from sandboxes.selfcheck.registry import QUICK, Proof, Range, describe, ended, proves

OVERRUN_S: Final = 0.5
KIB, MIB = 1024, 1024 * 1024
FEW: Final = 16
SHM: Final = "/dev/shm"  # noqa: S108 - the cage's own
SMALL = replace(QUICK, memory_mb=96)
TIGHT = replace(QUICK, cpu_s=1, wall_s=15)
SPIN = "\nwhile True: pass\n"


def _on_time(outcome: Outcome, limit_s: float) -> bool:
    return outcome.usage.wall_s <= limit_s + OVERRUN_S


@proves("memory", "A program that takes more memory than allowed is stopped and told so.")
def memory(at: Range) -> Proof:
    """One process, page by page."""
    source = (
        "import time\nkept = []\nfor _ in range(40): kept.append(bytearray(b'x') * (8 << 20))\n"
    )
    return ended(at.run(source + "time.sleep(1)", limits=SMALL), Status.MEMORY_LIMIT)


@proves("memory-split", "Memory is counted over all processes of a program together.")
def memory_split(at: Range) -> Proof:
    """Eight children, each well below the limit."""
    source = (
        "import os, time\n"
        "for _ in range(8):\n"
        "    if os.fork() == 0:\n"
        "        kept = bytearray(b'x') * (40 << 20); time.sleep(3); os._exit(0)\n"
        "time.sleep(3)\n"
    )
    return ended(at.run(source, limits=SMALL), Status.MEMORY_LIMIT)


@proves("memory-file", "Memory behind an anonymous file is counted like any other.")
def memory_file(at: Range) -> Proof:
    """Fills memfds, several because one is capped by the file size."""
    source = (
        "import os, time\n"
        "for n in range(40):\n"
        "    f = os.memfd_create(str(n))\n"
        "    os.write(f, b'x' * (8 << 20))\n"
        "time.sleep(1)\n"
    )
    return ended(at.run(source, limits=SMALL), Status.MEMORY_LIMIT)


@proves("cpu", "A program that computes for too long is stopped at its CPU limit.")
def cpu(at: Range) -> Proof:
    """One process."""
    outcome = at.run(SPIN, limits=TIGHT)
    bounded = outcome.usage.cpu_s <= TIGHT.cpu_s + OVERRUN_S
    return Proof(outcome.status is Status.CPU_LIMIT and bounded, describe(outcome))


@proves("cpu-children", "CPU time is counted over children, living, dead and disowned.")
def cpu_children(at: Range) -> Proof:
    """A relay: each runner computes for a moment, passes on and vanishes unwaited."""
    source = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "for _ in range(60):\n"
        "    if os.fork() == 0:\n"
        "        while time.process_time() < 0.2: pass\n"
        "        os._exit(0)\n"
        "    time.sleep(0.21)\n"
    )
    outcome = at.run(source, limits=TIGHT)
    return ended(outcome, Status.CPU_LIMIT)


@proves("cpu-threads", "CPU time is counted over all threads.")
def cpu_threads(at: Range) -> Proof:
    """Four threads hashing outside the interpreter's lock."""
    source = (
        "import hashlib, threading\n"
        "block = bytes(1 << 24)\n"
        "def work():\n"
        "    while True: hashlib.sha256(block)\n"
        "for _ in range(4): threading.Thread(target=work).start()\n"
    )
    return ended(at.run(source, limits=TIGHT), Status.CPU_LIMIT)


@proves("wall", "A program that sleeps is stopped at its wall-clock limit, within half a second.")
def wall(at: Range) -> Proof:
    """Ignores every signal it can, too."""
    source = (
        "import signal, time\n"
        "for n in range(1, 65):\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "time.sleep(60)\n"
    )
    outcome = at.run(source, limits=replace(QUICK, wall_s=1))
    return Proof(outcome.status is Status.WALL_LIMIT and _on_time(outcome, 1), describe(outcome))


@proves("wall-silent", "Closing its inputs and outputs does not free a program of its limits.")
def wall_silent(at: Range) -> Proof:
    """Nothing is left that a reader could wait for."""
    source = "import os, time\nfor fd in range(3): os.close(fd)\ntime.sleep(60)\n"
    outcome = at.run(source, limits=replace(QUICK, wall_s=1))
    return Proof(outcome.status is Status.WALL_LIMIT and _on_time(outcome, 1), describe(outcome))


@proves("wall-stopped", "Stopping every process it can does not stop the clock.")
def wall_stopped(at: Range) -> Proof:
    """SIGSTOP to all, as a timer inside the cage would not survive."""
    source = "import os, signal\nos.fork()\nos.kill(-1, signal.SIGSTOP)\nos.kill(os.getpid(), 19)\n"
    source += "import time\ntime.sleep(60)\n"
    outcome = at.run(source, limits=replace(QUICK, wall_s=1))
    return Proof(outcome.status is Status.WALL_LIMIT and _on_time(outcome, 1), describe(outcome))


BREED = """\
import json, os, sys, threading, time
made = 0
try:
    while made < 300:
        {one}
        made += 1
except (OSError, RuntimeError) as error:
    pass
print(json.dumps(made), flush=True)
os._exit(0)
"""


@proves("processes", "No more processes can be made than allowed.")
def processes(at: Range) -> Proof:
    """Counts how many children live at once."""
    one = "os.fork() or (time.sleep(30), os._exit(0))"
    return _bred(at.run(BREED.format(one=one), limits=replace(QUICK, processes=FEW)))


def _bred(outcome: Outcome) -> Proof:
    if outcome.status is Status.PROCESS_LIMIT:
        return Proof(held=True, detail=describe(outcome))
    made = int(outcome.stdout or b"0")
    return Proof(outcome.ok and 1 <= made <= FEW, f"{made} with a limit of {FEW} processes")


@proves("fork-bomb", "A fork bomb ends at a limit, in time.")
def fork_bomb(at: Range) -> Proof:
    """The classic."""
    source = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n"
    limits = replace(QUICK, cpu_s=2, wall_s=4, processes=FEW)
    outcome = at.run(source, limits=limits)
    held = outcome.status.is_limit and _on_time(outcome, limits.wall_s)
    return Proof(held, describe(outcome))


@proves("threads", "Threads count as processes do.")
def threads(at: Range) -> Proof:
    """Counts how many threads live at once."""
    one = "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()"
    return _bred(at.run(BREED.format(one=one), limits=replace(QUICK, processes=FEW)))


@proves("stdout-cut", "Output over the limit is cut there, and named.")
def stdout_cut(at: Range) -> Proof:
    """Endless output."""
    outcome = at.run("while True: print('x' * 1000)", limits=replace(QUICK, output_kb=64))
    return _cut(outcome, "stdout", outcome.stdout)


@proves("stderr-cut", "Error output over the limit is cut there, and named.")
def stderr_cut(at: Range) -> Proof:
    """Endless error output."""
    source = "import sys\nwhile True: print('x' * 1000, file=sys.stderr)"
    outcome = at.run(source, limits=replace(QUICK, output_kb=64))
    return _cut(outcome, "stderr", outcome.stderr)


def _cut(outcome: Outcome, name: str, text: bytes) -> Proof:
    held = outcome.status is Status.OUTPUT_LIMIT and name in outcome.truncated
    return Proof(held and len(text) == 64 * KIB, f"{outcome.status.value}, {len(text)} bytes kept")


FILL = """\
import json, os, sys
total = 0
block = b"x" * 65536
try:
    f = os.open(sys.argv[1] + "/big", os.O_CREAT | os.O_RDWR)
    if sys.argv[2] == "deleted": os.unlink(sys.argv[1] + "/big")
    while total < 200 << 20: total += os.write(f, block)
except OSError: pass
print(json.dumps(total))
"""


@proves("disk", "The working directory takes no more bytes than allowed.")
def disk(at: Range) -> Proof:
    """One growing file."""
    return _filled(at, "/box", "kept", replace(QUICK, disk_mb=8), 8 * MIB)


@proves("disk-deleted", "Bytes of a deleted, still open file count.")
def disk_deleted(at: Range) -> Proof:
    """Grows what has no name any more."""
    return _filled(at, "/box", "deleted", replace(QUICK, disk_mb=8), 8 * MIB)


@proves("shared-memory", "Shared memory takes no more than a program's memory.")
def shared_memory(at: Range) -> Proof:
    """The place that isolation of files likes to forget."""
    return _filled(at, SHM, "kept", SMALL, SMALL.memory_mb * MIB)


def _filled(at: Range, where: str, how: str, limits: object, most: int) -> Proof:
    outcome = at.run(FILL, where, how, limits=limits)  # type: ignore[arg-type]
    if outcome.status.is_limit:
        return Proof(held=True, detail=describe(outcome))
    written = int(outcome.stdout or b"0")
    return Proof(outcome.ok and written <= most, f"{written} bytes of {most} allowed")


@proves("disk-told", "A program that fails on a full working directory is told so.")
def disk_told(at: Range) -> Proof:
    """Does not catch the error."""
    source = "f = open('big', 'wb')\nwhile True: f.write(bytes(65536))\n"
    return ended(at.run(source, limits=replace(QUICK, disk_mb=4)), Status.DISK_LIMIT)


@proves("files", "No more files can be made than allowed.")
def files(at: Range) -> Proof:
    """Empty files: they take no bytes."""
    source = (
        "import json\nmade = 0\n"
        "try:\n"
        "    while made < 20000:\n"
        "        open(f'{made}', 'w').close(); made += 1\n"
        "except OSError: pass\n"
        "print(json.dumps(made))\n"
    )
    limits = replace(QUICK, files=100)
    outcome = at.run(source, limits=limits)
    if outcome.status is Status.FILE_LIMIT:
        return Proof(held=True, detail=describe(outcome))
    made = int(outcome.stdout or b"0")
    return Proof(outcome.ok and 1 <= made <= limits.files, f"{made} files of {limits.files}")


@proves("marginal", "A run that came near a limit says so; one that did not, does not.")
def marginal(at: Range) -> Proof:
    """Sleeps for 95% of its time."""
    near = at.run("import time\ntime.sleep(1.9)", limits=replace(QUICK, wall_s=2.05))
    far = at.run("print(1)")
    held = (near.marginal or near.status is Status.WALL_LIMIT) and not far.marginal
    return Proof(held and far.ok, f"near: {near.marginal}, far: {far.marginal}")
