from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.protocol import Finding, Tool
from checkers.sarif.reading import MAX_RESULTS, SarifError, read_log
from checkers.sarif.writing import CheckFindings, text_of, visible, write_log

SCHEMA = Path(__file__).parents[2] / "data" / "sarif-2.1.0-rtm.5.json"
HOSTILE = [
    "<script>alert(1)</script>",
    "[click](http://evil.example)",
    "[click](1)",
    "{0} {1}",
    "a\u202eb\x1b[31m\x00\ud800",
    "\\[x\\]",
    "{{0}}",
]


@pytest.fixture(scope="module")
def official() -> jsonschema_rs.Draft4Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    # Its pattern has a bracket too many, which strict engines refuse; we give no language.
    for part in ("run", "toolComponent"):
        del schema["definitions"][part]["properties"]["language"]["pattern"]
    return jsonschema_rs.Draft4Validator(schema)


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "category": "reentrancy",
        "title": "Reentrancy in withdraw",
        "severity": "high",
        "file": "src/Bank.sol",
        "lines": (10, 12),
        "explanation": "withdraw calls out before it writes",
        **changes,
    }
    return Finding(**values)


def log_of(*findings: Finding, complete: bool = True) -> dict[str, Any]:
    check = CheckFindings("static", findings, Tool("ruff", "0.17.6"), "1.0.0", complete)
    return write_log([check])


def test_a_log_is_valid_by_the_official_schema(official: jsonschema_rs.Draft4Validator) -> None:
    hostile = [
        finding(category=text, title=text, explanation=text, file=text, severity=text)
        for text in HOSTILE
    ]
    bare = finding(file=None, lines=None, explanation="", title="")
    log = log_of(finding(), bare, *hostile, finding(lines=(0, 0)))

    assert [error.message for error in official.iter_errors(log)] == []
    assert [error.message for error in official.iter_errors(write_log([]))] == []


def test_the_schema_refuses_what_is_no_log(official: jsonschema_rs.Draft4Validator) -> None:
    log = log_of(finding())
    del log["runs"][0]["results"][0]["message"]

    assert not official.is_valid(log)


def test_places_are_relative_and_percent_encoded() -> None:
    def uri(file: str) -> str | None:
        result = log_of(finding(file=file))["runs"][0]["results"][0]
        places = result.get("locations")
        return places[0]["physicalLocation"]["artifactLocation"]["uri"] if places else None

    assert uri("src/Bank.sol") == "src/Bank.sol"
    assert uri("a b/ä#?%.py") == "a%20b/%C3%A4%23%3F%25.py"
    assert uri("javascript:alert(1)") == "javascript%3Aalert%281%29"
    assert uri("/etc/passwd") is None
    assert uri("../up") is None
    assert uri("C:\\x") is None


def test_levels_and_severities() -> None:
    levels = [
        log_of(finding(severity=severity))["runs"][0]["results"][0]["level"]
        for severity in ("critical", "high", "medium", "low", "info")
    ]
    assert levels == ["error", "error", "warning", "note", "note"]


def test_a_check_that_could_not_tell_does_not_look_clean() -> None:
    run = log_of(complete=False)["runs"][0]

    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": False}]


def test_no_text_becomes_a_link_or_stays_unseen() -> None:
    assert text_of("[click](http://evil.example)") == r"\[click\](http://evil.example)"
    assert text_of("{0}") == "{{0}}"
    assert visible("a\u202eb\x1b\ud800\x00") == r"a\u202eb\x1b\ud800\x00"


def test_the_same_findings_give_the_same_bytes() -> None:
    findings = (finding(), finding(category="arithmetic", lines=(1, 1)))

    assert json.dumps(log_of(*findings)) == json.dumps(log_of(*findings))
    rules = log_of(*findings)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["arithmetic", "reentrancy"]


texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)


@given(
    texts,
    texts,
    texts,
    st.sampled_from(("critical", "high", "medium", "low", "info")),
    st.integers(1, 10**6),
    st.integers(0, 100),
)
def test_what_is_written_is_read_back(
    category: str, title: str, text: str, severity: str, first: int, more: int
) -> None:
    lines = (first, first + more)
    one = finding(category=category, title=title, explanation=text, severity=severity, lines=lines)
    [result] = read_log(json.loads(json.dumps(log_of(one))))

    assert (result.file, result.lines, result.severity) == (one.file, lines, severity)
    assert (result.title, result.text) == (title, text)
    assert result.names[0] == category


def _log(result: dict[str, Any], **run: Any) -> dict[str, Any]:
    return {"version": "2.1.0", "runs": [{"results": [result], **run}]}


def test_rules_give_what_a_result_leaves_out() -> None:
    rule = {
        "id": "js/sql",
        "name": "SqlInjection",
        "shortDescription": {"text": "SQL from input"},
        "messageStrings": {"default": {"text": "query is built from input"}},
        "properties": {"tags": ["security", "external/cwe/cwe-089"], "security-severity": "8.8"},
    }
    [found] = read_log(
        _log(
            {
                "ruleIndex": 0,
                "message": {"id": "default"},
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {"index": 0},
                            "region": {"startLine": 3, "endLine": 4},
                        }
                    }
                ],
            },
            tool={"driver": {"name": "codeql", "rules": [rule]}},
            artifacts=[{"location": {"uri": "file:///home/x/a%20b.js"}}],
        )
    )

    assert found.names == ("js/sql", "SqlInjection", "security", "external/cwe/cwe-089")
    assert (found.title, found.text) == ("SQL from input", "query is built from input")
    assert (found.file, found.lines, found.severity) == ("/home/x/a b.js", (3, 4), "high")


def test_taxa_name_the_category() -> None:
    taxa = [{"id": "107", "toolComponent": {"name": "SWC"}}]
    [found] = read_log(_log({"message": {"text": "x"}, "taxa": taxa}))

    assert found.names[0] == "SWC-107"
    assert found.lines is None


@pytest.mark.parametrize(
    "result",
    [{"kind": "pass"}, {"suppressions": [{"kind": "inSource"}]}, {"kind": "informational"}],
)
def test_what_the_reporter_does_not_claim_is_left_out(result: dict[str, Any]) -> None:
    assert read_log(_log({"message": {"text": "x"}, **result})) == []


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ({}, "its version is not 2.1.0"),
        ({"version": "2.1.0", "runs": {}}, "the log.runs is not a list"),
        ({"version": "2.1.0", "runs": [1]}, "runs[0] is not an object"),
        (_log({"message": "x"}), "runs[0].results[0].message is not an object"),
        (_log({"message": {"text": 3}}), "runs[0].results[0].message.text is no text"),
        (_log({"level": "fatal"}), "runs[0].results[0].level is not none, note, warning or error"),
        (_log({"locations": [3]}), "runs[0].results[0].locations[0] is not an object"),
        (
            _log({"locations": [{"physicalLocation": {"region": {"startLine": "3"}}}]}),
            "startLine and endLine are not whole numbers",
        ),
        ({"version": "2.1.0", "runs": [{"results": [{}] * (MAX_RESULTS + 1)}]}, "more than 100000"),
    ],
)
def test_a_log_of_a_wrong_form_is_refused_with_its_place(log: dict[str, Any], said: str) -> None:
    with pytest.raises(SarifError) as caught:
        read_log(log)
    assert said in str(caught.value)
