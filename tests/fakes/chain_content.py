"""A task and an answer as a chain holds them, and the documents behind their pointers."""

from __future__ import annotations

import json
from typing import Any

from validator.content.chain_facts import ChainAnswer, ChainTask
from validator.content.commitment import commit
from validator.errors import ContentNotFoundError, DigestMismatchError
from validator.wire.digest import Algorithm, Digest
from validator.wire.pointer import Pointer
from validator.wire.tos.address import encode_address
from validator.wire.tos.keys import PublicKey
from validator.wire.tos.networks import Network
from validator.wire.tos.payloads import Difficulty

TASK_ID = bytes(range(32))
ANSWER_ID = bytes(32)
MINER = PublicKey(b"\x01" * 32)
OTHER = PublicKey(b"\x02" * 32)
SALT = b"\xaa" * 16
TASK_URI, SEALED_URI, ANSWER_URI = (f"https://example.org/{name}" for name in "tsa")
CASE = {"stdin": "2\n", "expected_stdout": "4\n"}
TESTS = {"check": "tests", "cases": [CASE]}


def spelled(document: object) -> bytes:
    return json.dumps(document).encode()


def task_document(task: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """A public part with one test."""
    return {
        "schema": "tosv.task/1",
        "task": {"type": "code", "language": "python", "title": "Square", "checks": [TESTS]}
        | (task or {}),
    } | top


def sealed_document(**changed: Any) -> dict[str, Any]:
    """A sealed part with one more test."""
    return {
        "schema": "tosv.sealed/1",
        "task_id": TASK_ID.hex(),
        "salt": SALT.hex(),
        "checks": [{"check": "tests", "cases": [{"stdin": "3\n", "expected_stdout": "9\n"}]}],
    } | changed


def committed(sealed: dict[str, Any], salt: bytes = SALT) -> dict[str, str]:
    """The `sealed_checks` that a public part holds for a sealed one."""
    body = {name: value for name, value in sealed.items() if name != "salt"}
    return {"uri": SEALED_URI, "commitment": str(commit(body, salt))}


def answer_document(answer: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """A right answer that names its task and its submitter."""
    return {
        "schema": "tosv.answer/1",
        "task_id": TASK_ID.hex(),
        "submitter": encode_address(MINER, Network.DEVNET),
        "answer": answer or {"code": "print(int(input()) ** 2)\n"},
    } | top


def pointer(data: bytes, uri: str, kind: str = "code") -> Pointer:
    return Pointer(kind, uri, Digest.of(data, Algorithm.BLAKE3))


def chain_task(text: str = "", **changed: Any) -> ChainTask:
    facts: dict[str, Any] = {
        "task_id": TASK_ID,
        "text": text,
        "reward": 5_000_000_000,
        "difficulty": Difficulty.BEGINNER,
        "published_at_ms": 1_767_225_600_000,
        "deadline_ms": 1_767_227_600_123,
        "network": Network.DEVNET,
    }
    return ChainTask(**(facts | changed))


def chain_answer(text: str = "", **changed: Any) -> ChainAnswer:
    facts: dict[str, Any] = {
        "answer_id": ANSWER_ID,
        "task_id": TASK_ID,
        "submitter": MINER,
        "text": text,
        "submitted_at_ms": 1_767_225_700_000,
    }
    return ChainAnswer(**(facts | changed))


class Shelf:
    """A fetcher whose content lies in a dictionary, or is an error to raise."""

    def __init__(self, content: dict[str, bytes | Exception]) -> None:
        self.content = content
        self.asked: list[tuple[str, int]] = []

    def __call__(self, uri: str, digest: Digest | None, max_bytes: int) -> bytes:
        self.asked.append((uri, max_bytes))
        found = self.content.get(uri, ContentNotFoundError("there is no content at the URI"))
        if isinstance(found, Exception):
            raise found
        if digest is not None and not digest.holds_for(found):
            raise DigestMismatchError(f"the content has another digest than {digest}")
        return found
