"""A pipeline of our own for commands that work without a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from checkers import jail
from validator.cli.judged import Judged
from validator.domain.clock import RandomIds, SystemClock
from validator.errors import ValidatorError
from validator.intake import parse
from validator.pipeline import Pipeline, SharedSandbox, open_cage

if TYPE_CHECKING:
    from validator.cli.check_inputs import Source
    from validator.settings import Settings


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges sources; safe to call from several threads. Leaving it ends every program."""

    pipeline: Pipeline
    sandbox: SharedSandbox

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Return a judge. A cage is opened with the first check that needs one."""
        clock = SystemClock()
        sandbox = SharedSandbox(lambda: open_cage(settings.sandbox))
        pipeline = Pipeline(
            sandbox, settings.limits, clock, RandomIds(clock), settings.sandbox.jobs
        )
        return cls(pipeline, sandbox)

    def judge(self, source: Source) -> Judged:
        """Return the verdict, or the error that names what to mend."""
        if source.error is not None:
            return Judged(source.name, None, source.error)
        clock = self.pipeline.clock
        began = clock.monotonic()
        try:
            intake = parse(source.body, self.pipeline.limits)
        except ValidatorError as error:
            return Judged(source.name, None, error)
        jail.prepare_for(planned.check for planned in intake.plan.checks)
        verdict = self.pipeline.run(intake, self.pipeline.ids.new("sub"))
        return Judged(source.name, verdict, duration_s=clock.monotonic() - began)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sandbox.close()
