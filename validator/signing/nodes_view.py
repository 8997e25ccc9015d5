"""The signer's own eyes: every endpoint read by itself, at the stable block that all of them have.

Nothing that a follower says goes in (threat model, row 17). All of `signer.endpoints` must answer;
what they show is compared by `validator.signing.chain`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from validator.chain.nonces import nonce_at
from validator.chain.placing import block_of_answer
from validator.errors import ChainUnreadableError
from validator.protection.reconcile import QUIET_BLOCKS
from validator.signing.chain import AnswerFacts, Snapshot, Snapshots
from validator.signing.own_chain import OwnChain, Target, own_score
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from validator.chain.blocks import RawBlock
    from validator.chain.node import NodeClient
    from validator.chain.values import NodeInfo, TransactionFacts
    from validator.domain.clock import Clock
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Task

WATCHED: Final = 4096
"""Tasks that are looked into, in turn, for scores of ours that no transaction explains."""
IN_TURN: Final = 8
"""Of them, at each reading."""
FAR: Final = 2 * QUIET_BLOCKS
"""Stable blocks between two endpoints at which the chain can still be read: one that catches up, or
lies about its place, must not choose the height that the quiet after a gap is counted from."""
_Found = TypeVar("_Found")


class _Timed:
    """A node whose next call is not made when the time is over."""

    def __init__(self, node: NodeClient, in_time: Callable[[], bool]) -> None:
        self._node = node
        self._in_time = in_time

    @property
    def name(self) -> str:
        return self._node.name

    def newest_nonce(self, key: PublicKey) -> tuple[int, int] | None:
        return self._asked().newest_nonce(key)

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        return self._asked().raw_block(topoheight, whole=whole)

    def transactions(self, hashes: Sequence[bytes]) -> dict[bytes, TransactionFacts | None]:
        return self._asked().transactions(hashes)

    def task(self, task_id: bytes) -> Task | None:
        return self._asked().task(task_id)

    def _asked(self) -> NodeClient:
        if not self._in_time():
            raise ChainUnreadableError(f"node {plain(self.name, 64)}: it was not read in time")
        return self._node


class NodesView:
    """A ChainView over nodes.

    `seconds` bounds one reading, but for the call that is under way at its end. A first reading of
    many blocks needs several: each goes on where the last one stopped.
    """

    def __init__(
        self, nodes: Sequence[NodeClient], key: PublicKey, clock: Clock, seconds: float
    ) -> None:
        self._nodes = tuple(nodes)
        self._key = key
        self._clock = clock
        self._seconds = seconds
        self._own = {node.name: OwnChain(node, key) for node in self._nodes}
        self._watched: OrderedDict[bytes, None] = OrderedDict()
        self._reading = threading.Lock()
        self._watching = threading.Lock()
        # Twice the endpoints: a question about an answer does not wait for a long reading.
        self._threads = ThreadPoolExecutor(2 * len(self._nodes), "signer-chain")

    def close(self) -> None:
        """End the threads and the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for node in self._nodes:
            node.close()

    def snapshots(self, public_key: bytes, since: int) -> Snapshots:
        """Read our account and our verdicts from height `since` on, at one stable height.

        Raises ChainUnreadableError: an endpoint cannot be read, is far behind another one, shows
        another stable block than another one or than before, or the blocks since then are too many
        for one reading.
        """
        if public_key != self._key.data:
            raise ChainUnreadableError("the chain is read for another key")
        with self._reading:
            read_at = self._clock.monotonic()
            in_time = self._until(read_at)
            infos = self._each(lambda node: node.info())
            target = self._target(infos, since)
            self._read_blocks(infos, target, in_time)
            unsettled = self._unsettled(target)
            tasks = sorted(unsettled.union(self._tasks_in_turn()))
            self._each(lambda node: self._look_into(node, tasks, unsettled, in_time))
            found = self._each(
                lambda node: self._snapshot(_Timed(node, in_time), node, infos[node.name], target)
            )
            return Snapshots(read_at, found)

    def answers(self, task: bytes, answer: bytes) -> Mapping[str, AnswerFacts]:
        """Return what each endpoint shows of an answer at its stable height, where it shows it.

        Raises ChainUnreadableError when one of them cannot be read.
        """
        self._watch((task,))
        in_time = self._until(self._clock.monotonic())
        found = self._each(lambda node: self._facts(node, _Timed(node, in_time), task, answer))
        return {name: facts for name, facts in found.items() if facts is not None}

    def _target(self, infos: Mapping[str, NodeInfo], since: int) -> Target:
        """The stable block of the endpoint that is least far; the others must have the same."""
        topoheight, farthest = _span(infos, lambda info: info.stable_topoheight)
        height, newest = _span(infos, lambda info: info.stable_height)
        if max(farthest - topoheight, newest - height) > FAR:
            raise ChainUnreadableError("an endpoint is far behind another one")
        hashes = self._each(lambda node: self._own[node.name].block_hash(topoheight))
        agreed, *others = set(hashes.values())
        if others:
            raise ChainUnreadableError("the endpoints differ about a stable block")
        return Target(topoheight, agreed, height, newest, since)

    def _read_blocks(
        self, infos: Mapping[str, NodeInfo], target: Target, in_time: Callable[[], bool]
    ) -> None:
        try:
            self._each(
                lambda node: self._own[node.name].read_blocks(infos[node.name], target, in_time)
            )
        finally:  # no block is read twice, so what was read counts also where an endpoint failed
            for own in self._own.values():
                self._watch(sorted(own.take_answered()))

    def _unsettled(self, target: Target) -> frozenset[bytes]:
        """Every task with a verdict of ours that no endpoint, or not each, showed as stable yet."""
        return frozenset().union(*(own.unsettled(target) for own in self._own.values()))

    def _tasks_in_turn(self) -> tuple[bytes, ...]:
        """The next few of the tasks in which a score of ours may turn up."""
        with self._watching:
            turn = tuple(islice(self._watched, IN_TURN))
            for task in turn:
                self._watched.move_to_end(task)
        return turn

    def _watch(self, tasks: Iterable[bytes]) -> None:
        with self._watching:
            for task in tasks:
                if task not in self._watched:
                    self._watched[task] = None
                    self._watched.move_to_end(task, last=False)  # the newest are next
            while len(self._watched) > WATCHED:
                self._watched.popitem()

    def _look_into(
        self,
        node: NodeClient,
        tasks: Sequence[bytes],
        unsettled: frozenset[bytes],
        in_time: Callable[[], bool],
    ) -> None:
        """Read these tasks; those read before the time is over need no second reading.

        One that others made too large to be read is passed over, or they could close signing at
        will; not so where a transaction of ours names it.
        """
        timed = _Timed(node, in_time)
        for task in tasks:
            try:
                shown = timed.task(task)
            except ChainUnreadableError as error:
                if not error.too_large or task in unsettled:
                    raise
            else:
                self._own[node.name].take_task(task, shown)

    def _snapshot(
        self, timed: _Timed, node: NodeClient, info: NodeInfo, target: Target
    ) -> Snapshot:
        own = self._own[node.name]
        pending = node.pending(self._key)
        pruned = info.pruned_topoheight
        return Snapshot(
            genesis=own.genesis,
            stable_height=target.stable_height,
            since=own.complete_from,
            next_nonce=nonce_at(timed, self._key, target.topoheight),
            pruned_height=None if pruned is None else node.raw_block(pruned, whole=False).height,
            verdicts=own.verdicts(target),
            pending=frozenset() if pending is None else pending.hashes,
            newest_stable=target.newest_stable,
        )

    def _facts(
        self, node: NodeClient, timed: _Timed, task_id: bytes, answer_id: bytes
    ) -> AnswerFacts | None:
        info, task = node.info(), node.task(task_id)
        answer = None if task is None else task.answer(answer_id)
        if task is None or answer is None or answer.submitted_at > info.stable_height:
            return None
        low = min(info.pruned_topoheight or 0, info.stable_topoheight)
        # None once a re-order took the block out: the chain keeps the answer, whose id proves both.
        block = block_of_answer(timed, task_id, answer, low, info.stable_topoheight)
        score = own_score(answer, self._key)
        if score is not None and score.validated_at > info.stable_height:
            score = None
        return AnswerFacts(
            task=task_id,
            publisher=task.publisher.data,
            reward=task.reward_amount,
            answer=answer_id,
            submitter=answer.submitter.data,
            answer_hash=answer.answer_hash,
            content=answer.answer_content,
            height=answer.submitted_at,
            timestamp_ms=None if block is None else block.timestamp_ms,
            own_score=None if score is None else score.score,
        )

    def _until(self, start: float) -> Callable[[], bool]:
        return lambda: self._clock.monotonic() - start < self._seconds

    def _each(self, ask: Callable[[NodeClient], _Found]) -> dict[str, _Found]:
        """Ask all endpoints at once. Raises the ChainUnreadableError of the first that fails."""
        asked = {node.name: self._threads.submit(ask, node) for node in self._nodes}
        wait(asked.values())  # nobody is still reading when the next reading begins
        return {name: answer.result() for name, answer in asked.items()}


def _span(infos: Mapping[str, NodeInfo], of: Callable[[NodeInfo], int]) -> tuple[int, int]:
    """The least and the most that the endpoints say."""
    said = [of(info) for info in infos.values()]
    return min(said), max(said)
