"""A pipeline of our own for commands that work without a server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from checkers import jail
from validator.cli.judged import Judged
from validator.domain.clock import RandomIds, SystemClock
from validator.errors import ValidatorError
from validator.intake import parse
from validator.pipeline import Pipeline, SharedSandbox, open_cage
from validator.pipeline.together import MOST, ahead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from validator.cli.check_inputs import Source
    from validator.domain.submission import Intake
    from validator.settings import Settings


@dataclass(frozen=True, slots=True)
class Ready:
    """A source that was read: a submission and the pipeline for it, or why it is none.

    `spent_s` is its share of what was done for several at once.
    """

    name: str
    intake: Intake | None
    pipeline: Pipeline
    error: ValidatorError | None = None
    spent_s: float = 0.0


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
        return self.finish(self._read(source))

    def ready(self, found: Iterable[Source]) -> Iterator[Ready]:
        """Read sources in groups, and do at once what a group has in common.

        A group holds no more bytes than the largest submission may have, and one submission more.
        """
        for group in _groups(found, self.pipeline.limits.submission_bytes):
            items = [self._read(source) for source in group]
            intakes = [item.intake for item in items if item.intake is not None]
            began = self.pipeline.clock.monotonic()
            pipelines = iter(ahead(self.pipeline, intakes))
            spent_s = (self.pipeline.clock.monotonic() - began) / max(1, len(intakes))
            for item in items:
                if item.intake is None:
                    yield item
                else:
                    yield replace(item, pipeline=next(pipelines), spent_s=spent_s)

    def finish(self, item: Ready) -> Judged:
        """Judge what was read."""
        if item.intake is None:
            return Judged(item.name, None, item.error)
        clock = item.pipeline.clock
        began = clock.monotonic()
        verdict = item.pipeline.run(item.intake, item.pipeline.ids.new("sub"))
        return Judged(item.name, verdict, duration_s=item.spent_s + clock.monotonic() - began)

    def _read(self, source: Source) -> Ready:
        if source.error is not None:
            return Ready(source.name, None, self.pipeline, source.error)
        try:
            intake = parse(source.body, self.pipeline.limits)
        except ValidatorError as error:
            return Ready(source.name, None, self.pipeline, error)
        jail.prepare_for(planned.check for planned in intake.plan.checks)
        return Ready(source.name, intake, self.pipeline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sandbox.close()


def _groups(found: Iterable[Source], most_bytes: int) -> Iterator[list[Source]]:
    group: list[Source] = []
    held = 0
    for source in found:
        group.append(source)
        held += len(source.body)
        if len(group) == MOST or held >= most_bytes:
            yield group
            group, held = [], 0
    if group:
        yield group
