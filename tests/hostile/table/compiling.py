"""Programs that attack while they are compiled, or by what their build leaves."""

from __future__ import annotations

from dataclasses import replace

from sandboxes.protocol import Status
from tests.hostile.assertions import exits
from tests.hostile.case import BUILD, Case

OK, CRASH = Status.OK, Status.RUNTIME_ERROR
ERROR, LIMIT, FILES = Status.COMPILE_ERROR, Status.COMPILE_LIMIT, Status.FILE_LIMIT
EITHER = (ERROR, LIMIT)

CASES = (
    Case("compile/include_zero.c", EITHER),
    Case("compile/include_stdin.c", (OK, *EITHER)),
    Case("compile/incbin_host.c", (ERROR,), also=(exits(1),)),
    Case("compile/incbin_shadow.c", (ERROR,), also=(exits(1),)),
    Case("compile/incbin_environ.c", (OK, CRASH, *EITHER)),
    Case("compile/include_proc.c", EITHER),
    Case("compile/templates.cpp", EITHER),
    Case("compile/constexpr_loop.cpp", EITHER),
    Case("compile/macros.c", (LIMIT,)),
    Case("compile/giant_array.c", EITHER),
    Case("compile/assembler_bomb.c", EITHER),
    Case("compile/filled_object.c", EITHER),
    Case("compile/includes_itself.c", EITHER),
    Case("compile/diagnostics.c", EITHER),
    Case("compile/second_time.c", (ERROR,)),
    Case("compile/second_time.sh", (CRASH,), how="build", then="compile/second_time.sh"),
    Case("compile/deep_parens.py", (ERROR,), how="check"),
    Case("compile/deep_unary.py", EITHER, how="check"),
    Case("compile/endless_types.ts", EITHER, build=replace(BUILD, memory_mb=512, cpu_s=3)),
    Case("compile/leaves_links.sh", how="build", then="compile/find_links.sh"),
    Case("compile/leaves_daemon.sh", how="build", then="compile/find_changes.sh"),
    Case("compile/long_names.py", (FILES,), how="build", args=("bytes",)),
    Case("compile/long_names.py", (FILES,), how="build", args=("long",)),
    Case("compile/long_names.py", (FILES,), how="build", args=("deep",)),
)
