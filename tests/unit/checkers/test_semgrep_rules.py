"""The rules as text: complete, current, each with examples. Semgrep itself is not needed here."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from checkers.static import rules
from checkers.static.rules import join
from checkers.static.semgrep import Semgrep
from tests.semgrep import marks

ROOT = Path(__file__).resolve().parents[3]
SOURCES = join.sources()
IDS = {rule["id"] for rule in SOURCES}


def test_the_joined_file_and_its_page_are_current() -> None:
    page = (ROOT / "docs" / "reference" / "check-static-rules.md").read_text(encoding="utf-8")

    again = "run python -m checkers.static.rules.join docs/reference/check-static-rules.md"
    assert rules.joined().decode() == join.joined(SOURCES), again
    assert page == join.page(SOURCES), again


def test_there_are_rules_enough_for_every_language() -> None:
    counted = Counter(language for rule in SOURCES for language in rule["languages"])

    assert set(counted) == Semgrep.languages
    assert min(counted.values()) >= 10
    assert len(IDS) == len(SOURCES) >= 80


def test_every_rule_says_what_why_and_how_to_mend_it() -> None:
    for rule in SOURCES:
        metadata = rule["metadata"]
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", rule["id"])
        assert rule["severity"] in join.LEVELS
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", metadata["category"])
        assert metadata["cwe"]
        assert all(isinstance(number, int) for number in metadata["cwe"])
        # A message of one sentence says what, and not what to do about it. One that quotes the
        # answer would differ with it, and carry its bytes.
        assert rule["message"].count(". ") + rule["message"].count(": ") >= 1, rule["id"]
        assert "$" not in rule["message"]
        assert len(rule["message"]) <= 400


def test_every_rule_has_a_true_and_a_false_example() -> None:
    assert {rule for _, _, rule in marks("finds")} == IDS
    assert {rule for _, _, rule in marks("spares")} == IDS


def test_the_joined_file_has_nothing_that_semgrep_does_not_read() -> None:
    text = rules.joined().decode("ascii")

    assert [rule["id"] for rule in json.loads(text)["rules"]] == [rule["id"] for rule in SOURCES]
    assert re.fullmatch(r"[0-9a-f]{12}", rules.digest())
