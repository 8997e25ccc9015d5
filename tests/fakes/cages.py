"""A cage that runs nothing: it counts jobs and answers each one as it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sandboxes.protocol import Description, Job, Outcome, Status, Toolchain, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from sandboxes.protocol import Grip

    Script = Callable[[Job], Outcome]


class CountingCage:
    """Sandbox and session in one."""

    name = "counting"
    image: str | None = None

    def __init__(self, answers: Iterable[Outcome] | Script = ()) -> None:
        self._answers = answers if callable(answers) else _in_turn(answers)
        self.jobs: list[Job] = []
        self.opened = 0
        self.put_files: list[Mapping[str, bytes]] = []

    def open(self, _language: str) -> Self:
        self.opened += 1
        return self

    def toolchain(self, language: str) -> Toolchain:
        return Toolchain(language, "1")

    def describe(self) -> Description:
        return Description(self.name, None, ())

    def declared(self) -> Mapping[str, Grip]:
        return {}

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        self.put_files.append(files)

    def take(self) -> Tree | None:
        return None

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        return self._answers(job)

    build = run

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def _in_turn(answers: Iterable[Outcome]) -> Script:
    left = iter(answers)
    return lambda _job: next(left, Outcome(Status.OK))
