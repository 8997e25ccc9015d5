"""Programs that only pretend to run: their times are drawn, on a machine as busy as one likes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from checkers.options import CHECK_OPTIONS
from checkers.performance.statistics import Run
from checkers.protocol import Answer, CheckResult, Context, Submission
from checkers.registry import run_check
from sandboxes.protocol import Job, Limits, Outcome, Status, Usage
from tests.fakes.cages import CountingCage

Behaviour = Callable[[bytes], Outcome]


@dataclass
class Busy:
    """A machine whose load comes in bursts that outlast several runs."""

    seed: int
    chance: float = 0.15
    stay: float = 0.7
    strength: float = 3.0
    spread: float = 0.05
    load: float = field(default=1.0, init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def run(self, seconds: float) -> Run:
        """A run that takes this long on an idle machine: load stretches wall time, CPU a little."""
        if self.load > 1.0:
            self.load = self.load if self.random.random() < self.stay else 1.0
        elif self.random.random() < self.chance:
            self.load = 1.0 + self.random.random() * self.strength
        cpu = seconds * math.exp(self.random.gauss(0, self.spread)) * (1 + 0.05 * (self.load - 1))
        return Run(cpu * self.load, cpu)


def said(output: bytes, run: Run) -> Outcome:
    return Outcome(Status.OK, 0, stdout=output, usage=Usage(run.cpu_s, run.wall_s, 8.0))


def fair(busy: Busy, per_item: float) -> Behaviour:
    """A right program: starts in 10 ms, then works on each item of its input."""

    def behave(stdin: bytes) -> Outcome:
        size = int(stdin.split()[0]) if stdin else 0
        return said(b"sum of " + stdin, busy.run(0.01 + size * per_item))

    return behave


def numbers(args: tuple[str, ...]) -> Outcome:
    return Outcome(Status.OK, 0, stdout=" ".join(args).encode())


class Stage:
    """A cage where the baseline is Python, the answer JavaScript, the generator has arguments."""

    def __init__(
        self,
        baseline: Behaviour,
        answer: Behaviour,
        generator: Callable[[tuple[str, ...]], Outcome] = numbers,
    ) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self.inputs: list[tuple[str, ...]] = []

        def play(job: Job) -> Outcome:
            if len(job.argv) > 2:
                self.order.append("generator")
                self.inputs.append(job.argv[2:])
                outcome = generator(job.argv[2:])
            else:
                who = "answer" if job.argv[0] == "node" else "baseline"
                self.order.append(who)
                outcome = (answer if who == "answer" else baseline)(job.stdin)
            self.now += outcome.usage.wall_s
            return outcome

        self.cage = CountingCage(play)

    def judge(
        self, budget: float = 300, seed: int = 1, max_limits: Limits | None = None, **options: Any
    ) -> CheckResult:
        program = {"language": "python", "code": "pass"}
        asked = CHECK_OPTIONS.validate_python(
            {
                "check": "performance",
                "baseline": program,
                "generator": program,
                "sizes": [10, 1000],
                **options,
            }
        )
        files = {"main.js": b"1"}
        submission = Submission("algorithm_optimization", Answer(files=files), "javascript")
        limits = max_limits or Limits(60, 120, 2048, output_kb=16384)
        context = Context(self.cage, lambda: self.now, self.now + budget, limits, seed)
        return run_check("performance", submission, asked, context)
