"""The task of a submission, made of what the chain says, a public document and its sealed part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.content.chain_facts import rfc3339_ms
from validator.content.commitment import opens
from validator.content.documents import SealedDocument, TaskDocument, hidden
from validator.content.reading import RefusedError, read_document, read_object, refuse
from validator.content.refusal import Fault, Refusal
from validator.wire.digest import Digest

if TYPE_CHECKING:
    from validator.content.chain_facts import ChainTask
    from validator.content.documents import SealedChecks
    from validator.wire.pointer import Pointer

PLAIN_TYPE: Final = "general"
"""What a task without a document is: nothing can be executed, people must look."""

Task = dict[str, Any]


def task_from(
    document: bytes, pointer: Pointer, chain_task: ChainTask, sealed: bytes | None = None
) -> Task | Refusal:
    """Return `task` of a submission (contract, section 1), or why there is none.

    `document` is what lies at the pointer, `sealed` what lies at its `sealed_checks.uri`. Checks
    of the sealed part follow the public ones; their cases are hidden, whatever they say.
    """
    try:
        raw, read = _public(document, pointer)
        task = dict(raw["task"])
        if read.sealed_checks is not None:
            _add_sealed(task, _sealed(sealed, read.sealed_checks, chain_task))
        return task | _of_chain(chain_task)
    except RefusedError as refused:
        return refused.refusal


def sealed_part(document: bytes, pointer: Pointer) -> SealedChecks | Refusal | None:
    """Return where the sealed part of a task lies; None for a task without one."""
    try:
        return _public(document, pointer)[1].sealed_checks
    except RefusedError as refused:
        return refused.refusal


def plain_task(chain_task: ChainTask) -> Task | Refusal:
    """Return the task that plain text on the chain is: type `general`, the text as description."""
    try:
        return {"type": PLAIN_TYPE, "description": chain_task.text} | _of_chain(chain_task)
    except RefusedError as refused:
        return refused.refusal


def _public(document: bytes, pointer: Pointer) -> tuple[dict[str, Any], TaskDocument]:
    require_digest(document, pointer, "task document")
    raw = read_object(document, "task document", Fault.TASK_INVALID)
    read = read_document(raw, TaskDocument, "task document", Fault.TASK_INVALID)
    if read.task.type != pointer.type:
        raise refuse(
            Fault.TASK_INVALID,
            f"task document: task.type is {read.task.type}, but the pointer says {pointer.type}",
        )
    return raw, read


def require_digest(document: bytes, pointer: Pointer, name: str) -> None:
    """Refuse bytes that are not the pointer's. Raises RefusedError."""
    if not pointer.digest.holds_for(document):
        raise refuse(
            Fault.UNAVAILABLE,
            f"{name}: what was fetched is not what the pointer names",
            passing=True,
        )


def _sealed(data: bytes | None, named: SealedChecks, chain_task: ChainTask) -> dict[str, Any]:
    """Return the sealed part once its commitment holds; before that nobody is to blame for it."""
    if data is None:
        raise refuse(Fault.UNAVAILABLE, "sealed part: is not to be had yet", passing=True)
    try:
        raw = read_object(data, "sealed part", Fault.UNAVAILABLE)
    except RefusedError as refused:
        raise refuse(Fault.UNAVAILABLE, refused.refusal.sentence, passing=True) from None
    body = {name: value for name, value in raw.items() if name != "salt"}
    if not opens(Digest.parse(named.commitment), body, _salt(raw)):
        raise refuse(
            Fault.UNAVAILABLE, "sealed part: does not open the task's commitment", passing=True
        )
    read = read_document(raw, SealedDocument, "sealed part", Fault.TASK_INVALID)
    if read.task_id != chain_task.task_id.hex():
        raise refuse(Fault.TASK_INVALID, "sealed part: task_id names another task")
    return raw


def _salt(raw: dict[str, Any]) -> bytes:
    """Return the salt, empty (which opens nothing) where it is no hexadecimal text."""
    text = raw.get("salt")
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return b""


def _add_sealed(task: Task, sealed: dict[str, Any]) -> None:
    task["checks"] = [*(task.get("checks") or ()), *hidden(sealed["checks"])]
    public, further = task.get("materials") or {}, sealed.get("materials") or {}
    if twice := sorted(set(public) & set(further)):
        raise refuse(
            Fault.TASK_INVALID,
            f"sealed part: materials: {len(twice)} of them have names of public ones",
        )
    if further:
        task["materials"] = public | further


def _of_chain(chain_task: ChainTask) -> Task:
    try:
        return {
            "id": chain_task.task_id.hex(),
            "difficulty": chain_task.difficulty.name.lower(),
            "reward": str(chain_task.reward),
            "published_at": rfc3339_ms(chain_task.published_at_ms),
            "deadline": rfc3339_ms(chain_task.deadline_ms),
        }
    except ValueError as error:
        raise refuse(Fault.DECLINED, f"task on chain: {error}") from None
