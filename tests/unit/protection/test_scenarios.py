"""Every shared scenario, on a real file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from tests.unit.protection.scenarios import SCHEMA, Scenario, load, names
from validator.protection.reconcile import Reason
from validator.protection.rules import Refusal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", names())
def test_the_history_does_what_the_scenario_says(name: str, tmp_path: Path) -> None:
    Scenario(load(name), tmp_path).run()


@pytest.mark.parametrize("name", names())
def test_the_scenario_fits_its_schema_and_its_name(name: str) -> None:
    schema = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    told = load(name)

    assert [error.message for error in schema.iter_errors(told)] == []
    assert told["name"] == name


def test_there_are_enough_scenarios_and_each_refusal_and_reason_is_in_one() -> None:
    steps = [step for name in names() for step in load(name)["steps"]]
    expected = {step.get("expect") for step in steps}
    reasons = {reason for step in steps for reason in step.get("reasons", ())}

    assert len(names()) >= 40
    assert {refusal.value for refusal in Refusal} <= expected
    assert {"new", "repeat", "closed"} <= expected
    never_told = {Reason.NOT_RECONCILED.value, Reason.OPERATOR.value}
    assert {reason.value for reason in Reason} - reasons <= never_told


def test_a_scenario_that_is_not_met_is_noticed(tmp_path: Path) -> None:
    told = load("same-root-again")
    told["steps"][1]["expect"] = "other_root"

    with pytest.raises(AssertionError, match="step 1"):
        Scenario(told, tmp_path).run()
