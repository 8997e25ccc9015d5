"""`claims`: are a report's numbers right. Each is recomputed from the task's own data, twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from checkers import jail
from checkers.claims.charts import chart_findings
from checkers.claims.plan import Item, plan
from checkers.claims.reruns import Reruns
from checkers.claims.tally import Ended, result_of, text_findings
from checkers.protocol import CheckResult, CheckStatus, Reason
from checkers.results import failed, task_fault, undecided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.claims.charts import Probe
    from checkers.claims.options import ClaimsOptions
    from checkers.protocol import Answer, Context, Submission

SECONDS: Final = 120.0
"""For the questions, and once more for all further claims."""

FAIR_SECONDS: Final = 60.0
"""With less than this left, what did not end in time may be our own slowness."""

TOO_MUCH: Final = "is among further claims that took too much time or memory to recompute"
TEXT_SECONDS: Final = 60.0
"""Many times what the longest text takes: counts of work, never this clock, end the reading."""


class ClaimsCheck:
    """Recomputes in the jail, runs programs of the answer in the sandbox.

    `image_probe` looks into attached charts; without one their first bytes alone are looked at.
    """

    name = "claims"
    version = "1"

    def __init__(self, image_probe: Probe | None = None) -> None:
        self._image_probe = image_probe

    def check(
        self, submission: Submission, options: ClaimsOptions, context: Context
    ) -> CheckResult:
        """Judge one answer."""
        dataset = submission.materials.get(options.dataset)
        if dataset is None:
            return task_fault(self.name, f"the task has no material called {options.dataset}")
        items = plan(submission.answer, options)
        texts, numbers = self._read_texts(submission.answer, options, context)
        if not items:
            return replace(
                failed(self.name, "the answer makes no claims", texts), metrics={"numbers": numbers}
            )
        computed = _recompute(items, dataset, options, context)
        if isinstance(computed, CheckResult):
            return computed
        ended, metrics = computed
        ended = _rerun(ended, submission.answer, dataset, options, context)
        charts = chart_findings(submission.answer.files, self._image_probe, context.remaining)
        return result_of(ended, (*texts, *charts), options, {**metrics, "numbers": numbers})

    def _read_texts(
        self, answer: Answer, options: ClaimsOptions, context: Context
    ) -> tuple[tuple[Any, ...], float]:
        """Findings about the free text, and how many numbers it states about the data."""
        named = {"content": answer.content, "documentation": answer.documentation}
        texts = {name: text for name, text in named.items() if text}
        if not texts:
            return (), 0.0
        request = {
            "texts": texts,
            "columns": [column.name for column in options.columns],
            "claims": list(answer.claims),
        }
        seconds = min(TEXT_SECONDS, context.remaining())
        try:
            reply = jail.run("report_text", request, seconds=seconds)
        except jail.JailError:
            return text_findings(None), 0.0
        return text_findings(reply), float(reply["numbers"])


def _recompute(
    items: Sequence[Item], dataset: bytes, options: ClaimsOptions, context: Context
) -> tuple[list[Ended], dict[str, float]] | CheckResult:
    """Let the jail decide every claim whose number can be computed from a query.

    Questions come first and by themselves: no further claim can take their time or end their jail.
    A question without an answer is computed, too: whether the task's own part works must not
    depend on what one answer left out.
    """
    verdicts: dict[int, tuple[str, str]] = {}
    metrics = {"rows": 0.0, "computed_twice": 0.0, "engine_defects": 0.0}
    further = [item for item in items if item.needs_computing and not item.asked]
    for group in ([item for item in items if item.asked], further):
        if not group:
            continue
        seconds = min(SECONDS, context.remaining())
        try:
            reply = jail.run("claims", _request(group, options), blobs=[dataset], seconds=seconds)
        except jail.JailError as error:
            if group is not further:
                return undecided("claims", "recomputing the answers took too much time or memory")
            fair = seconds >= FAIR_SECONDS and error.reason is not Reason.MACHINE_BUSY
            end = ("wrong" if fair else "undecided", TOO_MUCH)
            verdicts |= {id(item): end for item in group}
            continue
        if "fault" in reply:
            fault = f"dataset {options.dataset} is not as declared: {reply['fault']}"
            return task_fault("claims", fault)
        verdicts |= {id(i): (v, why) for i, (v, why) in zip(group, reply["items"], strict=True)}
        metrics["rows"] = float(reply["rows"])
        metrics["computed_twice"] += reply["twice"]
        metrics["engine_defects"] += len(reply["defects"])
    return _all_ended(items, verdicts, metrics)


def _request(items: Sequence[Item], options: ClaimsOptions) -> dict[str, Any]:
    return {
        "name": options.dataset,
        "columns": [column.model_dump(mode="json") for column in options.columns],
        "dialect": options.dialect.model_dump(mode="json"),
        "tolerance": options.tolerance.model_dump() if options.tolerance else None,
        "items": [_item(item) for item in items],
    }


def _all_ended(
    items: Sequence[Item], verdicts: Mapping[int, tuple[str, str]], metrics: dict[str, float]
) -> tuple[list[Ended], dict[str, float]] | CheckResult:
    ended = []
    for item in items:
        verdict, why = verdicts.get(id(item), ("", ""))
        if item.asked and verdict == "unfit":
            # Of a hidden question not even the reason may show: it speaks of the query.
            name = "a hidden question" if item.hidden else f"question {item.name}"
            reason = "" if item.hidden else f": {why}"
            return task_fault("claims", f"{name} has no answer in the dataset{reason}")
        ended.append(_ended(item, verdict, why))
    return ended, metrics


def _item(item: Item) -> dict[str, Any]:
    assert item.query is not None  # noqa: S101 - only such items are asked about
    claim = item.claim
    return {
        "query": item.query.plain(),
        "value": claim.value if claim is not None and item.needs_computing else None,
        "unit": item.unit,
        "asked": item.asked,
    }


def _ended(item: Item, verdict: str, why: str) -> Ended:
    if item.end is not None:
        return Ended(item, item.end, item.why)
    if item.query is None:  # only its own program can speak for it
        return Ended(item, CheckStatus.SKIPPED, "")
    if verdict == "unfit":
        return Ended(item, CheckStatus.FAIL, f"cannot be computed: {why}")
    status = {"right": CheckStatus.PASS, "undecided": CheckStatus.UNDECIDED}.get(
        verdict, CheckStatus.FAIL
    )
    return Ended(item, status, why)


def _rerun(
    ended: list[Ended], answer: Answer, dataset: bytes, options: ClaimsOptions, context: Context
) -> list[Ended]:
    """Run the programs that claims bring, where the number itself did not fail already."""
    if not any(_to_rerun(one) for one in ended):
        return ended
    with context.sandbox.open("python") as session:
        reruns = Reruns(session, answer, dataset, options, context)
        return [_after(one, reruns) if _to_rerun(one) else one for one in ended]


def _to_rerun(one: Ended) -> bool:
    claim = one.item.claim
    return one.status is not CheckStatus.FAIL and claim is not None and claim.program is not None


def _after(one: Ended, reruns: Reruns) -> Ended:
    status, why = reruns.rerun(one.item)
    if status is CheckStatus.PASS or (status is CheckStatus.SKIPPED and one.item.query is not None):
        return one  # a program of the miner's shows where a number comes from, not that it is right
    return Ended(one.item, status, why)
