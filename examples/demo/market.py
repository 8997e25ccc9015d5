"""The demo's market on the development chain: a publisher, its tasks, and miners that answer.

Documents lie in the service's content folder, as the formats of docs/reference/content.md say; on
the chain are pointers to them. What the publisher opens is all there is to judge by: hidden cases
of the corpus are public here, since a public document may hold none.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from validator.content.documents import ANSWER_OF_CHAIN, TASK_OF_CHAIN
from validator.wire.digest import Algorithm, Digest
from validator.wire.pointer import Pointer
from validator.wire.tos import (
    Difficulty,
    Network,
    PublishTask,
    RegisterMiner,
    SecretKey,
    SubmitAnswer,
    answer_hash,
    encode_address,
)
from validator.wire.tos.rules import MIN_REGISTRATION_FEE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from examples.demo.corpus import Example
    from validator.cli.devnet_client import DevnetClient
    from validator.wire.tos import PublicKey

PICKS: Final[Mapping[str, tuple[str, ...]]] = {
    "interval-merge": ("unsorted", "fork-bomb", "reference"),
    "stopping-distance": ("forgot-to-convert", "wrong-unit", "reference"),
    "csv-totals": ("correct-then-crash", "reference"),
    "rename-plan": ("reads-the-environment", "reference"),
    "order-document": ("duplicate-key", "reference"),
    "line-through-points": ("parallel", "reference"),
    "quartic-roots": ("roots-of-u", "reference"),
}
"""Tasks, and their answers in the order in which miners send them.

Each with at most one that is right, and that one last: it completes the task.
"""

MINERS: Final = 4
FUNDS: Final = 10**12
REWARD: Final = 10**10
"""Units, as for every task here: the chain takes 5e9 to 15e9 for a Beginner task."""
STAKE: Final = 10**9
"""Units: the least, a tenth of the reward."""
OPEN_MS: Final = 2_400_000
"""From publication to deadline, on the chain's clock; it takes at most 2 592 000."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An answer on the chain. `miner` is a number from 1."""

    example: Example
    miner: int
    address: str
    task_id: bytes
    answer_id: bytes


@dataclass(frozen=True, slots=True)
class _Sent:
    example: Example
    miner: int
    task_id: bytes


def picked(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Return what of these goes to the chain, in the order of PICKS."""
    known = {example.name: example for example in examples}
    names = [f"{task}/{answer}" for task, answers in PICKS.items() for answer in answers]
    return tuple(known[name] for name in names if name in known)


class Market:
    """Sends one transaction of each account for each block, which is all that the chain takes.

    Every method raises DevnetCallError.
    """

    def __init__(self, chain: DevnetClient, content: Path) -> None:
        self._chain = chain
        self._content = content
        self._publisher = SecretKey.generate()
        self._miners = [SecretKey.generate() for _ in range(MINERS)]

    def trade(self, examples: Sequence[Example], check: Callable[[], None]) -> tuple[Offer, ...]:
        """Register, publish the tasks, answer them; return what is on the chain then.

        `check` is called between the steps, to raise when a stop was asked for.
        """
        self._register()
        tasks: dict[str, bytes] = {}
        for example in examples:
            check()
            if example.task not in tasks:
                tasks[example.task] = self._publish(example)
        sent = [_Sent(e, self._miner_of(examples, e), tasks[e.task]) for e in examples]
        waiting = list(sent)
        while waiting:
            check()
            waiting = self._answer_once(waiting)
        return tuple(self._offer(each) for each in sent)

    def _register(self) -> None:
        for secret in (self._publisher, *self._miners):
            self._chain.faucet(secret.public, FUNDS)
            self._chain.send(secret, RegisterMiner(secret.public, MIN_REGISTRATION_FEE))
        self._chain.mine()

    def _publish(self, example: Example) -> bytes:
        task_id = secrets.token_bytes(32)
        task: Mapping[str, Any] = example.document["task"]
        document = {"schema": "tosv.task/1", "task": _public(task)}
        pointer = self._write(example.task, "task", task["type"], document)
        now: int = self._chain.state()["timestamp"]
        wanted = PublishTask(task_id, REWARD, Difficulty.BEGINNER, now + OPEN_MS, pointer)
        self._chain.send(self._publisher, wanted)
        self._chain.mine()
        return task_id

    def _miner_of(self, examples: Sequence[Example], example: Example) -> int:
        """Give each answer of a task to another miner, not always the same the right one."""
        tasks = list(dict.fromkeys(each.task for each in examples))
        answers = [each for each in examples if each.task == example.task]
        return (tasks.index(example.task) + answers.index(example)) % MINERS + 1

    def _answer_once(self, waiting: Sequence[_Sent]) -> list[_Sent]:
        """Let each miner send its next answer, if it is the next one of its task; make a block."""
        busy: set[int] = set()
        held: set[bytes] = set()
        left: list[_Sent] = []
        for each in waiting:
            if each.miner in busy or each.task_id in held:
                left.append(each)
            else:
                self._answer(each)
            busy.add(each.miner)
            held.add(each.task_id)
        self._chain.mine()
        return left

    def _answer(self, sent: _Sent) -> None:
        secret = self._miners[sent.miner - 1]
        answer = {
            name: value
            for name, value in sent.example.document["answer"].items()
            if name not in ANSWER_OF_CHAIN
        }
        document = {
            "schema": "tosv.answer/1",
            "task_id": sent.task_id.hex(),
            "submitter": _address(secret.public),
            "answer": answer,
            "salt": secrets.token_hex(16),
        }
        kind = sent.example.document["task"]["type"]
        pointer = self._write(sent.example.task, sent.example.answer, kind, document)
        self._chain.send(secret, SubmitAnswer(sent.task_id, pointer, answer_hash(pointer), STAKE))

    def _offer(self, sent: _Sent) -> Offer:
        address = _address(self._miners[sent.miner - 1].public)
        submitter = list(self._miners[sent.miner - 1].public.data)
        shown = self._chain.call("get_ai_mining_task", {"task_id": sent.task_id.hex()})
        ids = [a["answer_id"] for a in shown["submitted_answers"] if a["submitter"] == submitter]
        return Offer(sent.example, sent.miner, address, sent.task_id, bytes.fromhex(ids[0]))

    def _write(self, folder: str, name: str, kind: str, document: Mapping[str, Any]) -> str:
        """Write a document where the service fetches it; return the pointer to it."""
        data = json.dumps(document, ensure_ascii=False).encode()
        place = self._content / folder
        place.mkdir(exist_ok=True)
        place.chmod(0o755)  # a fetcher that was root reads it as nobody
        path = place / f"{name}.json"
        path.write_bytes(data)
        path.chmod(0o644)
        digest = Digest.of(data, Algorithm.BLAKE3)
        return Pointer(kind, f"file:///{folder}/{name}.json", digest).text


def _public(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task as its public document has it: without the chain's part and hidden marks."""
    found = {name: value for name, value in task.items() if name not in TASK_OF_CHAIN}
    if "checks" in found:
        found["checks"] = [_opened(check) for check in found["checks"]]
    return found


def _opened(check: Mapping[str, Any]) -> dict[str, Any]:
    """Return a check without its marks of what is hidden."""
    return {
        name: [{k: v for k, v in case.items() if k != "hidden"} for case in value]
        if name in ("cases", "calls")
        else value
        for name, value in check.items()
    }


def _address(key: PublicKey) -> str:
    return encode_address(key, Network.DEVNET)
