"""Every answer of the corpus, judged in this process: as expected, and twice alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from examples.demo import corpus
from sandboxes.factory import open_sandbox
from tests.components import SOAK, missing, require_bubblewrap, require_docker
from validator.domain.clock import RandomIds, SystemClock
from validator.errors import ValidatorError
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.settings import LimitSettings, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandboxes.protocol import Sandbox

EXAMPLES = corpus.load()
TASKS = sorted({example.task for example in EXAMPLES})
SAMPLED = TASKS if SOAK else TASKS[::6]
"""A container for each answer takes its time: the short form asks the engine for some tasks."""

REPEATED = TASKS if SOAK else TASKS[1::6]
"""Tasks whose answers are judged a second time."""

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run decided; `digest` covers everything that a second run must repeat."""

    decision: str
    digest: str
    score: int | None = None
    detail: str = ""


def judge(pipeline: Pipeline, example: corpus.Example) -> Outcome:
    try:
        intake = parse(example.body(), pipeline.limits)
    except ValidatorError as error:
        return Outcome("refused", repr(error.errors), detail=error.detail)
    verdict = pipeline.run(intake, "sub_test")
    if any(record.result.reason == "toolchain_missing" for record in verdict.checks):
        missing(f"no toolchain for {example.document['task'].get('language')} here")
    detail = "; ".join(f"{r.result.check}: {r.result.summary}" for r in verdict.checks)
    return Outcome(verdict.decision.value, verdict.result_digest, verdict.score, detail)


def judge_task(pipeline: Pipeline, task: str) -> dict[str, Outcome]:
    examples = [example for example in EXAMPLES if example.task == task]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda example: judge(pipeline, example), examples)
        return {
            example.answer: outcome for example, outcome in zip(examples, outcomes, strict=True)
        }


def expected(task: str) -> dict[str, str]:
    return {example.answer: example.expected for example in EXAMPLES if example.task == task}


def pipeline_on(sandbox: Sandbox) -> Pipeline:
    clock = SystemClock()
    return Pipeline(lambda: sandbox, LimitSettings(), clock, RandomIds(clock))


@pytest.fixture(scope="module")
def embedded() -> Iterator[Pipeline]:
    require_bubblewrap()
    sandbox = open_sandbox("bubblewrap")
    yield pipeline_on(sandbox)
    sandbox.close()


@pytest.fixture(scope="module")
def contained() -> Iterator[Pipeline]:
    require_docker()
    sandbox = open_sandbox("docker", images=SandboxSettings().images)
    yield pipeline_on(sandbox)
    sandbox.close()


@pytest.mark.parametrize("task", TASKS)
def test_embedded_verdicts_are_as_expected(embedded: Pipeline, task: str) -> None:
    outcomes = judge_task(embedded, task)
    decisions = {answer: outcome.decision for answer, outcome in outcomes.items()}
    assert decisions == expected(task), {k: v.detail for k, v in outcomes.items()}


@pytest.mark.parametrize("task", REPEATED)
def test_a_second_run_gives_the_same_digests(embedded: Pipeline, task: str) -> None:
    first, second = judge_task(embedded, task), judge_task(embedded, task)
    assert {k: v.digest for k, v in second.items()} == {k: v.digest for k, v in first.items()}


@pytest.mark.docker
@pytest.mark.parametrize("task", SAMPLED)
def test_containers_give_the_same_scores(
    contained: Pipeline, embedded: Pipeline, task: str
) -> None:
    outcomes = judge_task(contained, task)
    decisions = {answer: outcome.decision for answer, outcome in outcomes.items()}
    assert decisions == expected(task), {k: v.detail for k, v in outcomes.items()}
    scores = {answer: outcome.score for answer, outcome in outcomes.items()}
    assert scores == {k: v.score for k, v in judge_task(embedded, task).items()}
