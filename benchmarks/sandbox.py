"""A sandboxed hello in Python and C against bare fork and exec of the same program."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.floors import bare_python, bare_run
from benchmarks.timing import Ratio, interleave
from sandboxes import languages
from sandboxes.factory import open_sandbox
from sandboxes.protocol import BUILD_LIMITS, Job, SandboxError, ToolchainMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandboxes.protocol import Sandbox, Session

PYTHON_HELLO = b"print(6 * 7)\n"
C_HELLO = b'#include <stdio.h>\nint main(void) { puts("42"); return 0; }\n'
# Goals: sandbox.md section 5 for a further test in an open session.
GOALS = {"bubblewrap": None, "docker": 1.5}


def _caged(session: Session, argv: tuple[str, ...]) -> Callable[[], None]:
    def call() -> None:
        outcome = session.run(Job(argv=argv))
        assert outcome.ok, outcome
        assert outcome.stdout == b"42\n"

    return call


def _backends() -> Iterator[tuple[str, Sandbox]]:
    for name in ("bubblewrap", "docker"):
        try:
            sandbox = open_sandbox(name)
        except SandboxError as error:
            print(f"{name}: left out ({error})", file=sys.stderr)
            continue
        try:
            yield name, sandbox
        finally:
            sandbox.close()


def _python(name: str, sandbox: Sandbox, rounds: int, folder: Path) -> Ratio:
    source = folder / "main.py"
    source.write_bytes(PYTHON_HELLO)
    with sandbox.open("python") as session:
        session.put({"main.py": PYTHON_HELLO})
        taken = interleave(
            {
                "bare": bare_run([bare_python(folder), "-I", str(source)], b"42\n"),
                "caged": _caged(session, languages.run_argv("python", "main.py", ())),
            },
            rounds,
        )
    return Ratio(
        "sandbox",
        f"Python hello, {name} / bare",
        taken["caged"].median,
        taken["bare"].median,
        "s",
        GOALS[name],
    )


def _c(name: str, sandbox: Sandbox, rounds: int, folder: Path) -> Iterator[Ratio]:
    compiler = shutil.which("cc")
    if compiler is None:
        return
    source, program = folder / "main.c", folder / "main"
    source.write_bytes(C_HELLO)
    compile_bare = [compiler, "-O2", "-o", str(program), str(source)]
    subprocess.run(compile_bare, check=True, timeout=60)
    try:
        session = sandbox.open("c")
    except ToolchainMissingError:
        return

    def build() -> None:
        built = languages.build(session, "c", {"main.c": C_HELLO}, "main.c", (), BUILD_LIMITS)
        assert built.ok, built

    with session:
        build()
        argv = languages.run_argv("c", "main.c", ())
        runs = interleave(
            {"bare": bare_run([str(program)], b"42\n"), "caged": _caged(session, argv)}, rounds
        )
        builds = interleave(
            {
                "bare": lambda: subprocess.run(compile_bare, check=True, timeout=60),
                "caged": build,
            },
            max(5, rounds // 4),
        )
    yield Ratio(
        "sandbox", f"C hello, {name} / bare", runs["caged"].median, runs["bare"].median, "s"
    )
    yield Ratio(
        "sandbox", f"C compile, {name} / bare", builds["caged"].median, builds["bare"].median, "s"
    )


def measure(rounds: int) -> Iterator[Ratio]:
    """Yield the ratios of every backend that this machine has; rounds >= 5."""
    for name, sandbox in _backends():
        with tempfile.TemporaryDirectory() as folder:
            yield _python(name, sandbox, rounds, Path(folder))
            yield from _c(name, sandbox, rounds, Path(folder))
