"""The official JSON Schema test suite: all required tests of the five drafts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from checkers.jailed.schema import validator_for
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


@pytest.mark.parametrize("draft", DRAFTS)
def test_all_required_tests_of_the_suite_pass(draft: str) -> None:
    suite = require_shared_data("json-schema-test-suite")
    known = remotes(suite / "remotes")
    total, wrong = 0, []
    for path in sorted((suite / "tests" / draft).glob("*.json")):
        for group in json.loads(path.read_text()):
            validator = validator_for(group["schema"], known.__getitem__, DRAFTS[draft])
            for test in group["tests"]:
                total += 1
                if validator.is_valid(test["data"]) != test["valid"]:
                    wrong.append((path.name, group["description"], test["description"]))
    assert wrong == []
    assert total > 600
