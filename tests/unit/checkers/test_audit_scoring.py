"""The rule step by step, with the worked example."""

from __future__ import annotations

import json
import re

import pytest

from checkers.audit.assignment import best_pairs
from checkers.audit.explaining import sentences
from checkers.audit.explanations import Source
from checkers.audit.findings import Reported, ReportError, read_report
from checkers.audit.matching import merge
from checkers.audit.places import Place
from checkers.audit.scoring import score
from tests.components import require_shared_data
from tests.unit.checkers.audits import (
    BANK,
    FILE,
    GOLD,
    LINES,
    NAMED,
    SOURCES,
    found,
    known,
    points,
    scored,
)

REENTRANCY = found("reentrancy", 10, 12)
UNCHECKED = found("unchecked_low_level_calls", 14, 16)
OWNER = found("access_control", 6)
TWICE = found("reentrancy", 10)
FALSE = found("arithmetic", 12)


def test_worked_example() -> None:
    assert points([REENTRANCY, UNCHECKED, OWNER, TWICE, FALSE]) == 86
    assert points([REENTRANCY, UNCHECKED, TWICE, FALSE]) == 67


def test_worked_example_of_a_pasted_scanner() -> None:
    low_level = [found("unchecked_low_level_calls", line) for line in (10, 16)]
    paste = [*low_level, REENTRANCY, found("unchecked_low_level_calls", 16)]
    assert points(paste) == 67


# step 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"category": "made up"}, "has the category 'made up'"),
        ({"category": None}, "has no category"),
        ({"file": "Other.sol"}, "is about 'Other.sol'; the audited file is 'Bank.sol'"),
        ({"file": 7}, "has no file"),
        ({"lines": [1, 10**9]}, "cites lines outside 'Bank.sol', which has lines 1 to 18"),
        ({"lines": [0, 1]}, "cites lines outside"),
        ({"lines": [-5, 1]}, "cites lines outside"),
        ({"lines": [9, 3]}, "has its last line before its first"),
        ({"lines": []}, "has no lines"),
        ({"lines": [1, 2, 3]}, "has no lines"),
        ({"lines": "10"}, "has no lines"),
        ({"lines": [True, 2]}, "no whole numbers"),
        ({"lines": [1.5, 2]}, "no whole numbers"),
        ({"lines": None}, "no whole numbers"),
        ({"severity": "terrible"}, "has an unknown severity"),
        ({"explanation": ["x"]}, "has an explanation that is no text"),
        ({"title": 3}, "has a title that is no text"),
    ],
)
def test_an_invalid_finding_is_named_and_counts_as_a_false_alarm(
    change: dict[str, object], said: str
) -> None:
    bad = REENTRANCY | change
    reading = read_report([OWNER, bad], {FILE: LINES})

    assert [one.number for one in reading.refused] == [2]
    assert said in reading.refused[0].why
    assert points([*_perfect(), bad]) == points([*_perfect(), FALSE]) == 86


@pytest.mark.parametrize("entry", [None, 7, "text", [], True, 1e308, {}])
def test_an_entry_that_is_no_finding_is_an_invalid_one(entry: object) -> None:
    assert len(read_report([entry], {FILE: LINES}).refused) == 1


def test_copies_of_an_invalid_finding_count_once() -> None:
    bad = REENTRANCY | {"category": "made up"}
    assert points([*_perfect(), bad, bad, bad]) == points([*_perfect(), bad])


def test_lines_come_in_several_forms() -> None:
    forms = ({"lines": [10]}, {"lines": 10}, {"line_start": 10, "line_end": 10}, {"line_start": 10})
    for form in forms:
        entry = {name: value for name, value in REENTRANCY.items() if name != "lines"} | form
        assert read_report([entry], {FILE: LINES}).reported[0].place.lines == (10, 10)


def test_a_longer_path_to_the_only_such_file_will_do() -> None:
    for name in ("./Bank.sol", "contracts/Bank.sol", "/home/me/Bank.sol"):
        assert points([OWNER | {"file": name}], known(GOLD[0])) == 100
    assert points([OWNER | {"file": "NotBank.sol"}], known(GOLD[0])) == 0
    without = {name: value for name, value in OWNER.items() if name != "file"}
    assert points([without], known(GOLD[0])) == 100


def test_a_report_of_too_many_findings_is_refused_whole() -> None:
    with pytest.raises(ReportError, match="holds 100000 findings; at most 1000"):
        read_report([FALSE] * 100_000, {FILE: LINES})


