from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.fakes.bundles import HIDING, OPEN, SALT, SECRET, SIGNER, grounds, sealed, verdict
from tests.fakes.store import check_record
from validator.domain.submission import Origin
from validator.domain.verdict import Decision, SandboxRecord
from validator.errors import InvalidEvidenceError
from validator.evidence import publish
from validator.evidence.commitments import commitment
from validator.evidence.predicate import PREDICATE_TYPE, json_schema
from validator.evidence.seal import seal
from validator.evidence.statement import STATEMENT_TYPE, read_statement, text_digest
from validator.evidence.withheld import shown_digest, whole_digest
from validator.intake import parse
from validator.settings import LimitSettings
from validator.wire.canonical import canonical_json

GENESIS = "ab" * 32
SCHEMA = Path(__file__).parents[4] / "docs" / "schemas" / "verdict-predicate-1.schema.json"


def stated(content: bytes = OPEN, **changes: Any) -> dict[str, Any]:
    payload = sealed(content, **changes).envelope.verify([SIGNER.public]).payload
    found: dict[str, Any] = json.loads(payload)
    return found


def subjects(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {item["name"]: item["digest"] for item in document["subject"]}


def digits(digest: str) -> str:
    return digest.removeprefix("sha256:")


def test_a_statement_names_answer_task_and_origin() -> None:
    document = stated()
    intake = parse(OPEN, LimitSettings())

    assert document["_type"] == STATEMENT_TYPE
    assert document["predicateType"] == PREDICATE_TYPE
    assert subjects(document) == {
        "answer": {"sha256": digits(intake.answer_digest)},
        "task": {"sha256": digits(intake.task_digest)},
        "origin": {"sha256": text_digest("api:local")},
    }
    assert document["predicate"]["origin"] == "api:local"


def test_an_answer_of_the_chain_names_the_genesis_too() -> None:
    document = stated(origin=Origin.CHAIN, owner=GENESIS, chain_payload=b"\x02" + bytes(65))

    assert subjects(document)["genesis"] == {"tosGenesis": GENESIS}
    assert document["predicate"]["origin"] == f"chain:{GENESIS}"
    assert len(document["predicate"]["chain_payload"]["sha256"]) == 64


def test_the_predicate_tells_what_the_verdict_rests_on() -> None:
    image = "sha256:" + "1" * 64
    given = verdict(sandbox=SandboxRecord("docker", image, ("memory",), {"python": image}))
    found = stated(given=given, recorded={"corpus": b"snapshot"})["predicate"]

    assert found["decision"] == "accept"
    assert found["score"] == 100
    assert found["sandbox"] == {
        "backend": "docker", "image": image, "images": {"python": image}, "weak": ["memory"],
    }  # fmt: skip
    assert found["limits"] == LimitSettings().model_dump(mode="json")
    assert [item["name"] for item in found["inputs"]] == ["submission", "corpus"]
    assert found["result_digest"] == given.result_digest
    assert found["plan"]["digest"] == {"sha256": digits(given.plan_digest)}
    (entry,) = found["checks"]
    assert (entry["check"], entry["status"], entry["weight"]) == ("tests", "pass", 3)


def test_whatever_covers_hidden_things_is_a_salted_commitment() -> None:
    document = stated(HIDING)
    intake = parse(HIDING, LimitSettings())
    task = json.loads(HIDING)["task"]
    found = document["predicate"]

    assert subjects(document)["task"] == {"sha256": digits(shown_digest(task))}
    assert subjects(document)["sealed-task"] == {
        "saltedSha256": commitment(SALT, "task", whole_digest(task))
    }
    assert whole_digest(task) == intake.task_digest != shown_digest(task)
    salted = [found["plan"], {"digest": found["document"]}, *found["inputs"]]
    assert all(set(item["digest"]) == {"saltedSha256"} for item in salted)
    assert set(found["checks"][0]["evidence"]) == {"saltedSha256"}


def test_no_digest_of_a_hiding_task_can_be_found_without_the_salt() -> None:
    payload = sealed(HIDING).envelope.payload
    intake = parse(HIDING, LimitSettings())

    assert digits(intake.task_digest).encode() not in payload
    assert SECRET.encode() not in payload
    other = seal(verdict(), grounds(HIDING), [SIGNER], bytes(32)).envelope.payload
    assert payload != other


def test_the_same_verdict_is_sealed_to_the_same_bytes() -> None:
    assert sealed(HIDING).envelope.encode() == sealed(HIDING).envelope.encode()


def test_the_leaf_names_the_envelope_and_nothing_of_the_decision() -> None:
    made = sealed()

    assert made.leaf.body == {
        "verdict_id": made.verdict["verdict_id"],
        "envelope": made.envelope.digest,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": Origin.CHAIN, "owner": "no genesis"},
        {"owner": "two words"},
        {"policy": ""},
        {"given": verdict(decision=Decision.ACCEPT, score=None)},
        {"given": verdict(result_digest="sha1:00")},
    ],
    ids=["genesis", "owner", "policy", "score", "digest"],
)
def test_what_no_statement_can_hold_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvidenceError):
        sealed(**changes)


