from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain_content import (
    ANSWER_URI,
    SEALED_URI,
    TASK_URI,
    Shelf,
    answer_document,
    chain_answer,
    chain_task,
    committed,
    pointer,
    sealed_document,
    spelled,
    task_document,
)
from validator.content.loading import MAX_MATERIALS, Loader
from validator.content.refusal import Fault, Refusal
from validator.errors import (
    ContentTooLargeError,
    ContentTooSlowError,
    FetchError,
    TargetRefusedError,
)
from validator.intake import parse
from validator.settings import LimitSettings

if TYPE_CHECKING:
    from validator.content.chain_facts import ChainTask

LIMIT = 64 * 1024


def shelved(document: dict[str, Any], **more: bytes | Exception) -> tuple[Shelf, ChainTask]:
    data = spelled(document)
    return Shelf({TASK_URI: data, **more}), chain_task(pointer(data, TASK_URI).text)


def refused(shelf: Shelf, on_chain: ChainTask) -> Refusal:
    found = Loader(shelf, LIMIT).task(on_chain)
    assert isinstance(found, Refusal)
    assert "\n" not in found.sentence
    return found


def test_from_two_texts_on_the_chain_to_a_submission() -> None:
    sealed = sealed_document()
    shelf, on_chain = shelved(task_document(sealed_checks=committed(sealed)))
    shelf.content[SEALED_URI] = spelled(sealed)
    answer = spelled(answer_document())
    shelf.content[ANSWER_URI] = answer
    loader = Loader(shelf, LIMIT)

    task = loader.task(on_chain)
    assert isinstance(task, dict)
    body = loader.submission(chain_answer(pointer(answer, ANSWER_URI).text), task, on_chain)

    assert isinstance(body, bytes)
    plan = parse(body, LimitSettings()).plan
    assert [check.check for check in plan.checks] == ["tests", "tests"]
    assert [uri for uri, _ in shelf.asked] == [TASK_URI, SEALED_URI, ANSWER_URI]


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ContentTooLargeError("the content has more than 65536 bytes"), False),
        (TargetRefusedError("content lies at a target"), False),
        (ContentTooSlowError("the content did not come within 30 s"), True),
        (FetchError("the fetcher's process was ended by signal 9"), True),
    ],
)
def test_a_task_that_cannot_be_fetched_is_one_sentence_and_nobodys_fault(
    error: FetchError, passing: bool
) -> None:
    shelf, on_chain = shelved(task_document())
    shelf.content[TASK_URI] = error

    assert refused(shelf, on_chain) == Refusal(
        Fault.UNAVAILABLE, f"task document: {error.detail}", passing, error.code
    )


def test_a_task_whose_digest_does_not_match_is_one_sentence() -> None:
    shelf, on_chain = shelved(task_document())
    shelf.content[TASK_URI] = b"something else"
    found = refused(shelf, on_chain)

    assert (found.fault, found.code, found.passing) == (Fault.UNAVAILABLE, "TV076", True)


def test_a_sealed_part_that_is_not_there_yet_leaves_no_task() -> None:
    shelf, on_chain = shelved(task_document(sealed_checks=committed(sealed_document())))
    found = refused(shelf, on_chain)

    assert (found.fault, found.passing) == (Fault.UNAVAILABLE, True)
    assert found.sentence == "sealed part: there is no content at the URI"


def test_a_pointer_that_is_none_and_one_of_another_version_are_told_apart() -> None:
    shelf = Shelf({})

    broken = refused(shelf, chain_task('{"v":1}'))
    assert (broken.fault, broken.code) == (Fault.TASK_INVALID, "TV077")
    newer = refused(shelf, chain_task('{"v":2}'))
    assert (newer.fault, newer.code) == (Fault.DECLINED, "TV078")
    answer = Loader(shelf, LIMIT).submission(chain_answer('{"v":1}'), {}, chain_task())
    assert isinstance(answer, Refusal)
    assert answer.fault is Fault.ANSWER_INVALID
    assert not shelf.asked


def test_plain_text_tasks_are_taken_only_where_the_operator_says_so() -> None:
    on_chain = chain_task("Explain why the sky is blue.")

    assert refused(Shelf({}), on_chain).fault is Fault.DECLINED
    loader = Loader(Shelf({}), LIMIT, plain_text=True)
    task = loader.task(on_chain)
    assert isinstance(task, dict)
    body = loader.submission(chain_answer("Because of Rayleigh scattering."), task, on_chain)
    assert isinstance(body, bytes)
    assert parse(body, LimitSettings()).plan.plan_id == "default/general"


def material(content: bytes, uri: str) -> dict[str, str]:
    return {"uri": uri, "sha256": hashlib.sha256(content).hexdigest()}


def test_materials_by_uri_are_put_in_their_place() -> None:
    materials = {
        "a.csv": material(b"a,b\n", "https://example.org/a.csv"),
        "b.txt": {"text": "here"},
    }
    shelf, on_chain = shelved(task_document({"materials": materials}))
    shelf.content["https://example.org/a.csv"] = b"a,b\n"
    task = Loader(shelf, LIMIT).task(on_chain)

    assert isinstance(task, dict)
    assert base64.b64decode(task["materials"]["a.csv"]["base64"]) == b"a,b\n"
    assert task["materials"]["b.txt"] == {"text": "here"}
    body = json.dumps({"task": task, "answer": {"code": "x"}}).encode()
    assert parse(body, LimitSettings()).submission.materials == {
        "a.csv": b"a,b\n",
        "b.txt": b"here",
    }


def test_a_material_that_is_not_what_the_task_names_leaves_no_task() -> None:
    uri = "https://example.org/a.csv"
    shelf, on_chain = shelved(task_document({"materials": {"a b": material(b"right", uri)}}))
    shelf.content[uri] = b"wrong"
    found = refused(shelf, on_chain)

    assert found.code == "TV076"
    assert found.sentence.startswith('task.materials["a b"]: ')


def test_a_material_is_fetched_within_what_a_submission_may_still_hold() -> None:
    uri = "https://example.org/a.csv"
    document = task_document({"materials": {"a": material(b"", uri)}})
    shelf, on_chain = shelved(document)
    Loader(shelf, LIMIT).task(on_chain)

    asked = dict(shelf.asked)
    assert asked[TASK_URI] == LIMIT
    assert asked[uri] <= (LIMIT - len(spelled(document))) * 3 // 4


def test_materials_that_are_too_many_or_too_much_are_declined() -> None:
    many = {f"m{n}": material(b"", TASK_URI) for n in range(MAX_MATERIALS + 1)}
    assert refused(*shelved(task_document({"materials": many}))).fault is Fault.DECLINED

    full = task_document({"description": "x" * LIMIT, "materials": {"a": material(b"", TASK_URI)}})
    found = refused(*shelved(full))
    assert found.fault is Fault.DECLINED
    assert "limits.submission_bytes" in found.sentence


def test_nothing_inside_a_document_but_its_own_named_parts_is_followed() -> None:
    answer = spelled(
        answer_document({"content": "see https://example.org/x", "claims": [{"uri": "file:///a"}]})
    )
    description = {"description": "![x](https://example.org/y)"}
    shelf, on_chain = shelved(task_document(description))
    shelf.content[ANSWER_URI] = answer
    loader = Loader(shelf, LIMIT)
    task = loader.task(on_chain)
    assert isinstance(task, dict)
    loader.submission(chain_answer(pointer(answer, ANSWER_URI).text), task, on_chain)

    assert {uri for uri, _ in shelf.asked} == {TASK_URI, ANSWER_URI}
