"""Compile an answer's contracts and run Slither's detectors over them; runs inside the cage.

`contract-scan compile|detect SECONDS NODE_PROGRAM <NAMES` reads `/program` and writes
`report.json` into the working directory:
`[{"files", "version", "errors", "unchecked", "found", "crash"}, ...]`, one row for each unit, which
is what imports each other. Slither is a library here: it reads no configuration and no earlier
triage, finds the compiler's output ready, and has a process of its own for each unit, so that one
that breaks it takes nothing from the others.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

MAX_FOUND = 500
MAX_NODES = 20
IMPACTS = ("High", "Medium", "Low", "Informational", "Optimization")
MAX_TEXT = 500
MEMORY_BYTES = 700 * 1024 * 1024

# What an author may write to quieten Slither: comments that switch findings off, and annotations
# that declare a function safe. Same length, so that no place moves.
SWITCH = re.compile(rb"slither-(?:disable|enable)|@custom:security", re.IGNORECASE)


def main(mode, seconds, program):
    """Write the report; `mode` is `compile` or `detect`."""
    ends = time.monotonic() + seconds
    names = json.load(sys.stdin)
    Path("src").mkdir()
    for name in names:
        text = Path("/program", name).read_bytes()
        Path("src", name).write_bytes(SWITCH.sub(lambda found: b"-" * len(found[0]), text))
    words = ["node", "--no-warnings", "--stack-size=3900", program, str(seconds)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as compiling:
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


def load():
    """Import what every unit needs, once."""
    import slither.detectors.all_detectors  # noqa: F401
    from slither import Slither  # noqa: F401


def examine(number, unit, ends):
    """Run all detectors in a child; say what it found, or how it ended."""
    child = os.fork()
    if child == 0:
        os._exit(detect(number, unit))
    if not wait(child, ends):
        return {"crash": "the time for analysis was over"}
    try:
        return json.loads(Path(f"found{number}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"crash": "Slither broke down on it"}


def wait(child, ends):
    """Wait for a child until `ends`; False when it had to be killed."""
    while time.monotonic() < ends:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def detect(number, unit):
    """Child: write `found<N>.json`. Whatever Slither raises is its own fault, not the answer's."""
    with contextlib.suppress(BaseException):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        result = {"found": run(number, unit)}
        Path(f"found{number}.json").write_text(json.dumps(result), encoding="utf-8")
        return 0
    return 1


def run(number, unit):
    """Return what all detectors say of one unit, sorted."""
    import inspect
    import logging

    from slither import Slither
    from slither.detectors import all_detectors
    from slither.detectors.abstract_detector import AbstractDetector

    logging.disable(logging.CRITICAL)
    os.environ["UNIT_VERSION"] = unit["version"]
    os.environ["UNIT_OUTPUT"] = str(Path(f"unit{number}.json").resolve())
    here = Path.cwd()
    os.chdir("src")
    analysis = Slither(
        unit["files"][0],
        solc="solc-unit",
        compile_force_framework="solc",
        disallow_partial=True,
        show_ignored_findings=True,
        triage_database=str(here / "triage.json"),
    )
    for one in vars(all_detectors).values():
        if inspect.isclass(one) and issubclass(one, AbstractDetector):
            analysis.register_detector(one)
    found = []
    for results in analysis.run_detectors():
        for result in results:
            found += places(result)
    os.chdir(here)
    unique = {json.dumps(one, sort_keys=True): one for one in found}
    # Where some have to go, the mildest go.
    order = sorted(unique, key=lambda key: (IMPACTS.index(unique[key]["impact"]), key))
    return [unique[key] for key in order[:MAX_FOUND]]


def places(result):
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


def telling(element):
    """False for statements that only come after the weak one."""
    kind = element.get("additional_fields", {}).get("underlying_type", "external_calls")
    return kind.startswith("external_calls")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
