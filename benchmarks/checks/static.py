"""The check `static`: a batch against single runs, what is flagged, and whether it is repeatable.

Data: bandit's own example files (nearly all hold something) and the correct programs of QuixBugs.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import benchmarks.checks as report
from benchmarks.timing import Ratio
from checkers.options import StaticOptions
from checkers.protocol import Answer, CheckResult, CheckStatus, Context, Submission
from checkers.registry import run_check
from checkers.static.batch import check_many
from sandboxes.factory import open_sandbox
from sandboxes.protocol import Limits, SandboxUnavailableError, ToolchainMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkers.static.options import ToolName

CODE: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "code"
TOOLS: Final[tuple[ToolName, ...]] = ("bandit", "mypy", "ruff")
ANSWERS: Final = 50
FEW: Final = 10
GOAL: Final = 0.1  # batched in under a tenth of the time of separate runs
BUDGET_S: Final = 3600.0


def measure(short: bool) -> Iterator[Ratio]:
    """Measure all; nothing where the data or the analyzers are not on this machine."""
    try:
        sandbox = open_sandbox()
    except SandboxUnavailableError as error:
        print(f"static: left out, {error}")
        return
    with contextlib.closing(sandbox):
        try:
            for tool in TOOLS:
                sandbox.toolchain(tool)
        except ToolchainMissingError as error:
            print(f"static: left out, {error}")
            return
        if not CODE.is_dir():
            print(f"static: left out, no labelled code at {CODE}")
            return
        context = Context(sandbox, time.monotonic, time.monotonic() + BUDGET_S, Limits())
        yield from _measured(context, FEW if short else ANSWERS)


def _measured(context: Context, count: int) -> Iterator[Ratio]:
    examples = _sources("python_security_examples.jsonl", "source")
    asked = [(_submission(source), _options()) for source in examples]
    started = time.perf_counter()
    together = check_many(asked[:count], context)
    batched_s = time.perf_counter() - started
    alone = [run_check("static", *one, context) for one in asked[:count]]
    alone_s = time.perf_counter() - started - batched_s
    yield Ratio("checks", f"static: {count} batched / alone", batched_s, alone_s, "s", GOAL)
    same = sum(
        replace(one, duration_s=0.0) == replace(two, duration_s=0.0)
        for one, two in zip(together, alone, strict=True)
    )
    yield report.share("static: equal results batched and alone", same / count, 1.0)
    results = together + check_many(asked[count:], context)
    judged = [one for one in results if one.status in (CheckStatus.PASS, CheckStatus.FAIL)]
    yield report.share("static: weak examples judged", len(judged) / len(results))
    for tool in ("", *TOOLS):
        flagged = sum(_flagged(result, tool) for result in judged) / len(judged)
        yield report.share(f"static: weak examples flagged by {tool or 'any'}", flagged)
    correct = _sources("python_tasks.jsonl", "correct")
    sound = check_many([(_submission(source), _options()) for source in correct], context)
    passed = sum(result.status is CheckStatus.PASS for result in sound) / len(sound)
    yield report.share("static: correct programs that pass", passed, 1.0)
    clean = sum(not _flagged(result, "bandit") for result in sound) / len(sound)
    yield report.share("static: correct programs without a security finding", clean)


def _flagged(result: CheckResult, tool: str) -> bool:
    return any(finding.category.startswith(tool) for finding in result.findings)


def _sources(name: str, key: str) -> list[str]:
    return [json.loads(line)[key] for line in (CODE / name).read_text().splitlines()]


def _submission(source: str) -> Submission:
    return Submission("code", Answer(files={"main.py": source.encode()}), "python")


def _options() -> StaticOptions:
    return StaticOptions(tools=TOOLS)
