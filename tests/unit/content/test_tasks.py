from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.chain_content import (
    CASE,
    SALT,
    TASK_ID,
    TASK_URI,
    TESTS,
    chain_task,
    committed,
    pointer,
    sealed_document,
    spelled,
    task_document,
)
from validator.content.refusal import Fault, Refusal
from validator.content.tasks import plain_task, sealed_part, task_from


def made(
    document: dict[str, Any], sealed: dict[str, Any] | bytes | None = None, **chain: Any
) -> dict[str, Any] | Refusal:
    data = spelled(document)
    further = spelled(sealed) if isinstance(sealed, dict) else sealed
    return task_from(data, pointer(data, TASK_URI), chain_task(**chain), further)


def refused(*args: Any, **chain: Any) -> Refusal:
    found = made(*args, **chain)
    assert isinstance(found, Refusal)
    assert found.sentence.isprintable()
    return found


def test_what_the_chain_says_joins_what_the_document_says() -> None:
    assert made(task_document()) == {
        "type": "code",
        "language": "python",
        "title": "Square",
        "checks": [TESTS],
        "id": TASK_ID.hex(),
        "difficulty": "beginner",
        "reward": "5000000000",
        "published_at": "2026-01-01T00:00:00.000Z",
        "deadline": "2026-01-01T00:33:20.123Z",
    }


@pytest.mark.parametrize("name", ["id", "difficulty", "reward", "published_at", "deadline"])
def test_a_document_cannot_say_what_is_the_chains(name: str) -> None:
    value = {"difficulty": "expert", "reward": "1"}.get(name, "2026-01-01T00:00:00Z")
    found = refused(task_document({name: value}))

    assert found.fault is Fault.TASK_INVALID
    assert f"task.{name} is for the chain to say" in found.sentence


def test_bytes_that_are_not_the_pointers_are_not_read() -> None:
    named = pointer(b"something else", TASK_URI)
    found = task_from(spelled(task_document()), named, chain_task())

    assert found == Refusal(
        Fault.UNAVAILABLE, "task document: what was fetched is not what the pointer names", True
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff", "task document: is not UTF-8"),
        (b"[]", "task document: must be a JSON object"),
        (b'{"schema":"a","schema":"b"}', "appears twice"),
        (b'{"task":NaN}', "task document.task: NaN is not JSON"),
        (b"[" * 100 + b"]" * 100, "nested more than 64"),
        (b"", "is not JSON"),
        (spelled({"task": {"type": "code"}}), "schema"),
        (spelled(task_document(schema="tosv.answer/1")), "schema"),
        (spelled(task_document(extra=1)), "extra: is not a known field"),
        (spelled(task_document({"type": "poem"})), "task.type: must be one of"),
        (spelled(task_document({"checks": [{"check": "vibes"}]})), "task.checks[0].check"),
        (spelled(task_document({"checks": [TESTS | {"cases": [CASE | {"hidden": True}]}]})),
         "task.checks[0] holds a hidden case"),
        (spelled(task_document({"checks": [{"check": "audit", "target": "A", "known": []}]})),
         "task.checks[0] holds what must stay hidden (audit)"),
        (spelled(task_document({"materials": {"a": {"uri": "https://a.example/"}}})), "sha256"),
        (spelled(task_document(sealed_checks={"uri": "ftp://a/", "commitment": "x"})), "sealed"),
        (spelled(task_document(sealed_checks={"uri": TASK_URI, "commitment": "x"})), "commitment"),
    ],
)  # fmt: skip
def test_a_document_that_breaks_the_contract_is_the_publishers_fault(
    data: bytes, said: str
) -> None:
    found = task_from(data, pointer(data, TASK_URI), chain_task())

    assert isinstance(found, Refusal)
    assert (found.fault, found.passing) == (Fault.TASK_INVALID, False)
    assert said in found.sentence
    assert "\n" not in found.sentence


def test_a_type_that_the_pointer_does_not_say_is_refused() -> None:
    data = spelled(task_document())
    found = task_from(data, pointer(data, TASK_URI, "math"), chain_task())

    assert isinstance(found, Refusal)
    assert "but the pointer says math" in found.sentence


def test_another_major_version_is_declined_and_nobodys_fault() -> None:
    found = refused({"schema": "tosv.task/2", "anything": "new"})

    assert (found.fault, found.code) == (Fault.DECLINED, "TV078")
    assert "this release reads tosv.task/1, not tosv.task/2" in found.sentence


def test_a_time_that_has_no_spelling_is_declined() -> None:
    assert refused(task_document(), deadline_ms=2**63).fault is Fault.DECLINED


