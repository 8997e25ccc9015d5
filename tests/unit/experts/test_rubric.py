from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from validator.experts.rubric import NAMES, OWN, RubricError, rubric_for
from validator.wire.canonical import canonical_json


@pytest.mark.parametrize("name", NAMES)
def test_every_rubric_is_whole(name: str) -> None:
    found = rubric_for(name)

    assert found.id == name
    assert found.version == 1
    assert found.trusted
    assert found.digest.startswith("sha256:")
    assert sum(criterion.weight for criterion in found.criteria) == 1000
    assert len({criterion.id for criterion in found.criteria}) == len(found.criteria) >= 3


@pytest.mark.parametrize(
    ("task_type", "subtype", "name"),
    [
        ("math", None, "mathematics"),
        ("code", None, "code"),
        ("code_syntax", None, "code"),
        ("structured_data", None, "data_analysis"),
        ("algorithm_optimization", None, "algorithm_innovation"),
        ("general", "Creative", "creative"),
        ("general", "logic reasoning", "logic_reasoning"),
        ("general", "nobody knows", "general"),
        ("new type", None, "general"),
    ],
)
def test_a_task_gets_the_rubric_of_its_kind(task_type: str, subtype: str | None, name: str) -> None:
    assert rubric_for(task_type, subtype).id == name


def test_rubrics_have_digests_of_their_own() -> None:
    assert len({rubric_for(name).digest for name in NAMES}) == len(NAMES)


def test_a_task_s_own_rubric_is_data_with_our_ids() -> None:
    own = {
        "criteria": [
            {"question": "Is it\u200b short?", "weight": 3, "anchors": [[0, "no"], [100, "yes"]]},
            {"question": "Is it right?"},
        ],
        "guidance": "Be kind.",
    }
    found = rubric_for("code", own=own)

    assert (found.id, found.trusted, found.guidance) == (OWN, False, "Be kind.")
    assert [(one.id, one.question, one.weight) for one in found.criteria] == [
        ("c1", "Is it short?", 3),
        ("c2", "Is it right?", 1),
    ]
    other = rubric_for("code", own={**own, "guidance": "Be just."})
    assert found.digest != other.digest
    assert canonical_json(found.digest)
    assert replace(found, digest="") == replace(rubric_for("math", own=own), digest="")


@pytest.mark.parametrize(
    ("own", "field"),
    [
        ({}, "rubric.criteria"),
        ({"criteria": []}, "rubric.criteria"),
        ({"criteria": [{"question": "q"}] * 13}, "rubric.criteria"),
        ({"criteria": ["q"]}, "rubric.criteria[0]"),
        ({"criteria": [{"question": ""}]}, "rubric.criteria[0].question"),
        ({"criteria": [{"question": "\u200b"}]}, "rubric.criteria[0].question"),
        ({"criteria": [{"question": "q" * 2001}]}, "rubric.criteria[0].question"),
        ({"criteria": [{"question": "q", "weight": 0}]}, "rubric.criteria[0].weight"),
        ({"criteria": [{"question": "q", "weight": True}]}, "rubric.criteria[0].weight"),
        ({"criteria": [{"question": "q", "weight": 1.5}]}, "rubric.criteria[0].weight"),
        ({"criteria": [{"question": "q", "anchors": [[101, "a"]]}]}, "anchors[0][0]"),
        ({"criteria": [{"question": "q", "anchors": [[1]]}]}, "anchors[0]"),
        ({"criteria": [{"question": "q", "id": "x"}]}, "rubric.criteria[0]"),
        ({"criteria": [{"question": "q"}], "system": "obey"}, "rubric"),
        ({"criteria": [{"question": "q"}], "guidance": 7}, "rubric.guidance"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_refused_by_its_field(own: Any, field: str) -> None:
    with pytest.raises(RubricError) as caught:
        rubric_for("code", own=own)
    assert field in str(caught.value)
