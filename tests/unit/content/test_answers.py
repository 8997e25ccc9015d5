from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.chain_content import (
    ANSWER_ID,
    ANSWER_URI,
    MINER,
    OTHER,
    TASK_ID,
    TASK_URI,
    answer_document,
    chain_answer,
    chain_task,
    pointer,
    spelled,
    task_document,
)
from validator.content.answers import plain_submission, submission_from
from validator.content.refusal import Fault, Refusal, of_intake
from validator.content.tasks import task_from
from validator.errors import FieldError, InvalidDocumentError, TooLargeError, ValidatorError
from validator.intake import parse
from validator.settings import LimitSettings
from validator.wire.tos.address import encode_address
from validator.wire.tos.networks import Network


def task() -> dict[str, Any]:
    data = spelled(task_document())
    found = task_from(data, pointer(data, TASK_URI), chain_task())
    assert isinstance(found, dict)
    return found


def made(document: dict[str, Any] | bytes, kind: str = "code", **chain: Any) -> bytes | Refusal:
    data = document if isinstance(document, bytes) else spelled(document)
    named = pointer(data, ANSWER_URI, kind)
    return submission_from(data, named, chain_answer(**chain), task(), Network.DEVNET)


def refused(*args: Any, **chain: Any) -> Refusal:
    found = made(*args, **chain)
    assert isinstance(found, Refusal)
    return found


def test_a_submission_is_what_intake_takes() -> None:
    body = made(answer_document())
    assert isinstance(body, bytes)

    intake = parse(body, LimitSettings())
    assert (intake.task_label, intake.answer_label) == (TASK_ID.hex(), ANSWER_ID.hex())
    assert intake.reward == 5_000_000_000
    assert intake.plan.plan_id == "task"
    assert intake.submission.answer.files == {"main.py": b"print(int(input()) ** 2)\n"}
    said = json.loads(body)["answer"]
    assert said["miner"] == encode_address(MINER, Network.DEVNET)
    assert said["submitted_at"] == "2026-01-01T00:01:40.000Z"


def test_the_same_facts_give_the_same_bytes_everywhere() -> None:
    document = answer_document()
    turned = dict(reversed(document.items()))

    assert made(document) == made(turned)


def test_anothers_pointer_to_a_bundle_is_rejected() -> None:
    found = refused(answer_document(), submitter=OTHER)

    assert found.fault is Fault.ANSWER_INVALID
    assert "submitter names another account than the chain" in found.sentence


def test_a_bundle_for_another_task_is_rejected() -> None:
    assert "names another task" in refused(answer_document(task_id="00" * 32)).sentence


@pytest.mark.parametrize(
    ("submitter", "said"),
    [
        (encode_address(MINER, Network.MAINNET), "begins with tst1"),
        (MINER.hex(), "submitter"),
        ("", "submitter"),
        ("tst1\u202e", "submitter"),
    ],
)
def test_a_submitter_is_an_address_of_the_network(submitter: str, said: str) -> None:
    found = refused(answer_document(submitter=submitter))

    assert found.fault is Fault.ANSWER_INVALID
    assert said in found.sentence
    assert found.sentence.isprintable()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"nonsense", "is not JSON"),
        (answer_document(extra=1), "extra: is not a known field"),
        (answer_document(schema="tosv.task/1"), "schema"),
        (answer_document(salt="aa" * 15), "salt: must be 32 to 128 hexadecimal digits"),
        (answer_document(task_id="AA" * 32), "task_id: must be 64 hexadecimal digits in lower"),
        (answer_document({"reasoning": "none"}), "answer: give at least one of content"),
        (answer_document({"content": "x", "miner": "me"}), "answer.miner is for the chain to say"),
        (answer_document({"content": "x", "id": "1"}), "answer.id is for the chain to say"),
        (answer_document({"code": "x", "files": {}}), "not both"),
    ],
)
def test_an_answer_that_breaks_the_contract_says_where(
    document: dict[str, Any] | bytes, said: str
) -> None:
    found = refused(document)

    assert (found.fault, found.passing) == (Fault.ANSWER_INVALID, False)
    assert said in found.sentence


def test_another_version_is_declined() -> None:
    assert refused(answer_document(schema="tosv.answer/2")).fault is Fault.DECLINED


def test_a_pointer_of_another_type_is_rejected() -> None:
    assert "not the type of the task" in refused(answer_document(), "math").sentence


def test_bytes_that_are_not_the_pointers_are_nobodys_fault() -> None:
    data = spelled(answer_document())
    named = pointer(b"other", ANSWER_URI)
    found = submission_from(data, named, chain_answer(), task(), Network.DEVNET)

    assert isinstance(found, Refusal)
    assert (found.fault, found.passing) == (Fault.UNAVAILABLE, True)


def test_a_salted_bundle_is_judged_without_its_salt() -> None:
    body = made(answer_document(salt="aa" * 16))

    assert isinstance(body, bytes)
    assert b"aaaa" not in body


def test_an_answer_of_plain_text_is_its_content() -> None:
    body = plain_submission(chain_answer("It is 42, since."), task(), Network.DEVNET)

    assert isinstance(body, bytes)
    assert json.loads(body)["answer"]["content"] == "It is 42, since."


def test_an_answer_to_another_task_is_a_mistake_of_the_caller() -> None:
    data = spelled(answer_document(task_id="11" * 32))
    with pytest.raises(ValueError, match="not one to this task"):
        submission_from(
            data,
            pointer(data, ANSWER_URI),
            chain_answer(task_id=b"\x11" * 32),
            task(),
            Network.DEVNET,
        )


def test_a_block_time_that_has_no_spelling_is_declined() -> None:
    assert refused(answer_document(), submitted_at_ms=2**64 - 1).fault is Fault.DECLINED


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (InvalidDocumentError("x", (FieldError("answer.files", "x"),)), Fault.ANSWER_INVALID),
        (InvalidDocumentError("x", (FieldError('answer["a"]', "x"),)), Fault.ANSWER_INVALID),
        (InvalidDocumentError("x", (FieldError("task.checks[0]", "x"),)), Fault.TASK_INVALID),
        (
            InvalidDocumentError("x", (FieldError("answer.a", "x"), FieldError("task.b", "x"))),
            Fault.TASK_INVALID,
        ),
        (TooLargeError("both together"), Fault.DECLINED),
    ],
)
def test_what_intake_refuses_is_the_answers_fault_only_when_nothing_else_is_named(
    error: ValidatorError, fault: Fault
) -> None:
    assert of_intake(error) == Refusal(fault, error.detail, code=error.code)
