"""Somebody who knows all of a task but one hidden number guesses it by trying (row 11)."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from checkers.protocol import Case, CheckResult, CheckStatus, Tool
from tests.fakes.bundles import SIGNER, log_of
from tests.fakes.evidence import memory_log
from tests.fakes.store import START, CountingIds, FrozenClock
from tests.fakes.submissions import STDIN_CASE, body
from validator.domain.submission import LOCAL_OWNER, Origin, State, SubmissionRow
from validator.domain.verdict import RULES
from validator.evidence.salts import Salts
from validator.evidence.seal import Grounds, seal
from validator.evidence.withheld import whole_digest
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.settings import LimitSettings
from validator.web.redact import public_event
from validator.web.replies import submission_document
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.documents import check_to_json, verdict_to_json

if TYPE_CHECKING:
    from validator.domain.submission import Intake
    from validator.domain.verdict import Verdict

LIMITS = LimitSettings()
VALUES = range(4000, 4100)
FORMS = {
    "a hidden case": lambda value: {
        "check": "tests",
        "cases": [STDIN_CASE, {"stdin": "7", "expected_stdout": str(value), "hidden": True}],
    },
    "a hidden call": lambda value: {
        "check": "tests",
        "entry": "square",
        "calls": [{"args": [2], "expected": 4}, {"args": [value], "expected": 1, "hidden": True}],
    },
    "a gold answer": lambda value: {"check": "math", "expected": value},
    "a word to mention": lambda value: {"check": "reasoning", "must_mention": [str(value)]},
    "a harness": lambda value: {
        "check": "tests",
        "harness": {
            "language": "python",
            "files": {"test_it.py": f"assert answer() == {value}\n"},
            "command": ["python", "test_it.py"],
            "expect_tests": ["a"],
        },
    },
    "a comparator": lambda value: {
        "check": "tests",
        "cases": [STDIN_CASE],
        "comparator": {"program": {"language": "python", "code": f"print({value})"}},
    },
}


def submission(form: str, value: int) -> bytes:
    return body({"checks": [FORMS[form](value)]})


def wrong(name: str, *_: Any) -> CheckResult:
    """A check that the answer failed, whatever was hidden: no guess is right."""
    cases = (Case("case 1", CheckStatus.PASS), Case("case 2", CheckStatus.FAIL, hidden=True))
    return CheckResult(name, CheckStatus.FAIL, 50, "1 of 2", cases=cases, tool=Tool("t", "1"))


def judged(intake: Intake) -> Verdict:
    def no_cage() -> Any:
        raise AssertionError("nothing is run")

    pipeline = Pipeline(no_cage, LIMITS, FrozenClock(), CountingIds(), jobs=1, run_check=wrong)
    return pipeline.run(intake, f"sub_{1:032x}")


def public_view(form: str, value: int, salts: Salts) -> dict[str, Any]:
    """Everything that anybody but the operator is ever given of this submission."""
    content = submission(form, value)
    intake = parse(content, LIMITS)
    verdict = judged(intake)
    document = verdict_to_json(verdict)
    row = SubmissionRow(
        verdict.submission_id, LOCAL_OWNER, Origin.API, State.DONE, None, 1, "code", None, None,
        intake.task_digest, intake.answer_digest, sha256_digest(content), START, START,
        verdict.verdict_id,
    )  # fmt: skip
    grounds = Grounds(
        content, intake, Origin.API, LOCAL_OWNER, START, LIMITS.model_dump(mode="json"), "policy/1"
    )
    made = seal(verdict, grounds, [SIGNER], salts.of(verdict.verdict_id))
    with memory_log(1) as log:
        bundle = log_of(made, log)[0].document()
    return {
        "submission": submission_document(row, document),
        "events": [public_event("check", check_to_json(each)) for each in verdict.checks],
        "statement": json.loads(made.envelope.payload),
        "bundle": bundle,
    }


@cache
def views(form: str) -> tuple[dict[str, Any], ...]:
    return tuple(public_view(form, value, Salts(bytes([value % 256]) * 32)) for value in VALUES)


def without_salted(value: Any) -> Any:
    """The same without the commitments, of which the salt is not known."""
    if isinstance(value, dict):
        return {
            name: without_salted(item) for name, item in value.items() if name != "saltedSha256"
        }
    return [without_salted(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", FORMS)
def test_what_is_shown_without_a_salt_is_the_same_for_every_value(form: str) -> None:
    shown = {
        canonical_json(
            without_salted({name: view[name] for name in ("submission", "events", "statement")})
        )
        for view in views(form)
    }

    assert len(shown) == 1


@pytest.mark.parametrize("form", FORMS)
def test_no_digest_that_can_be_computed_from_a_guess_stands_in_anything_public(form: str) -> None:
    for value, view in zip(VALUES, views(form), strict=True):
        shown = json.dumps(view) + json.dumps(view["statement"])
        content = submission(form, value)
        intake = parse(content, LIMITS)
        task = json.loads(content)["task"]
        whole_plan = [item.options.model_dump(mode="json", by_alias=True) | {
            "weight": item.weight, "required": item.required, "sufficient": item.sufficient,
            "pass_at": item.pass_at,
        } for item in intake.plan.checks]  # fmt: skip
        for digest in (
            intake.task_digest,
            whole_digest(task),
            sha256_digest(content),
            sha256_digest(canonical_json({"rules": RULES, "checks": whole_plan})),
            sha256_digest(canonical_json(task)),
            sha256_digest(canonical_json(task["checks"])),
        ):
            assert digest.removeprefix("sha256:") not in shown


def test_plans_that_differ_in_what_may_be_seen_have_other_digests() -> None:
    def digest(**changes: Any) -> str:
        check = FORMS["a hidden case"](1) | changes
        return parse(body({"checks": [check]}), LIMITS).plan.digest

    assert digest() == digest()
    seen = {digest(), digest(weight=2), digest(limits={"cpu_s": 1}), digest(cases=[STDIN_CASE] * 2)}
    assert len(seen) == 4


def test_result_and_plan_digest_of_two_runs_are_the_same() -> None:
    content = submission("a hidden case", 4711)
    first, second = (judged(parse(content, LIMITS)) for _ in range(2))

    assert first.result_digest == second.result_digest
    assert first.plan_digest == second.plan_digest
