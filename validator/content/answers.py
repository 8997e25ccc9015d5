"""The submission of one answer, in the very bytes that intake reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.content.chain_facts import rfc3339_ms
from validator.content.documents import AnswerDocument
from validator.content.reading import RefusedError, read_document, read_object, refuse
from validator.content.refusal import Fault, Refusal
from validator.content.tasks import Task, require_digest
from validator.intake.document import SUBMISSION_SCHEMA
from validator.wire.canonical import canonical_json
from validator.wire.tos.address import decode_address, encode_address
from validator.wire.tos.errors import AddressError

if TYPE_CHECKING:
    from validator.content.chain_facts import ChainAnswer
    from validator.wire.pointer import Pointer
    from validator.wire.tos.networks import Network


def submission_from(
    document: bytes, pointer: Pointer, chain_answer: ChainAnswer, task: Task, network: Network
) -> bytes | Refusal:
    """Return a submission (contract, section 1) in canonical JSON, or why there is none.

    `document` is what lies at the answer's pointer, `task` what `task_from` made. The caller sets
    the origin; ids, account and times are the chain's. Raises ValueError for a task and an answer
    that do not belong together.
    """
    try:
        require_digest(document, pointer, "answer document")
        if pointer.type != task["type"]:
            raise refuse(Fault.ANSWER_INVALID, "answer's pointer: t is not the type of the task")
        raw = read_object(document, "answer document", Fault.ANSWER_INVALID)
        read = read_document(raw, AnswerDocument, "answer document", Fault.ANSWER_INVALID)
        _require_owner(read, chain_answer, network)
        return _spelled(task, raw["answer"], chain_answer, network)
    except RefusedError as refused:
        return refused.refusal


def plain_submission(chain_answer: ChainAnswer, task: Task, network: Network) -> bytes | Refusal:
    """Return the submission of an answer that is its own text on the chain."""
    try:
        return _spelled(task, {"content": chain_answer.text}, chain_answer, network)
    except RefusedError as refused:
        return refused.refusal


def _require_owner(read: AnswerDocument, chain_answer: ChainAnswer, network: Network) -> None:
    """A bundle belongs to one task and one account: a pointer to it alone takes nothing over."""
    if read.task_id != chain_answer.task_id.hex():
        raise refuse(Fault.ANSWER_INVALID, "answer document: task_id names another task")
    try:
        named = decode_address(read.submitter, network).public_key
    except AddressError as error:
        raise refuse(Fault.ANSWER_INVALID, f"answer document: submitter: {error}") from None
    if named != chain_answer.submitter:
        raise refuse(
            Fault.ANSWER_INVALID, "answer document: submitter names another account than the chain"
        )


def _spelled(
    task: Task, answer: dict[str, Any], chain_answer: ChainAnswer, network: Network
) -> bytes:
    if task["id"] != chain_answer.task_id.hex():
        raise ValueError("the answer is not one to this task")
    try:
        of_chain = {
            "id": chain_answer.answer_id.hex(),
            "miner": encode_address(chain_answer.submitter, network),
            "submitted_at": rfc3339_ms(chain_answer.submitted_at_ms),
        }
    except ValueError as error:
        raise refuse(Fault.DECLINED, f"answer on chain: {error}") from None
    return canonical_json({"schema": SUBMISSION_SCHEMA, "task": task, "answer": answer | of_chain})
