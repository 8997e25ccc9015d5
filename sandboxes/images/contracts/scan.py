"""Compile an answer's contracts and run Slither's detectors over them; runs inside the cage.

`contract-scan compile|detect SECONDS NODE_PROGRAM <NAMES` reads `/program` and writes
`report.json` into the working directory:
`[{"files", "version", "errors", "unchecked", "found", "crash"}, ...]`, one row for each unit, which
is what imports each other. Slither is a library here: it reads no configuration and no earlier
triage, finds the compiler's output ready, and has a process of its own for each unit, so that one
that breaks it takes nothing from the others.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FOUND = 500
MAX_NODES = 20
IMPACTS = ("High", "Medium", "Low", "Informational", "Optimization")
MAX_TEXT = 500
UNWANTED = {"backdoor"}  # an example of how to write a detector: it looks for the word
MEMORY_BYTES = 700 * 1024 * 1024

# What an author may write to quieten Slither: comments that switch findings off, and annotations
# that declare a function safe. Same length, so that no place moves.
SWITCH = re.compile(rb"slither-(?:disable|enable)|@custom:security", re.IGNORECASE)


def main(mode: str, seconds: float, program: str) -> int:
    """Write the report; `mode` is `compile` or `detect`."""
    ends = time.monotonic() + seconds
    names = json.load(sys.stdin)
    Path("src").mkdir()
    for name in names:
        text = Path("/program", name).read_bytes()
        Path("src", name).write_bytes(SWITCH.sub(lambda found: b"-" * len(found[0]), text))
    words = ["node", "--no-warnings", "--stack-size=3900", program, str(seconds)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as compiling:
        if compiling.stdin is not None:
            compiling.stdin.write(json.dumps(names).encode())
            compiling.stdin.close()
        if mode == "detect":
            load()  # while the compilers are at work
        code = compiling.wait()
    if code:
        return 1
    units = json.loads(Path("units.json").read_text(encoding="utf-8"))
    for number, unit in enumerate(units):
        unit.update(found=[], crash=None)
        if mode == "detect" and unit["unchecked"] is None:
            unit.update(examine(number, unit, ends))
    Path("report.json").write_text(json.dumps(units), encoding="utf-8")
    return 0


def load() -> tuple[Any, list[Any]]:
    """Import what every unit needs, once; return Slither's class and its detectors'."""
    base = import_module("slither.detectors.abstract_detector").AbstractDetector
    every: dict[str, Any] = vars(import_module("slither.detectors.all_detectors"))
    found: list[Any] = [
        one for one in every.values() if inspect.isclass(one) and issubclass(one, base)
    ]
    return import_module("slither").Slither, [one for one in found if one.ARGUMENT not in UNWANTED]


def examine(number: int, unit: dict[str, Any], ends: float) -> dict[str, Any]:
    """Run all detectors in a child; say what it found, or how it ended."""
    child = os.fork()
    if child == 0:
        os._exit(detect(number, unit))
    if not wait(child, ends):
        return {"crash": "the time for analysis was over"}
    try:
        found: dict[str, Any] = json.loads(Path(f"found{number}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"crash": "Slither broke down on it"}
    return found


def wait(child: int, ends: float) -> bool:
    """Wait for a child until `ends`; False when it had to be killed."""
    while time.monotonic() < ends:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def detect(number: int, unit: dict[str, Any]) -> int:
    """Child: write `found<N>.json`. Whatever Slither raises is its own fault, not the answer's."""
    with contextlib.suppress(BaseException):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        result = {"found": run(number, unit)}
        Path(f"found{number}.json").write_text(json.dumps(result), encoding="utf-8")
        return 0
    return 1


def run(number: int, unit: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what all detectors say of one unit, sorted."""
    logging.disable(logging.CRITICAL)
    slither, detectors = load()
    # What `solc-unit` gives to Slither for the compiler's own answers.
    Path("src", "unit.version").write_text(unit["version"], encoding="ascii")
    Path(f"unit{number}.json").replace("src/unit.json")
    here = Path.cwd()
    os.chdir("src")
    # Told by its class that this is one file for the compiler: by a path, it would look for a
    # project of some framework in all folders above, and start that framework's programs.
    platform = import_module("crytic_compile.platform.solc").Solc(unit["files"][0])
    compiled = import_module("crytic_compile").CryticCompile(platform, solc="solc-unit")
    analysis = slither(
        compiled,
        disallow_partial=True,
        show_ignored_findings=True,
        triage_database=str(here / "triage.json"),
    )
    for one in detectors:
        analysis.register_detector(one)
    found: list[dict[str, Any]] = []
    for results in analysis.run_detectors():
        for result in results:
            found += places(result)
    found += import_module("detectors").unread_results(analysis)
    os.chdir(here)
    unique = {json.dumps(one, sort_keys=True): one for one in found}
    # Where some have to go, the mildest go.
    order = sorted(unique, key=lambda key: (IMPACTS.index(unique[key]["impact"]), key))
    return [unique[key] for key in order[:MAX_FOUND]]


def places(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one finding for each statement that a result names, else one for its first element."""
    elements = [one for one in result["elements"] if one.get("source_mapping", {}).get("lines")]
    nodes = [one for one in elements if one["type"] == "node" and telling(one)]
    for element in nodes[:MAX_NODES] or elements[:1]:
        mapping = element["source_mapping"]
        lines = mapping["lines"]
        # A whole contract is no place to look at: its first line is.
        last = lines[0] if element["type"] == "contract" else lines[-1]
        yield {
            "rule": result["check"],
            "impact": result["impact"],
            "confidence": result["confidence"],
            "text": result["description"].strip().split("\n")[0][:MAX_TEXT],
            "file": Path(mapping["filename_relative"]).name,
            "lines": [lines[0], last],
        }


def telling(element: dict[str, Any]) -> bool:
    """False for statements that only come after the weak one."""
    kind = element.get("additional_fields", {}).get("underlying_type", "external_calls")
    return str(kind).startswith("external_calls")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
