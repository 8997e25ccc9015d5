"""Sandboxes against bare processes and against other ways to run a program in a container."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import idle_memory, peers
from benchmarks.floors import bare_python, bare_run
from benchmarks.timing import Ratio, interleave
from sandboxes import languages
from sandboxes.docker.attachment import Attachment
from sandboxes.docker.backend import CPUS, DockerSandbox
from sandboxes.docker.containers import Containers
from sandboxes.docker.engine import connect, container
from sandboxes.docker.fast_lane import FastLaneSandbox
from sandboxes.docker.pool import PoolSize
from sandboxes.factory import open_sandbox
from sandboxes.messages import OPERATOR_LIMITS
from sandboxes.protocol import Job, Limits, SandboxError
from sandboxes.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandboxes.docker.engine import Engine
    from sandboxes.protocol import Sandbox, Session

GROUP: Final = "sandboxes"
PYTHON_HELLO: Final = b"print(6 * 7)\n"
HELLO: Final = {"python": PYTHON_HELLO, "bash": b"echo 42\n"}
"""Bash starts in a tenth of the time of Python: what is left is the sandbox."""
CPP_HELLO: Final = (
    b"#include <iostream>\n#include <map>\n#include <string>\n"
    b'int main() { std::map<std::string, int> m; m["x"] = 42; std::cout << m["x"] << \'\\n\'; }\n'
)
TESTS: Final = 20
AT_ONCE: Final = 4
READY_S: Final = 20.0
LATE: Final = Limits(wall_s=1)
# The must column of sandbox.md, section 5; its stretch column beside it for the reader.
EXTRA_TEST, FIRST_TEST, COLD, COMPILE, COMPILE_20 = 1.5, 4.0, 0.25, 1.3, 0.15
STRETCH: Final = {"extra": 1.15, "first": 2.0, "cold": 0.08, "compile": 1.1}


def _backends(opened: ExitStack) -> dict[str, Sandbox]:
    """Open what this machine has."""
    makers: Mapping[str, Callable[[], Sandbox]] = {
        "docker": lambda: DockerSandbox(pool=PoolSize(kept=AT_ONCE)),
        "docker-fast": FastLaneSandbox,
        "bubblewrap": lambda: open_sandbox("bubblewrap"),
    }
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except SandboxError as error:
            print(f"{name}: left out ({error})", file=sys.stderr)
            continue
        opened.callback(found[name].close)
    return found


def _ask(session: Session, argv: tuple[str, ...]) -> None:
    outcome = session.run(Job(argv=argv))
    assert outcome.ok, outcome
    assert outcome.stdout == b"42\n"


def _submission(sandbox: Sandbox, language: str = "python") -> Callable[[], None]:
    """One whole submission: a clean room, a program, one test."""
    name = languages.LANGUAGES[language].main
    argv = languages.run_argv(language, name)

    def call() -> None:
        with sandbox.open(language) as session:
            session.put({name: HELLO[language]})
            _ask(session, argv)

    return call


def _python(backends: Mapping[str, Sandbox], rounds: int, folder: Path) -> Iterator[Ratio]:
    source = folder / "main.py"
    source.write_bytes(PYTHON_HELLO)
    with ExitStack() as opened:
        bare = bare_run([bare_python(folder), "-I", str(source)], b"42\n")
        methods: dict[str, Callable[[], object]] = {"bare": bare}
        for name, sandbox in backends.items():
            session = opened.enter_context(sandbox.open("python"))
            session.put({"main.py": PYTHON_HELLO})
            argv = languages.run_argv("python", "main.py")
            methods[name] = partial(_ask, session, argv)
        taken = interleave(methods, rounds)
    for name in backends:
        goal = None if name == "bubblewrap" else EXTRA_TEST
        title = f"extra test, {name} / bare (stretch {STRETCH['extra']})"
        yield Ratio(GROUP, title, taken[name].median, taken["bare"].median, "s", goal)


def _first(backends: Mapping[str, Sandbox], rounds: int, folder: Path) -> Iterator[Ratio]:
    bare = bare_run([bare_python(folder), "-I", "-c", "print(6 * 7)"], b"42\n")
    with ExitStack() as opened:
        methods: dict[str, Callable[[], object]] = {"bare": bare}
        image = _python_image(backends)
        if image is not None and peers.has_docker():
            methods["docker run"] = peers.docker_run(image)
            methods["docker exec"] = opened.enter_context(peers.docker_exec(image))
        for name, sandbox in backends.items():
            methods[name] = _submission(sandbox)
        pauses = {name: _pause(sandbox) for name, sandbox in backends.items()}
        taken = interleave(methods, rounds, before=pauses)
    for name in backends:
        title = f"first test from a full pool, {name} / bare (stretch {STRETCH['first']})"
        floor = taken["bare"].median
        goal = None if name == "bubblewrap" else FIRST_TEST
        yield Ratio(GROUP, title, taken[name].median, floor, "s", goal)
    for peer, goal in (("docker run", COLD), ("docker exec", None)):
        for name in backends if peer in taken else ():
            title = f"first test from a full pool, {name} / {peer}"
            yield Ratio(GROUP, title, taken[name].median, taken[peer].median, "s", goal)


def _python_image(backends: Mapping[str, Sandbox]) -> str | None:
    found = backends.get("docker") or backends.get("docker-fast")
    return None if found is None else found.describe().image_of("python")


def _pause(sandbox: Sandbox) -> Callable[[], None]:
    """Wait until a room stands ready, as it does between two submissions of a quiet minute."""

    def wait() -> None:
        until = time.monotonic() + READY_S
        while isinstance(sandbox, DockerSandbox) and not any(sandbox.standing().values()):
            assert time.monotonic() < until, "the pool does not fill"
            time.sleep(0.01)
        time.sleep(0.05)  # a lane makes its next room meanwhile

    return wait


def _cpp(backends: Mapping[str, Sandbox], rounds: int, folder: Path) -> Iterator[Ratio]:
    compiler = shutil.which("c++")
    if compiler is None:
        return
    source, program = folder / "main.cpp", folder / "main"
    source.write_bytes(CPP_HELLO)
    run = bare_run([str(program)], b"42\n")

    def bare() -> None:
        argv = [compiler, "-O2", "-o", str(program), str(source)]
        subprocess.run(argv, check=True, timeout=60)
        run()

    def caged(sandbox: Sandbox, tests: int) -> Callable[[], None]:
        def call() -> None:
            with sandbox.open("cpp") as session:
                built = languages.build(session, "cpp", {"main.cpp": CPP_HELLO}, "main.cpp")
                assert built.ok, built
                for _ in range(tests):
                    _ask(session, languages.run_argv("cpp", "main.cpp"))

        return call

    methods: dict[str, Callable[[], object]] = {"bare": bare}
    for name, sandbox in backends.items():
        methods[name] = caged(sandbox, 1)
        methods[f"{name} 20"] = caged(sandbox, TESTS)
    pauses = {
        method: _pause(sandbox)
        for name, sandbox in backends.items()
        for method in (name, f"{name} 20")
    }
    taken = interleave(methods, max(3, rounds // 3), before=pauses)
    floor = taken["bare"].median
    for name in backends:
        title = f"C++ compile + 1 test, {name} / bare (stretch {STRETCH['compile']})"
        yield Ratio(GROUP, title, taken[name].median, floor, "s", COMPILE)
        title = f"C++ compile + {TESTS} tests, {name} / {TESTS} bare compile + 1"
        yield Ratio(GROUP, title, taken[f"{name} 20"].median, TESTS * floor, "s", COMPILE_20)


def _rate(
    call: Callable[[], object],
    seconds: float,
    at_once: int,
    settle: Callable[[], None],
    standing: Callable[[], int],
) -> float:
    """Calls per second of several threads together, what is still to be cleaned up included.

    What was made ahead in that time, and not used, counts as done; what was used up, does not.
    """
    call()  # the pool may have to change to another language first
    settle()
    before = standing()
    until = time.perf_counter() + seconds
    done = []

    def work() -> None:
        while time.perf_counter() < until:
            call()
            done.append(time.perf_counter())

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle()
    made = len(done) + standing() - before
    return made / (time.perf_counter() - began)


def _settling(engine: Engine) -> Callable[[], None]:
    """Wait until no more containers are there than may stand ready, lanes apart.

    Else the deletions of one way would be paid for by the next.
    """

    def used_once() -> int:
        return sum("lane" not in str(entry["Command"]).split() for entry in engine.ours())

    def wait() -> None:
        until = time.monotonic() + READY_S
        while used_once() > AT_ONCE:
            assert time.monotonic() < until, "containers that were given up are not deleted"
            time.sleep(0.02)

    return wait


def _machine(engine: Engine, image: str) -> tuple[Containers, Callable[[], None]]:
    """What the engine itself needs for a container like ours that only runs the program."""
    containers = Containers(engine)
    plain = container(
        image, OPERATOR_LIMITS, Resources.for_job(Limits(), 0), containers.owner, CPUS
    )
    wanted = {**plain, "Entrypoint": ["python3"], "Cmd": list(peers.HELLO)}

    def call() -> None:
        running = containers.start(wanted, _Ear)
        running.attachment.hear()
        containers.remove_now(running.identity)
        running.attachment.close()

    return containers, call


class _Ear(Attachment):
    """Hears out a container that is no sandbox of ours."""

    def hear(self) -> None:
        until = time.monotonic() + READY_S
        heard = b""
        while data := self.next_bytes(until):
            heard += data
        assert b"42\n" in heard, heard


def _rates(backends: Mapping[str, Sandbox], seconds: float) -> Iterator[Ratio]:
    image = _python_image(backends)
    if image is None or "docker" not in backends:
        return
    engine = connect()
    containers, machine = _machine(engine, image)
    calls: dict[str, Callable[[], object]] = {"machine": machine}
    for name, sandbox in backends.items():
        for language in HELLO:
            calls[f"{name} {language}"] = _submission(sandbox, language)
    rates: dict[str, list[float]] = {name: [] for name in calls}
    settle = _settling(engine)
    strong = backends["docker"]
    assert isinstance(strong, DockerSandbox)
    try:
        for _ in range(2):  # in turn, so that a drifting machine drifts for all
            for name, call in calls.items():
                rates[name].append(
                    _rate(call, seconds, AT_ONCE, settle, lambda: sum(strong.standing().values()))
                )
    finally:
        containers.close()
        engine.close()
    yield from _compared({name: sum(values) / len(values) for name, values in rates.items()})


def _compared(mean: Mapping[str, float]) -> Iterator[Ratio]:
    title = "fresh containers used once / the engine's own create, run and remove"
    yield Ratio(GROUP, title, mean["docker python"], mean["machine"], "/s", 0.9, at_most=False)
    for language in HELLO:
        for name, goal in (("docker-fast", 8.0), ("bubblewrap", None)):
            found = mean.get(f"{name} {language}")
            if found is not None:
                title = f"submissions a second, hello in {language}, {name} / fresh containers"
                fresh = mean[f"docker {language}"]
                yield Ratio(GROUP, title, found, fresh, "/s", goal, at_most=False)


def _overrun(backends: Mapping[str, Sandbox], rounds: int) -> Iterator[Ratio]:
    for name, sandbox in backends.items():
        worst = 0.0
        with sandbox.open("python") as session:
            for _ in range(max(3, rounds // 10)):
                outcome = session.run(Job(("python3", "-c", "while True: pass"), limits=LATE))
                worst = max(worst, outcome.usage.wall_s)
        title = f"worst end past a wall limit of 1 s, {name} (stretch 100 ms)"
        yield Ratio(GROUP, title, worst, LATE.wall_s, "s", 0.5, difference=True)


def measure(rounds: int) -> Iterator[Ratio]:
    """Yield the ratios of every backend that this machine has; rounds >= 5."""
    with ExitStack() as opened:
        backends = _backends(opened)
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        yield from _python(backends, rounds, folder)
        yield from _first(backends, rounds, folder)
        yield from _cpp(backends, rounds, folder)
        yield from _rates(backends, 4 if rounds < 10 else 15)
        yield from _overrun(backends, rounds)
        yield from idle_memory.measure(backends)
