"""`tos-validator check`: the automatic checks in this process, without a server."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from validator.cli.check_inputs import is_single, sources
from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SandboxOption,
    read_settings,
)
from validator.cli.output import (
    EXIT_BAD_INPUT,
    EXIT_OK,
    EXIT_OPEN,
    EXIT_REJECTED,
    print_error,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from validator.cli.judged import Judged

T = TypeVar("T")
AHEAD = 4  # submissions read ahead for each job, so that a long file is never held whole


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Submissions; .jsonl has one a line; - is stdin."),
    ],
    sandbox: SandboxOption = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Submissions at once.")] = 1,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge answers with the automatic checks, in this process.

    Example: tos-validator check answer.json

    Exit code: 0 accept, 1 reject, 3 escalate or abstain, 2 bad input; of several, the gravest.
    """
    from validator.cli.judge import Judge

    settings = read_settings(config, data_dir, sandbox).settings
    asked = sources(files, settings.limits.submission_bytes)
    with Judge.open(settings) as judge:
        found = in_order(judge.finish, judge.ready(asked), jobs)
        if as_json:
            codes = [_print_line(item) for item in found]
        else:
            from validator.cli.verdict_view import present

            codes = [item.exit_code for item in present(found, single=is_single(files))]
    raise typer.Exit(overall(codes))


def in_order(judge: Callable[[T], Judged], items: Iterable[T], jobs: int) -> Iterator[Judged]:
    """Judge several at once and yield the results in the order of the sources."""
    if jobs == 1:
        yield from map(judge, items)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="submission")
    waiting: deque[Future[Judged]] = deque()
    try:
        for source in items:
            waiting.append(pool.submit(judge, source))
            if len(waiting) >= jobs * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def overall(codes: Iterable[int]) -> int:
    """Return the exit code of several: bad input, else open, else rejected, else accepted."""
    found = set(codes)
    order = (EXIT_BAD_INPUT, EXIT_OPEN, EXIT_REJECTED)
    return next((code for code in order if code in found), EXIT_OK)


def _print_line(item: Judged) -> int:
    from validator.wire.documents import verdict_to_json

    if item.verdict is not None:
        print_json(verdict_to_json(item.verdict))
    elif item.error is not None:
        print_error(item.error, as_json=True, place=item.name)
    return item.exit_code
