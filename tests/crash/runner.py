"""A worker that runs programs in cages of one engine until each has a result.

Run by tests as `python -m tests.crash.runner BACKEND ENGINE IMAGES RUNS`. Prints one line of JSON
for each run, as it ends.
"""

from __future__ import annotations

import json
import sys
import time

from sandboxes.docker.address import Address
from sandboxes.factory import open_sandbox
from sandboxes.protocol import Job, Limits, Sandbox, SandboxError, Status

PAUSE_S = 0.3
GIVE_UP_S = 240.0
LIMITS = Limits(cpu_s=4, wall_s=8, memory_mb=128)


def once(sandbox: Sandbox, number: int) -> tuple[str, str]:
    """Return status and output of one run in a session of its own."""
    with sandbox.open("python") as session:
        session.put({"main.py": b"import sys; print(int(sys.stdin.read()) * 7)"})
        outcome = session.run(
            Job(("python3", "/program/main.py"), stdin=str(number).encode(), limits=LIMITS)
        )
    return outcome.status.value, outcome.stdout.decode()


def until_done(backend: str, engine: str, images: str, number: int, cage: list[Sandbox]) -> None:
    """Try a run until it has a result; what is our fault is tried again."""
    began, faults = time.monotonic(), 0
    status, output = Status.INTERNAL_ERROR.value, ""
    while time.monotonic() - began < GIVE_UP_S:
        try:
            if not cage:
                cage.append(open_sandbox(backend, images=images, engine=Address(engine), ahead=1))
            status, output = once(cage[0], number)
        except SandboxError as error:
            status, output = Status.INTERNAL_ERROR.value, str(error)
        if status != Status.INTERNAL_ERROR.value:
            break
        faults += 1
        time.sleep(PAUSE_S)
    took = time.monotonic() - began
    line = {"run": number, "status": status, "output": output, "faults": faults, "took": took}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(backend: str, engine: str, images: str, first: str, count: str) -> None:
    """Do the runs from `first` on."""
    cage: list[Sandbox] = []
    for number in range(int(first), int(first) + int(count)):
        until_done(backend, engine, images, number, cage)
    for sandbox in cage:
        sandbox.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
