"""From the chain's text to a submission, through a fetcher: pointer, document, parts, materials."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from validator.content.answers import plain_submission, submission_from
from validator.content.documents import SealedChecks
from validator.content.reading import RefusedError, refuse
from validator.content.refusal import Fault, Refusal
from validator.content.tasks import Task, plain_task, sealed_part, task_from
from validator.errors import FetchError, InvalidPointerError, UnsupportedVersionError
from validator.wire.digest import Algorithm, Digest
from validator.wire.pointer import PlainText, Pointer, read_pointer
from validator.wire.sentences import member

if TYPE_CHECKING:
    from validator.content.chain_facts import ChainAnswer, ChainTask

MAX_MATERIALS: Final = 16
"""Of one task by URI: each may take the whole time of a fetch."""


class Fetch(Protocol):
    """What is asked of a fetcher."""

    def __call__(self, uri: str, digest: Digest | None, max_bytes: int) -> bytes:
        """Return the bytes, checked against a digest that is given. Raises FetchError."""


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task, and whether a part of it was sealed: such a part is delayed, not secret."""

    task: Task
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Loader:
    """Fetches and builds; keeps nothing. `max_bytes` is that of a submission at intake.

    `plain_text` is the operator's word on tasks whose description is no pointer.
    """

    fetch: Fetch
    max_bytes: int
    plain_text: bool = False

    def task(self, chain_task: ChainTask) -> Task | Refusal:
        """Return the task with its materials at hand, or why there is none."""
        loaded = self.load(chain_task)
        return loaded if isinstance(loaded, Refusal) else loaded.task

    def load(self, chain_task: ChainTask) -> LoadedTask | Refusal:
        """Likewise, and say whether it had a sealed part."""
        try:
            pointer = _read(chain_task.text, Fault.TASK_INVALID, "task on chain")
            if isinstance(pointer, PlainText):
                self._take_plain_text()
                task = plain_task(chain_task)
                return task if isinstance(task, Refusal) else LoadedTask(task)
            return self._task_at(pointer, chain_task)
        except RefusedError as refused:
            return refused.refusal

    def submission(
        self, chain_answer: ChainAnswer, task: Task, chain_task: ChainTask
    ) -> bytes | Refusal:
        """Return the submission of an answer to a task of `task`, or why there is none."""
        network = chain_task.network
        try:
            pointer = _read(chain_answer.text, Fault.ANSWER_INVALID, "answer on chain")
            if isinstance(pointer, PlainText):
                return plain_submission(chain_answer, task, network)
            document = self._fetched("answer document", pointer.uri, pointer.digest)
        except RefusedError as refused:
            return refused.refusal
        return submission_from(document, pointer, chain_answer, task, network)

    def _take_plain_text(self) -> None:
        if not self.plain_text:
            raise refuse(
                Fault.DECLINED, "task on chain: is plain text, which this validator does not watch"
            )

    def _task_at(self, pointer: Pointer, chain_task: ChainTask) -> LoadedTask | Refusal:
        document = self._fetched("task document", pointer.uri, pointer.digest)
        named = sealed_part(document, pointer)
        if isinstance(named, Refusal):
            return named
        sealed = None
        if isinstance(named, SealedChecks):
            sealed = self._fetched("sealed part", named.uri, None)
        task = task_from(document, pointer, chain_task, sealed)
        if isinstance(task, Refusal):
            return task
        return LoadedTask(self._with_materials(task, len(document)), sealed is not None)

    def _with_materials(self, task: Task, taken: int) -> Task:
        """Put the bytes of every material in place of its URI, within what intake takes."""
        materials: dict[str, Any] = task.get("materials") or {}
        by_uri = {name: item for name, item in materials.items() if item.get("uri") is not None}
        if len(by_uri) > MAX_MATERIALS:
            raise refuse(
                Fault.DECLINED,
                f"task.materials: {len(by_uri)} lie at URIs; the limit is {MAX_MATERIALS}",
            )
        inline = {}
        for name, item in by_uri.items():
            left = (self.max_bytes - taken) * 3 // 4  # base64 spells 3 bytes with 4 letters
            if left <= 0:
                raise refuse(
                    Fault.DECLINED,
                    "task.materials: are larger than a submission may be (limits.submission_bytes)",
                )
            digest = Digest(Algorithm.SHA256, bytes.fromhex(item["sha256"].removeprefix("sha256:")))
            content = self._fetched(f"task.materials{member(name)}", item["uri"], digest, left)
            encoded = base64.b64encode(content).decode()
            taken += len(encoded)
            inline[name] = {"base64": encoded, "sha256": item["sha256"]}
        return task | {"materials": materials | inline} if inline else task

    def _fetched(
        self, name: str, uri: str, digest: Digest | None, max_bytes: int | None = None
    ) -> bytes:
        try:
            return self.fetch(uri, digest, self.max_bytes if max_bytes is None else max_bytes)
        except FetchError as error:
            sentence = f"{name}: {error.detail}"
            raise RefusedError(
                Refusal(Fault.UNAVAILABLE, sentence, error.passing, error.code)
            ) from None


def _read(text: str, fault: Fault, name: str) -> Pointer | PlainText:
    try:
        return read_pointer(text)
    except InvalidPointerError as error:
        raise RefusedError(Refusal(fault, f"{name}: {error.detail}", code=error.code)) from None
    except UnsupportedVersionError as error:
        raise RefusedError(
            Refusal(Fault.DECLINED, f"{name}: {error.detail}", code=error.code)
        ) from None
