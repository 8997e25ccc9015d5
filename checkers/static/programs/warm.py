"""Analyzes many Python answers in one cage, each in processes of its own.

The parent imports bandit and mypy once, lets mypy read a text of ours, and forks: a child for each
answer, in a directory of its own, with limits of its own, killed when its time is over. No child
sees what another one made, and the parent reads no answer.

Standard input: `{"answers": [{"files": [...], "places": [...], "beside": {name: text}}],
"mypy": [...], "ruff": [...], "bandit": [...], "semgrep": [...], "seconds": s, "memory_mb": m,
"tools": [...]}`; the sources of answer 3 lie below `/program/a3`, and what is `beside` its tools in
their directory. Standard output: one JSON object a line, `{"answer": 3, "<tool>": [exit code,
stdout]}`; a tool that did not end well is left out.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

MOST_OUTPUT = 8 * 1024 * 1024
AT_ONCE = 2
PROGRAMS = ("ruff", "semgrep")
SHARED = ("rules.json",)
"""Files that all answers' tools read."""
MIB = 1024 * 1024


def main() -> int:
    """Read the order, warm up, and analyze."""
    order = json.load(sys.stdin)
    bandit = importlib.import_module("bandit.cli.main") if "bandit" in order["tools"] else None
    mypy = importlib.import_module("mypy.api") if "mypy" in order["tools"] else None
    warm_up(order, bandit, mypy)
    gc.collect()
    gc.freeze()
    waiting = list(range(len(order["answers"])))[::-1]
    running: dict[int, tuple[int, float]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            number = waiting.pop()
            child = os.fork()
            if child == 0:
                be_child(order, number, bandit, mypy)
            running[child] = (number, time.monotonic() + order["seconds"])
        for child in ended(running):
            number, _ = running.pop(child)
            tell(order, number)
    return 0


def ended(running: dict[int, tuple[int, float]]) -> list[int]:
    """Wait a moment for a child; kill those whose time is over, with all that they started."""
    for child, (_, deadline) in running.items():
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
    over = []
    for child in running:
        if os.waitpid(child, os.WNOHANG)[0]:
            over.append(child)
            try:
                os.killpg(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
    if not over:
        time.sleep(0.002)
    return over


def warm_up(order: dict[str, Any], bandit: Any, mypy: Any) -> None:
    """Run once over a text of ours: the first run takes several times longer than later ones."""
    Path("seed.py").write_text("import os, re, typing\n\nwrong: int = eval('')[''] + ''\n")
    ours = {"files": ["seed.py"], "places": ["seed.py"]}
    if bandit is not None:
        into_file(Path("warm"), lambda: run_bandit(bandit, order, ours))
    if mypy is not None:
        into_file(Path("warm"), lambda: run_mypy(mypy, order, ours))


def be_child(order: dict[str, Any], number: int, bandit: Any, mypy: Any) -> None:
    """Analyze one answer; what each tool said is left in files of the child's directory."""
    try:
        os.setpgid(0, 0)
        home = Path(f"w{number}").absolute()
        home.mkdir(0o700)
        os.chdir(home)
        bound(order)
        answer = order["answers"][number]
        for name in SHARED:
            os.symlink(f"../{name}", name)
        for name, content in answer["beside"].items():
            Path(name).write_text(content)
        if parses(answer["files"]):
            if bandit is not None:
                into_file(home / "bandit", lambda: run_bandit(bandit, order, answer))
            for name in PROGRAMS:
                if name in order["tools"]:
                    into_file(home / name, lambda name=name: run_program(name, order, answer))
            if mypy is not None:
                os.environ["MYPYPATH"] = f"/program/a{number}/m"
                into_file(home / "mypy", lambda: run_mypy(mypy, order, answer))
    finally:
        os._exit(0)


def bound(order: dict[str, Any]) -> None:
    """Limits of one answer's child; a child of it has them too."""
    memory, seconds = order["memory_mb"] * MIB, int(order["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))


def parses(files: list[str]) -> bool:
    """Try the compiler of Python itself; an answer that it refuses is judged by the caller."""
    warnings.simplefilter("ignore")
    try:
        for name in files:
            compile(Path(name).read_bytes(), name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def into_file(path: Path, work: Any) -> None:
    """Do one tool's work with standard output in a file; its exit code is the file's suffix."""
    before, kept = sys.stdout, os.dup(1)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 1)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace", closefd=False)
    try:
        code = work()
        if not sys.stdout.closed:  # bandit closes it
            sys.stdout.flush()
    except Exception as error:
        sys.stderr.write(f"{path.name}: {type(error).__name__}\n")  # the caller judges it alone
        return
    finally:
        sys.stdout = before
        os.dup2(kept, 1)
        os.close(kept)
    path.rename(f"{path}.{code}")


def run_bandit(bandit: Any, order: dict[str, Any], answer: dict[str, Any]) -> int:
    """Call its command line."""
    sys.argv = [*order["bandit"], *answer["files"]]
    try:
        bandit.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    return 0


def run_program(name: str, order: dict[str, Any], answer: dict[str, Any]) -> int:
    """Start a tool that is a program of its own."""
    done = subprocess.run(
        [*order[name], *answer["files"]],
        check=False,
        timeout=order["seconds"],
        stderr=subprocess.DEVNULL,
    )
    return done.returncode


def run_mypy(mypy: Any, order: dict[str, Any], answer: dict[str, Any]) -> int:
    """Call its command line."""
    said, _, code = mypy.run([*order["mypy"], *answer["places"]])
    sys.stdout.write(said)
    return int(code)


def tell(order: dict[str, Any], number: int) -> None:
    """Print what came of one answer."""
    line: dict[str, Any] = {"answer": number}
    for tool in order["tools"]:
        for code in (0, 1, 2):
            path = Path(f"w{number}", f"{tool}.{code}")
            if path.is_file() and path.stat().st_size < MOST_OUTPUT:
                said = path.read_bytes().decode(errors="replace")
                line[tool] = [code, said.replace(f"/program/a{number}/", "/program/")]
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