# step 2


def _merged(*lines: tuple[int, int]) -> list[tuple[int, int]]:
    reported = [Reported(Place(FILE, one, "arithmetic"), "low", "", "") for one in lines]
    return [one.place.lines for one in merge(reported)]


def test_touching_findings_merge_up_to_five_lines() -> None:
    assert _merged((1, 2), (3, 5)) == [(1, 5)]
    assert _merged((1, 2), (3, 6)) == [(1, 2), (3, 6)]
    assert _merged((1, 2), (4, 5)) == [(1, 2), (4, 5)]
    assert _merged(*((line, line) for line in range(1, 13))) == [(1, 5), (6, 10), (11, 12)]
    assert _merged((1, 40), (1, 40)) == [(1, 40)]
    assert _merged((1, 40), (2, 2)) == [(1, 40), (2, 2)]


def test_other_categories_are_not_merged() -> None:
    names = ("arithmetic", "precision_loss")
    reported = [Reported(Place(FILE, (1, 1), name), "low", "", "") for name in names]
    assert len(merge(reported)) == 2


def test_repeating_a_finding_with_every_severity_gains_nothing() -> None:
    severities = ("critical", "high", "medium", "low", "info")
    every = [OWNER | {"severity": severity} for severity in severities]
    assert points(every, known(GOLD[0])) < points([OWNER], known(GOLD[0])) == 100


# step 3


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (10, 10, 100),
        (13, 13, 100),
        (7, 7, 100),
        (8, 13, 100),
        (6, 6, 0),  # four lines off, in another function
        (14, 14, 0),
        (1, 15, 100),
        (1, 18, 83),  # 15 of 18
    ],
)
def test_weight_by_distance_and_span(first: int, last: int, expected: int) -> None:
    assert points([found("reentrancy", first, last)], known(GOLD[1])) == expected


def test_the_same_function_alone_gives_half() -> None:
    long = "contract L {\n  function f(uint aa) public {\n" + "    aa += 1;\n" * 12 + "  }\n}\n"
    source = {FILE: Source(FILE, long)}
    entry = found("reentrancy", 2, explanation="f takes aa")
    reading = read_report([entry], {FILE: long.count("\n")})
    assert score(reading, known(("reentrancy", 12, None)), source).points == 50


def test_a_group_and_its_kind_match() -> None:
    assert points([found("SWC-115", 6, severity="high")], known(GOLD[0])) == 100
    assert points([found("DASP-2", 6, severity="high")], known(("tx_origin", 6, "high"))) == 100
    assert points([found("SWC-106", 6, severity="high")], known(("tx_origin", 6, "high"))) == 0


def test_pairing_is_the_best_one_and_not_the_greedy_one() -> None:
    # Greedy takes 10 for the first row and leaves 0 for the second: 10 in place of 18.
    assert best_pairs([[10, 9], [9, 0]]) == [(0, 1), (1, 0)]
    assert best_pairs([[0, 0], [0, 0]]) == []
    assert best_pairs([]) == []
    assert best_pairs([[]]) == []
    assert best_pairs([[5], [7]]) == [(1, 0)]


def test_one_finding_pairs_with_one_weakness() -> None:
    two = known(("reentrancy", 10, None), ("reentrancy", 12, None))
    assert points([found("reentrancy", 11)], two) == 67
    assert points([found("reentrancy", 7), found("reentrancy", 12)], two) == 100


# step 4


def test_empty_cases() -> None:
    assert points([]) == 0
    assert points([], ()) == 100
    assert points([FALSE], ()) == 50
    assert points([FALSE, OWNER, UNCHECKED], ()) == 25


# step 5


@pytest.mark.parametrize(
    ("severity", "expected"),
    [("high", 100), ("critical", 75), ("medium", 75), ("low", 50), ("info", 50), (None, 50)],
)
def test_severity_steps(severity: str | None, expected: int) -> None:
    assert points([OWNER | {"severity": severity}], known(GOLD[0])) == expected


def test_severity_is_not_judged_where_the_gold_has_none() -> None:
    for severity in ("info", "critical", None):
        assert points([OWNER | {"severity": severity}], known(("access_control", 6, None))) == 100


