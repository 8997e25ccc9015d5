"""Programs that reach for what is not theirs: supervisor, kernel, network, secrets, privileges."""

from __future__ import annotations

from dataclasses import replace

from sandboxes.protocol import Status
from tests.hostile.assertions import cpu_at_most, exits, wall_at_most
from tests.hostile.case import SMALL, Case

OK, CRASH = Status.OK, Status.RUNTIME_ERROR
CPU, WALL = Status.CPU_LIMIT, Status.WALL_LIMIT

BRIEF = replace(SMALL, wall_s=1)
BUSY = replace(SMALL, cpu_s=0.8, wall_s=25)
WORDY = replace(SMALL, output_kb=512, cpu_s=3)

SUPERVISOR = (
    Case("supervisor/kill_everything.c", (CRASH,), says=b"tried", also=(exits(3),)),
    Case("supervisor/stop_everything.c", (WALL,), BRIEF, also=(wall_at_most(1),)),
    Case("supervisor/impostor.py", (CRASH,), also=(exits(3),), within_s=4),
    Case("supervisor/forged_frames.c", (CRASH,), says=b"tried", also=(exits(3),)),
    Case("supervisor/reach_first.py", says=b"tried"),
    Case("supervisor/take_over.c", says=b"tried"),
    Case("supervisor/second_supervisor.sh", (CRASH,), says=b"tried", also=(exits(3),)),
    Case("supervisor/descriptors.c", says=b"tried"),
    Case("supervisor/starve.c", (CPU,), BUSY, also=(cpu_at_most(0.8),)),
    Case("supervisor/wrong_end.c", (OK, CRASH), stdin=b"given\n" * 1000),
)

KERNEL = (
    Case("kernel/doors.c", says=b"tried"),
    Case("kernel/namespaces.c", says=b"tried"),
    Case("kernel/old_ways.c", (OK, CRASH)),
    Case("kernel/sockets.c", says=b"tried"),
    Case("kernel/own_filter.c", (WALL,), BRIEF, says=b"tried", also=(wall_at_most(1),)),
    Case("kernel/switches.c", says=b"tried"),
)

NETWORK = (
    Case("network/names.py", says=b"tried", limits=replace(SMALL, wall_s=15)),
    Case("network/addresses.py", says=b"tried", limits=replace(SMALL, wall_s=20),
         args=("{address}", "{port}", "{abstract}")),
    Case("network/links.py", says=b"tried"),
)  # fmt: skip

SECRETS = (
    Case("secrets/environment.py", limits=WORDY, says=b"tried"),
    Case("secrets/host_paths.py", says=b"tried", args=("{secret}", "{project}", "{home}/.ssh")),
    Case("secrets/kernel_tells.py", limits=WORDY, says=b"tried"),
    Case("secrets/core_dump.c", (CRASH,), says=b"tried"),
)

PRIVILEGES = (
    Case("privileges/identities.c", says=b"tried"),
    Case("privileges/borrowed.sh", says=b"tried"),
    Case("privileges/file_rights.py", says=b"tried"),
    Case("privileges/user_map.py", says=b"tried"),
)

CASES = (*SUPERVISOR, *KERNEL, *NETWORK, *SECRETS, *PRIVILEGES)
