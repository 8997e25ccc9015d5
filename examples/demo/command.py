"""`python -m examples`: options, the order of things, exit codes."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from examples.demo import corpus, index, market, report, screen
from examples.demo.client import judge_all
from examples.demo.results import summarize
from examples.demo.service import NoServiceError, OwnService, await_ready
from examples.demo.stopping import EXIT_CODE as STOPPED
from examples.demo.stopping import Stop, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from examples.demo.corpus import Example
    from examples.demo.ledger import Entry
    from examples.demo.results import Judged
    from examples.scenarios.pictures import Picture

AGREED, DIFFERED, UNUSABLE = 0, 1, 2
DEFAULT_REPORT = Path("reports/demo.html")
SCENARIO_REPORT = Path("reports/scenarios.html")


def main(stop: Stop, argv: Sequence[str] | None = None) -> int:
    """Run the demo. 0: all as expected; 1: something differs; 2: it cannot run; 130: stopped."""
    options = _parser().parse_args(argv)
    try:
        if options.scenarios:
            return _scenarios(options, stop)
        examples = corpus.select(corpus.load(), options.only)
        if options.write:
            return index.write(corpus.load())
        if options.list or options.print:
            return _print(examples, whole=options.print)
        return _demo(options, examples, stop)
    except (corpus.CorpusError, NoServiceError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return UNUSABLE
    except StoppedError:
        print("demo: stopped; nothing is left behind", file=sys.stderr)
        return STOPPED


def _demo(options: argparse.Namespace, examples: Sequence[Example], stop: Stop) -> int:
    console = screen.make_console()
    if options.url is None:
        _require_cage(options.sandbox)
    traded = () if options.url or options.no_chain else market.picked(examples)
    with _service(options, console, stop, chain=bool(traded)) as (url, service):
        began = time.monotonic()
        judged = _judge(console, url, examples, options.jobs, stop)
        seconds = time.monotonic() - began
        posted, trouble = _trade(console, service, traded, stop)
    order = {example.name: place for place, example in enumerate(examples)}
    judged.sort(key=lambda item: order[item.example.name])
    summary = summarize(judged, seconds)
    screen.show(console, judged, summary)
    if posted:
        screen.show_chain(console, posted)
    report.write(options.report, judged, summary, posted)
    console.print(f"report: {options.report}")
    if trouble:
        print(f"demo: {trouble}", file=sys.stderr)
    agreed = not trouble and summary.all_agree and all(entry.agrees for entry in posted)
    return AGREED if agreed else DIFFERED


def _scenarios(options: argparse.Namespace, stop: Stop) -> int:
    """Judge the scenarios, one answer at a time: a speed-up needs a quiet machine."""
    from examples.scenarios.data import lay_out

    console = screen.make_console()
    _require_cage(options.sandbox)
    with tempfile.TemporaryDirectory(prefix="tosv-scenarios-") as folder:
        examples = corpus.select(corpus.load(lay_out(Path(folder))), options.only)
    with _service(options, console, stop, chain=False) as (url, _):
        began = time.monotonic()
        judged = _judge(console, url, examples, 1, stop)
        summary = summarize(judged, time.monotonic() - began)
    judged.sort(key=lambda item: item.example.name)
    screen.show(console, judged, summary)
    path = SCENARIO_REPORT if options.report == DEFAULT_REPORT else options.report
    report.write(path, judged, summary, shown=_pictures(options.sandbox, judged))
    console.print(f"report: {path}")
    return AGREED if summary.all_agree else DIFFERED


def _pictures(backend: str, judged: Sequence[Judged]) -> dict[str, tuple[Picture, ...]]:
    from examples.scenarios.pictures import pictures
    from sandboxes.factory import open_sandbox

    sandbox = open_sandbox(backend)
    try:
        return pictures(judged, sandbox)
    finally:
        sandbox.close()


def _judge(
    console: Console, url: str, examples: Sequence[Example], jobs: int, stop: Stop
) -> list[Judged]:
    judged = []
    with screen.progress(console, len(examples)) as advance:
        for item in judge_all(url, examples, jobs, stop):
            judged.append(item)
            advance(item)
    return judged


def _trade(
    console: Console, service: OwnService | None, examples: Sequence[Example], stop: Stop
) -> tuple[tuple[Entry, ...], str]:
    """Let example miners answer on the service's chain, as far as these examples go there.

    Return the verdicts, and one sentence when it did not come to any.
    """
    if service is None or service.chain_port is None:
        return (), ""
    from examples.demo.onchain import trade  # loads the signer's side: not without a chain

    console.print(f"development chain: {len(examples)} answers of example miners ...")
    try:
        with screen.chain_progress(console) as progress:
            return trade(service.chain_port, service.data_dir, examples, stop, progress), ""
    except NoServiceError as error:  # what was judged over HTTP is shown all the same
        return (), str(error)


@contextlib.contextmanager
def _service(
    options: argparse.Namespace, console: Console, stop: Stop, *, chain: bool
) -> Iterator[tuple[str, OwnService | None]]:
    """Yield the URL, and the service when it is the demo's own."""
    if options.url is not None:
        await_ready(options.url, stop)
        yield options.url, None
        return
    console.print("starting the service in a temporary folder ...")
    with OwnService(stop, options.sandbox, chain=chain) as service:
        console.print(f"ready: {service.url} (open it to watch)")
        yield service.url, service
        console.print("stopping the service ...")


def _require_cage(backend: str) -> None:
    """Say in one sentence that no answer can be run here, before anything is started."""
    from sandboxes.factory import open_sandbox
    from sandboxes.protocol import SandboxError
    from validator.errors import ConfigurationError
    from validator.settings import load_settings

    try:
        sandbox = load_settings().sandbox
        chosen = sandbox.backend if backend == "auto" else backend
        open_sandbox(
            chosen, images=sandbox.images, daemon=sandbox.daemon, engine=sandbox.address
        ).close()
    except ConfigurationError as error:
        raise NoServiceError(error.detail) from error
    except SandboxError as error:
        raise NoServiceError(f"no answer can be run on this machine: {error}") from error


def _print(examples: Sequence[Example], *, whole: bool) -> int:
    for example in examples:
        text = example.body().decode() if whole else f"{example.name}\t{example.expected}"
        print(text)
    return AGREED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples",
        description="Judge the answers of examples/ through the whole service.",
        epilog="example: python -m examples --only interval-merge --report /tmp/report.html",
    )
    parser.add_argument("--url", help="use a running service instead of starting one")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a task or task/answer"
    )
    parser.add_argument("--report", type=Path, default=DEFAULT_REPORT, metavar="PATH")
    parser.add_argument("--jobs", type=_positive, default=4, help="answers under way at once")
    parser.add_argument("--sandbox", choices=("auto", "docker", "bubblewrap"), default="auto")
    parser.add_argument(
        "--no-chain", action="store_true", help="judge over HTTP alone, without a chain"
    )
    parser.add_argument(
        "--scenarios", action="store_true", help="the audit, the report and the picture filter"
    )
    parser.add_argument("--list", action="store_true", help="list the answers and end")
    parser.add_argument(
        "--print", action="store_true", help="print submissions, one a line, for `check -`"
    )
    parser.add_argument(
        "--write", action="store_true", help="renew examples/README.md and examples/submissions/"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be 1 to 64")
    return number
