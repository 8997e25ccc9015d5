"""The check as a whole: what goes in, whose fault, and what must not come out."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from checkers.audit.check import AuditCheck
from checkers.audit.judging import judge
from checkers.audit.places import Place
from checkers.protocol import Answer, CheckStatus, Reason
from tests.unit.checkers.audits import BANK, FILE, audit, found, options, report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandboxes.protocol import Sandbox

PERFECT = (
    found("reentrancy", 10, title="Reentrancy in withdraw"),
    found("unchecked_low_level_calls", 16),
    found("access_control", 6),
)
SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "mine"}},
            "results": [
                {
                    "ruleId": one["category"],
                    "level": "error" if one["severity"] == "high" else "warning",
                    "message": {"text": one["explanation"]},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "Bank.sol"},
                                "region": {"startLine": one["lines"][0]},
                            }
                        }
                    ],
                }
                for one in PERFECT
            ],
        }
    ],
}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(findings=PERFECT),
        Answer(findings=SARIF),
        Answer(findings={"findings": list(PERFECT)}),
        Answer(content=json.dumps(PERFECT)),
        Answer(content=json.dumps({"findings": PERFECT})),
        Answer(content=json.dumps(SARIF)),
        Answer(content="see the log", files={"audit.sarif": json.dumps(SARIF).encode()}),
    ],
)
def test_a_perfect_report_passes_in_every_form(answer: Answer) -> None:
    result = audit(answer)

    assert (result.status, result.score) == (CheckStatus.PASS, 100)
    assert result.summary == (
        "3 findings after merging copies; against the known weaknesses the report is excellent"
    )
    assert [finding.category for finding in result.findings] == [
        "access_control",
        "reentrancy",
        "unchecked_low_level_calls",
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(content="I found reentrancy in line 10."), "holds no list of findings; give them"),
        (Answer(content='{"verdict": "safe"}'), "holds no list of findings; give them"),
        (Answer(content="[1, 2"), "holds no list of findings; give them"),
        (Answer(findings={"version": "2.0.0", "runs": []}), "its version is not 2.1.0"),
        (Answer(findings={"a": 1}), "the findings are an object, so a SARIF log"),
        (Answer(files={"a.sarif": b"{"}), "the file 'a.sarif' cannot be read: it is not JSON"),
        (Answer(files={"a.sarif": b"[]"}), "the file 'a.sarif' is no SARIF log"),
        (Answer(files={"a.sarif": b"{}", "b.sarif": b"{}"}), "holds several SARIF files"),
        (Answer(findings=PERFECT * 40_000), "the report holds 120000 findings; at most 1000"),
        (Answer(content=json.dumps(PERFECT * 400)), "the report holds 1200 findings"),
    ],
)
def test_what_is_no_report_fails_with_a_sentence(answer: Answer, said: str) -> None:
    result = audit(answer)

    assert (result.status, result.score) == (CheckStatus.FAIL, 0)
    assert said in result.summary


def test_no_findings_on_a_sound_target_pass_and_prose_does_not() -> None:
    assert audit(Answer(findings=()), known=[]).score == 100
    assert audit(Answer(content="[]"), known=[]).score == 100
    assert audit(Answer(content="all is well"), known=[]).status is CheckStatus.FAIL


def test_invalid_findings_are_named() -> None:
    result = audit(report(*PERFECT, found("made up", 3), found("reentrancy", 999)))

    assert [one.title for one in result.findings if one.category == "invalid_finding"] == [
        (
            "finding 4 has the category 'made up', which is no known name or number of SWC, DASP, "
            "CWE or OWASP"
        ),
        "finding 5 cites lines outside 'Bank.sol', which has lines 1 to 18",
    ]
    assert "2 invalid, which count as false" in result.summary
    assert result.score == 75


def test_pass_at_is_the_tasks() -> None:
    half = report(*PERFECT[:2])
    assert audit(half).score == 80
    assert audit(half).status is CheckStatus.PASS
    assert audit(half, pass_at=81).status is CheckStatus.FAIL


def _seen(gold: list[dict[str, Any]], answer: Answer) -> dict[str, Any]:
    result = replace(audit(answer, known=gold), score=None, status=CheckStatus.UNDECIDED)
    return {name: getattr(result, name) for name in result.__slots__}


def test_nothing_tells_which_finding_matched_or_how_many_weaknesses_there_are() -> None:
    def gold(*rows: tuple[str, int]) -> list[dict[str, Any]]:
        return [{"category": name, "file": FILE, "lines": [line]} for name, line in rows]

    answer = report(found("reentrancy", 10), found("access_control", 6), found("made up", 2))
    one = _seen(gold(("reentrancy", 10)), answer)
    other = _seen(gold(("access_control", 6)), answer)
    several = _seen(gold(("reentrancy", 10), *[("flash_loan", 18)] * 1), answer)
    many = _seen(gold(("reentrancy", 10), ("access_control", 6), ("xxe", 1), ("xss", 2)), answer)

    assert one == other
    assert one["findings"] == many["findings"] == several["findings"]
    assert one["metrics"] == many["metrics"] == several["metrics"]
    assert one["cases"] == ()
    assert one["duration_s"] == 0.0
    assert "flash" not in repr(several)


def test_two_runs_give_equal_results() -> None:
    answer = report(*PERFECT, found("made up", 3))
    shuffled = report(PERFECT[2], PERFECT[0], PERFECT[1], found("made up", 3))

    assert audit(answer) == audit(answer) == audit(shuffled)


def test_faults_of_the_task_are_the_tasks() -> None:
    missing = audit(report(*PERFECT), source=b"\xff\xfe")
    late = audit(report(*PERFECT), source=b"one line")

    assert (missing.status, missing.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert (late.status, late.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "10" not in late.summary


def test_a_broken_task_goes_before_an_answer_without_a_report() -> None:
    prose = audit(Answer(content="All is well."), source=b"one line")

    assert (prose.status, prose.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


def test_a_task_with_an_unknown_category_or_another_file_is_refused() -> None:
    with pytest.raises(ValidationError, match="SWC, DASP, CWE or OWASP"):
        options(known=[{"category": "made up", "file": FILE, "lines": [1]}])
    with pytest.raises(ValidationError, match="must be the target"):
        options(known=[{"category": "SWC-107", "file": "Other.sol", "lines": [1]}])


class FakeScanner:
    def __init__(self, places: tuple[Place, ...] | None) -> None:
        self.places = places

    def __call__(
        self, sandbox: Sandbox, files: Mapping[str, bytes], seconds: float
    ) -> tuple[Place, ...] | None:
        assert files == {FILE: BANK.encode()}
        assert seconds > 0
        return self.places


def test_a_paid_audit_needs_a_scanner_that_could_look() -> None:
    without = audit(report(*PERFECT), paid=True)
    blind = audit(report(*PERFECT), FakeScanner(None), paid=True)

    assert (without.status, without.reason) == (CheckStatus.ERROR, Reason.TOOLCHAIN_MISSING)
    assert (blind.status, blind.reason) == (CheckStatus.ERROR, Reason.INTERNAL)


def test_a_paid_audit_pays_less_for_what_the_scanner_finds() -> None:
    scanner = FakeScanner(
        (Place(FILE, (10, 10), "reentrancy"), Place(FILE, (16, 16), "arithmetic"))
    )
    pasted = report(PERFECT[0])

    assert audit(pasted).score == 50
    assert audit(pasted, scanner).score == 50
    paid = audit(pasted, scanner, paid=True)
    assert paid.score == 23  # R = 0.3 / 2.3
    assert audit(report(*PERFECT), scanner, paid=True).score == 100


def test_the_explanation_is_given_only_when_it_is_asked_for() -> None:
    request = {
        "report": list(PERFECT),
        "files": [FILE],
        "known": [one.model_dump(mode="json") for one in options().known],
        "taxonomy": None,
        "scanned": None,
    }
    quiet = judge(request, BANK.encode())
    told = judge({**request, "explain": True}, BANK.encode())

    assert set(quiet) == {"points", "findings", "refused"}
    assert any("finds reentrancy" in one for one in told["explained"])
    assert told["unresolved"] == []


def test_hostile_findings_end_in_time_and_as_text() -> None:
    markup = "<script>alert(1)</script>\u202e\x1b[31m{{7*7}}"
    nasty: list[dict[str, Any]] = [
        found("reentrancy", 10, title=markup, explanation=markup),
        found(markup, 1),
        found("reentrancy", 1, lines=[10**9, 10**9]),
        found("reentrancy", 1, lines=[10**400, 10**400]),
        found("reentrancy", 1, file="../../etc/passwd"),
        {"category": {"$ref": "#"}, "lines": {"a": 1}},
        found("reentrancy", 10, explanation="x" * 3_000_000),
    ]
    nasty += [found("arithmetic", 1, 18, explanation=f"n{number}") for number in range(900)]
    started = time.monotonic()
    result = audit(report(*nasty))

    assert time.monotonic() - started < 20
    assert result.status is CheckStatus.FAIL
    assert all(len(one.explanation) <= 500 for one in result.findings)
    assert sum(one.category == "invalid_finding" for one in result.findings) == 5


def test_the_largest_pairing_ends_in_time() -> None:
    source = "function f() {\n" + "  alpha;\n" * 5000 + "}\n"
    gold = [{"category": "arithmetic", "file": FILE, "lines": [n * 3 + 2]} for n in range(200)]
    many = [found("arithmetic", n + 2, n + 12, explanation="alpha") for n in range(1000)]
    started = time.monotonic()
    result = audit(report(*many), source=source.encode(), known=gold)

    assert result.status is CheckStatus.FAIL
    assert time.monotonic() - started < 30


def test_the_check_is_stateless_and_named() -> None:
    assert AuditCheck().name == "audit"
    assert options().has_hidden