def test_hidden_checks_come_from_the_sealed_part_and_follow_the_public_ones() -> None:
    sealed = sealed_document(
        checks=[
            {"check": "tests", "cases": [CASE | {"hidden": False}]},
            {"check": "tests", "entry": "f", "calls": [{"args": [1], "expected": 1}]},
        ],
        materials={"gold.txt": {"text": "9"}},
    )
    document = task_document(
        {"materials": {"a.txt": {"text": "1"}}}, sealed_checks=committed(sealed)
    )
    task = made(document, sealed)

    assert isinstance(task, dict)
    assert task["checks"] == [
        TESTS,
        {"check": "tests", "cases": [CASE | {"hidden": True}]},
        {
            "check": "tests",
            "entry": "f",
            "calls": [{"args": [1], "expected": 1, "hidden": True}],
        },
    ]
    assert set(task["materials"]) == {"a.txt", "gold.txt"}
    assert "sealed_checks" not in task


def test_a_task_of_sealed_checks_alone_has_these_and_no_default_plan() -> None:
    sealed = sealed_document()
    document = task_document({"checks": None}, sealed_checks=committed(sealed))
    task = made(document, sealed)

    assert isinstance(task, dict)
    assert [case["hidden"] for case in task["checks"][0]["cases"]] == [True]


def bad_salt() -> dict[str, Any]:
    return sealed_document(salt="zz" * 16)


@pytest.mark.parametrize(
    "sealed",
    [
        None,
        b"<html>404 Not Found</html>",
        b"[]",
        b"\xff",
        sealed_document(salt="bb" * 16),
        sealed_document(salt="aa" * 8),
        sealed_document(salt=7),
        sealed_document(checks=[{"check": "reasoning"}]),
        sealed_document(task_id="00" * 32),
        bad_salt(),
    ],
)
def test_without_the_very_sealed_part_there_is_no_task_and_nobody_is_to_blame(
    sealed: dict[str, Any] | bytes | None,
) -> None:
    found = refused(task_document(sealed_checks=committed(sealed_document())), sealed)

    assert found.fault is Fault.UNAVAILABLE
    assert found.passing
    assert found.sentence.startswith("sealed part")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"task_id": "11" * 32}, "names another task"),
        ({"checks": []}, "checks"),
        ({"checks": [{"check": "vibes"}]}, "checks[0].check"),
        ({"extra": 1}, "extra: is not a known field"),
        ({"materials": {"a.txt": {"text": "2"}}}, "names of public ones"),
    ],
)
def test_a_sealed_part_that_opens_and_is_wrong_is_the_publishers_fault(
    changed: dict[str, Any], said: str
) -> None:
    sealed = sealed_document(**changed)
    document = task_document(
        {"materials": {"a.txt": {"text": "1"}}}, sealed_checks=committed(sealed)
    )
    found = refused(document, sealed)

    assert found.fault is Fault.TASK_INVALID
    assert said in found.sentence


def test_a_sealed_part_of_another_version_is_declined_once_it_opens() -> None:
    sealed = sealed_document(schema="tosv.sealed/9")

    assert refused(task_document(sealed_checks=committed(sealed)), sealed).fault is Fault.DECLINED


def test_a_commitment_under_a_short_salt_opens_nothing() -> None:
    from validator.content.commitment import _PREFIX
    from validator.wire.canonical import canonical_json
    from validator.wire.digest import Algorithm, Digest

    short = SALT[:15]
    sealed = sealed_document(salt=short.hex())
    body = canonical_json({name: value for name, value in sealed.items() if name != "salt"})
    committed_to = Digest.of(_PREFIX + bytes([15]) + short + body, Algorithm.BLAKE3)
    document = task_document(sealed_checks={"uri": TASK_URI, "commitment": str(committed_to)})

    assert refused(document, sealed).fault is Fault.UNAVAILABLE


def test_the_place_of_a_sealed_part_is_told_before_it_is_fetched() -> None:
    with_one = spelled(task_document(sealed_checks=committed(sealed_document())))
    without = spelled(task_document())

    found = sealed_part(with_one, pointer(with_one, TASK_URI))
    assert found is not None
    assert not isinstance(found, Refusal)
    assert found.uri == "https://example.org/s"
    assert sealed_part(without, pointer(without, TASK_URI)) is None
    assert isinstance(sealed_part(without, pointer(b"", TASK_URI)), Refusal)


def test_plain_text_is_a_general_task_of_that_description() -> None:
    task = plain_task(chain_task("Prove that 2 is even."))

    assert isinstance(task, dict)
    assert (task["type"], task["description"]) == ("general", "Prove that 2 is even.")
    assert "checks" not in task
    assert isinstance(plain_task(chain_task(published_at_ms=-1)), Refusal)
