"""The official JSON Schema test suite: required, optional and format tests of five drafts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from checkers.jailed.schema import SchemaFaultError, validator_for
from tests.components import require_shared_data

if TYPE_CHECKING:
    from pathlib import Path

DRAFTS = {
    "draft4": jsonschema_rs.Draft4Validator,
    "draft6": jsonschema_rs.Draft6Validator,
    "draft7": jsonschema_rs.Draft7Validator,
    "draft2019-09": jsonschema_rs.Draft201909Validator,
    "draft2020-12": jsonschema_rs.Draft202012Validator,
}


def remotes(root: Path) -> dict[str, Any]:
    return {
        f"http://localhost:1234/{path.relative_to(root).as_posix()}": json.loads(path.read_text())
        for path in root.rglob("*.json")
    }


def judged(draft: str, folder: str, *, formats: bool) -> tuple[int, list[tuple[str, ...]]]:
    """Number of tests in a folder of the suite, and those that end otherwise than it says."""
    suite = require_shared_data("json-schema-test-suite")
    known = remotes(suite / "remotes")
    total, wrong = 0, []
    for path in sorted((suite / "tests" / draft / folder).glob("*.json")):
        for group in json.loads(path.read_text()):
            found = verdicts(group, known, draft, formats=formats)
            for test, verdict in zip(group["tests"], found, strict=True):
                total += 1
                if verdict != test["valid"]:
                    wrong.append((path.name, group["description"], test["description"]))
    return total, wrong


def verdicts(
    group: dict[str, Any], known: dict[str, Any], draft: str, *, formats: bool
) -> list[bool | None]:
    try:
        validator = validator_for(
            group["schema"], known.__getitem__, DRAFTS[draft], formats=formats
        )
    except SchemaFaultError:
        return [None] * len(group["tests"])
    return [validator.is_valid(test["data"]) for test in group["tests"]]


@pytest.mark.parametrize("draft", DRAFTS)
def test_all_required_tests_of_the_suite_pass(draft: str) -> None:
    total, wrong = judged(draft, "", formats=False)

    assert wrong == []
    assert total > 600


@pytest.mark.parametrize("draft", DRAFTS)
def test_all_format_tests_pass_where_formats_are_demanded(draft: str) -> None:
    total, wrong = judged(draft, "optional/format", formats=True)

    assert wrong == []
    assert total > 100


@pytest.mark.parametrize("draft", DRAFTS)
def test_nearly_all_optional_tests_pass(draft: str) -> None:
    total, wrong = judged(draft, "optional", formats=False)

    assert total > 50
    assert len(wrong) <= 0.02 * total, wrong
