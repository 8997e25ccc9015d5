"""Leftovers and files: programs that want to be remembered, or to be found by those who fetch."""

from __future__ import annotations

from dataclasses import replace

from sandboxes.protocol import Status
from tests.hostile.assertions import collected, collected_sizes, only_plain
from tests.hostile.case import SMALL, Case

OK, CRASH = Status.OK, Status.RUNTIME_ERROR
DISK, FILES = Status.DISK_LIMIT, Status.FILE_LIMIT

LINKS = (
    "host", "host-twice", "environ", "environ-twice", "first", "zero", "zero-twice", "random",
    "shadow", "program", "stdin", "folder/passwd", "up/etc/passwd", "loop", "fifo", "real",
    "socket", "hard-program", "hard-passwd", "hard-host", "to-plain", "plain",
)  # fmt: skip

LEFTOVERS = (
    Case("leftovers/files.py", says=b"tried", then="leftovers/find_files.py"),
    Case("leftovers/shared_objects.c", says=b"tried", then="leftovers/shared_objects.c"),
    Case("leftovers/daemon.c", says=b"tried", then="leftovers/find_processes.py", within_s=4),
    Case("leftovers/startup_files.py", says=b"tried", never=(b"POISON",),
         then="leftovers/start_others.py"),
    Case("leftovers/needle.c", says=b"tried", never=(b"TOSVNEEDLE",),
         then="leftovers/find_needle.c"),
    Case("leftovers/own_program.py", says=b"tried", then="leftovers/own_program.py"),
    Case("supervisor/pid_hop.c", then="leftovers/find_processes.py", within_s=4),
)  # fmt: skip

FILESYSTEM = (
    Case("filesystem/artifact_links.py", says=b"tried", args=("{secret}",), collect=LINKS,
         also=(collected(plain=b"kept"),)),
    Case("filesystem/artifact_race.c", says=b"tried", collect=("swapped", "a/passwd", "b/passwd"),
         also=(only_plain,)),
    Case("filesystem/odd_names.py", says=b"tried", then="leftovers/find_processes.py",
         collect=("caf\xe9", "-rf", "$(reboot)", "a\nb\tc", "\\..\\x"),
         also=(collected(**{"caf\xe9": b"odd", "-rf": b"odd", "$(reboot)": b"odd",
                            "a\nb\tc": b"odd", "\\..\\x": b"odd"}),)),
    Case("filesystem/deep_folders.c", limits=replace(SMALL, files=5000), says=b"tried",
         then="leftovers/find_processes.py", collect=("d/" * 400 + "f",)),
    Case("filesystem/deleted_growing.c", (DISK,)),
    Case("filesystem/closed_doors.py", says=b"tried", then="leftovers/find_processes.py",
         collect=("a1/b/f",), also=(collected(),)),
    Case("filesystem/set_uid.sh", says=b"tried"),
    Case("filesystem/devices.c", says=b"tried"),
    Case("filesystem/handles.c", says=b"tried"),
    Case("filesystem/kernel_files.py", says=b"tried"),
    Case("filesystem/writable_places.py", says=b"tried"),
    Case("filesystem/sticky_files.c", (OK, FILES), says=b"tried",
         then="leftovers/find_processes.py"),
    Case("filesystem/big_artifact.py", limits=replace(SMALL, disk_mb=64), collect=("big",),
         also=(collected_sizes(big=60 << 20),)),
    Case("filesystem/archive.py", says=b"tried", args=("{secret}",),
         collect=("unpacked/out/passwd", "unpacked/host", "up", "unpacked/abs"),
         also=(collected(),)),
    Case("supervisor/inflight.c", says=b"tried", then="leftovers/find_processes.py"),
)  # fmt: skip

CASES = (*LEFTOVERS, *FILESYSTEM)