@pytest.mark.parametrize(
    ("explanation", "expected"),
    [
        ("anybody may call setOwner", 100),
        ("`owner = next` is open to all", 100),
        ("", 50),
        ("   ", 50),
        ("missing access control lets an attacker take over the contract", 50),
        ("the function is public", 50),
        ("balances can be drained", 50),
    ],
)
def test_an_explanation_must_name_something_of_the_cited_lines(
    explanation: str, expected: int
) -> None:
    assert points([OWNER | {"explanation": explanation}], known(GOLD[0])) == expected


def test_code_made_of_common_words_counts_when_it_is_quoted_as_code() -> None:
    source = Source(FILE, "contract A {\n  function () payable {\n  msg.sender.send(1);\n  }\n}\n")

    def specific(text: str) -> bool:
        return source.is_specific(Reported(Place(FILE, (3, 3), "arithmetic"), "", "", text))

    assert specific("msg.sender.send(1) is not checked")
    assert specific("the result of send( is dropped")
    assert not specific("the sender may send value")


def test_explanations_of_real_audits_name_the_code_they_speak_of() -> None:
    path = require_shared_data("code") / "audit_findings.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    block = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
    total = specific = vague = 0
    for row in rows:
        code = "\n".join(block.findall(row["gold"]))
        if not code.strip():
            continue
        total += 1
        prose = block.sub("", row["gold"])
        place = Place("A.sol", (1, code.count("\n") + 1), "other")
        source = Source("A.sol", code)
        specific += source.is_specific(Reported(place, "high", "", prose))
        generic = "An attacker can exploit the contract and steal funds."
        vague += source.is_specific(Reported(place, "high", "", generic))
    assert total >= 20
    assert specific == total
    assert vague <= total // 5


# step 6


def test_unmatched_findings_that_others_report_are_unresolved_and_count_as_false() -> None:
    report = [*_perfect(), FALSE]
    place = Place(FILE, (13, 13), "arithmetic")
    alone, backed = scored(report), scored(report, corroborated=[place])

    assert alone.points == backed.points == 86
    assert alone.unresolved == ()
    assert [backed.findings[one].place.category for one in backed.unresolved] == ["arithmetic"]


def test_a_matched_finding_is_never_unresolved() -> None:
    place = Place(FILE, (10, 10), "reentrancy")
    assert scored(_perfect(), corroborated=[place]).unresolved == ()


def test_what_a_later_tier_confirms_leaves_the_precision() -> None:
    place = Place(FILE, (12, 12), "arithmetic")
    result = scored([*_perfect(), FALSE], corroborated=[place], confirmed=[place])

    assert result.points == 100
    assert result.unresolved == ()


# step 7


def test_in_a_paid_audit_what_the_scanner_finds_weighs_less_in_the_recall_only() -> None:
    gold = known(*GOLD, scanned=(10, 16))
    found_by_scanner = [REENTRANCY, UNCHECKED]

    result = scored(found_by_scanner, gold)
    assert result.precision == 1
    assert float(result.recall) == pytest.approx(0.6 / 1.6)
    assert points(found_by_scanner, gold) == 55 < points(found_by_scanner) == 80
    assert points([OWNER], gold) == 77 > points([OWNER]) == 50
    assert points(_perfect(), gold) == 100


# the operator's explanation


def test_the_operator_is_told_of_every_finding_and_of_every_miss() -> None:
    report = [REENTRANCY | {"severity": "low", "explanation": "bad"}, FALSE]
    gold = known(*GOLD)
    result = scored(report, gold, corroborated=[Place(FILE, (12, 12), "arithmetic")])

    said = sentences(result, gold, SOURCES)

    assert said == [
        (
            "reentrancy in Bank.sol:10-12: finds reentrancy in Bank.sol:10-10, weight 0.250 "
            "(severity low; expected high; the explanation names nothing of the cited lines)"
        ),
        (
            "arithmetic in Bank.sol:12-12: unresolved: reported elsewhere too, false until "
            "somebody resolves it"
        ),
        "missed: access_control in Bank.sol:6-6",
        "missed: unchecked_low_level_calls in Bank.sol:16-16",
    ]


def test_huge_texts_are_read_in_linear_time() -> None:
    text = ("a.b(" * 500_000) + "x" * 500_000
    assert points([OWNER | {"explanation": text, "title": text}], known(GOLD[0])) == 50


def _perfect() -> list[dict[str, object]]:
    return [REENTRANCY, UNCHECKED, OWNER]


def test_the_contract_has_the_lines_that_the_example_speaks_of() -> None:
    lines = BANK.splitlines()
    assert "owner = next" in lines[5]
    assert "call{value" in lines[9]
    assert "send" in lines[15]
    assert NAMED