def broken(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    subject, predicate = document["subject"], document["predicate"]
    digest = {"sha256": "0" * 64}
    return [
        ("type", document | {"_type": "https://in-toto.io/Statement/v0.1"}),
        ("predicate type", document | {"predicateType": "urn:tosv:predicate:verdict:2"}),
        ("member", document | {"more": 1}),
        ("no answer", document | {"subject": subject[1:]}),
        ("twice", document | {"subject": [*subject, subject[0]]}),
        ("origin", document | {"predicate": predicate | {"origin": "api:other"}}),
        ("chain", document | {"predicate": predicate | {"origin": f"chain:{GENESIS}"}}),
        ("score", document | {"predicate": predicate | {"score": 101}}),
        ("text score", document | {"predicate": predicate | {"score": "100"}}),
        ("no score", document | {"predicate": predicate | {"score": None}}),
        ("inputs", document | {"predicate": predicate | {"inputs": predicate["inputs"] * 2}}),
        ("two digests", document | {"subject": [
            {"name": "answer", "digest": digest | {"saltedSha256": "0" * 64}}, *subject[1:]]}),
        ("plain sealed task", document | {"subject": [
            *subject, {"name": "sealed-task", "digest": digest}]}),
        ("needless genesis", document | {"subject": [
            *subject, {"name": "genesis", "digest": {"tosGenesis": GENESIS}}]}),
        ("newline", document | {"predicate": predicate | {
            "result_digest": predicate["result_digest"] + "\n"}}),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "document"), broken(stated()), ids=lambda item: str(item)[:20])
def test_a_statement_that_does_not_fit_together_is_refused(
    name: str, document: dict[str, Any]
) -> None:
    with pytest.raises(InvalidEvidenceError, match="the statement"):
        read_statement(canonical_json(document))


def test_a_statement_is_read_back_as_it_was() -> None:
    payload = sealed(HIDING).envelope.payload

    assert read_statement(payload).encode() == payload


def test_the_published_schema_is_that_of_the_model(tmp_path: Path) -> None:
    publish.main(tmp_path)
    written = (tmp_path / SCHEMA.name).read_bytes()

    assert json.loads(written) == json_schema()
    assert written == SCHEMA.read_bytes(), "run python -m validator.evidence.publish docs/schemas"


@pytest.mark.parametrize("content", [OPEN, HIDING])
def test_every_predicate_fits_the_published_schema(content: bytes) -> None:
    schema = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    predicate = stated(content, given=verdict(checks=(check_record(), check_record("math"))))

    assert schema.is_valid(predicate["predicate"])
    assert not schema.is_valid(predicate["predicate"] | {"score": 101})
    assert not schema.is_valid(predicate["predicate"] | {"more": 1})


TASK = {
    "type": "math", "id": "label", "reward": "5", "title": None, "description": "add",
    "checks": [
        {"check": "math", "expected": "42", "unit": "m"},
        {"check": "tests", "calls": [{"args": [1], "expected": 2, "hidden": True}, {"args": [3]}],
         "comparator": {"program": {"language": "python", "code": "x"}}},
        {"check": "tests", "cases": [], "comparator": {"numeric": {"absolute": 1e-9}}},
        {"check": "reasoning", "min_words": 3, "must_mention": ["gold"]},
        {"check": "audit", "known": [{"file": "a"}], "weight": 2},
    ],
}  # fmt: skip


def test_gold_hidden_cases_and_checks_of_tomorrow_leave_what_is_shown() -> None:
    from validator.evidence.withheld import shown_task

    assert shown_task(TASK) == {
        "type": "math",
        "description": "add",
        "checks": [
            {"check": "math", "unit": "m"},
            {"check": "tests", "calls": [{"args": [3]}]},
            {"check": "tests", "cases": [], "comparator": {"numeric": {"absolute": 1e-9}}},
            {"check": "reasoning", "min_words": 3},
            {"check": "audit", "weight": 2},
        ],
    }


def test_a_salt_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", "task", "sha256:" + "0" * 64)
