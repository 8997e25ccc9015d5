"""Real poster and signer processes around a development chain that the test holds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.managers import BaseManager
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from devnet.app import build
from devnet.node import Rewrite
from devnet.production import Production
from tests.crash.dying_poster import AUTHKEY
from tests.crash.house import ROOT, end, wait_until
from tests.fakes.chain import KEY
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, VALIDATOR, secret, world
from tests.fakes.posting import OWN, WorldTracked, WorldView, claim_of, follow, judge
from tests.fakes.signing import prepare
from tests.fakes.store import CountingIds
from validator.cli.programs import environment
from validator.domain.clock import SystemClock
from validator.domain.posting import PostState
from validator.errors import SignerUnavailableError, ValidatorError
from validator.signing.client import SOCKET, SignerClient
from validator.signing.requests import ToldAnswer, ToldEndpoint, ToldVerdict
from validator.store.posts import PostStore
from validator.store.store import open_store
from validator.wire.tos import ValidateAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import Scope

    from validator.domain.posting import Post
    from validator.wire.tos import SecretKey

MINERS = (MINER, SECOND, VALIDATOR, *(secret(number) for number in range(21, 30)))
BLOCK_S = 0.15
"""Real time between blocks; the chain's own clock moves 3 s for each."""


class Served(BaseManager):
    """Serves what was tracked to the poster's process."""


class Locked:
    """One caller at a time: the chain is not safe for threads."""

    def __init__(self, behind: Any, turn: threading.RLock, *methods: str) -> None:
        self._behind, self._turn = behind, turn
        for method in methods:
            setattr(self, method, self._locked(method))

    def _locked(self, method: str) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            with self._turn:
                return getattr(self._behind, method)(*given)

        return call


def _hang_up(_: Scope) -> None:
    raise AssertionError("nothing here loses a reply")


class PostingHouse:
    """The chain with its market, the database of a follower, and the processes."""

    def __init__(self, folder: Path) -> None:
        self.world = world()
        self.settings = prepare(folder, genesis=self.world.chain.genesis, chain_age_s=600)
        self.data = self.settings.data_dir
        self.said = folder / "said.log"
        self.turn = threading.RLock()
        self.view = WorldView(self.world, SystemClock())
        self.store = open_store(None, self.data, SystemClock(), CountingIds())
        self.posts = PostStore(self.store._database, SystemClock())
        self.processes: list[subprocess.Popen[bytes]] = []
        self.signer: subprocess.Popen[bytes] | None = None
        self.poster: subprocess.Popen[bytes] | None = None
        self._address = str(folder / "chain.sock")
        self._judged = 0
        tracked = Locked(WorldTracked(self.world), self.turn, "mining", "now_ms")
        Served.register("tracked", lambda: tracked, exposed=("mining", "now_ms"))
        self._server = Served(self._address, authkey=AUTHKEY).get_server()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(self._application(), log_level="warning", lifespan="off")
        self._http = uvicorn.Server(config)
        self._threads = [
            threading.Thread(target=self._serve, daemon=True),
            threading.Thread(target=self._http.run, args=([self._listener],), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _application(self) -> Callable[..., Any]:
        """The node's own door, shut while the test changes the chain."""
        app = build(self.world.node, Production(self.world.node, None), _hang_up)

        async def locked(scope: Any, receive: Any, send: Any) -> None:
            with self.turn:
                await app(scope, receive, send)

        return locked

    def _serve(self) -> None:
        try:
            self._server.serve_forever()
        except SystemExit:  # its way to end
            return

    def __enter__(self) -> Self:
        keys = (PUBLISHER, KEY, *MINERS)
        self.world.fund(*keys)
        self.world.register(*keys)
        self.world.mine(9)
        return self

    def __exit__(self, *exc: object) -> None:
        for process in self.processes:
            end(process)
        self._server.stop_event.set()
        self._server.listener.close()
        self._http.should_exit = True
        self._threads[1].join(20)
        self._listener.close()
        self.store.close()

    def start_signer(self, point: str | None = None) -> None:
        module = "validator.signer" if point is None else "tests.crash.dying_signer"
        self.signer = self._start(["-m", module], STAGE_SIGNER=point or "")

    def start_poster(self, point: str | None = None) -> None:
        arguments = [self.data, self._address, self.url]
        self.poster = self._start(
            ["-m", "tests.crash.dying_poster", *map(str, arguments)], STAGE_POSTER=point or ""
        )

    def _start(self, arguments: list[str], **stage: str) -> subprocess.Popen[bytes]:
        env = environment(self.settings) | {
            "PYTHONPATH": str(ROOT), "TOSV_LOG": '{"format": "json"}', **stage,
        }  # fmt: skip
        with self.said.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-P", *arguments], env=env, stdout=said, stderr=said,
                cwd=self.data, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def open_market(self) -> None:
        """Let the signer's quiet period pass, then publish the task."""
        wait_until(self._listens, 30, "the signer listens")
        for _ in range(12):
            self.tell()
            self.world.mine()
        with self.client() as client:
            assert client.reconcile(self._told())["phase"] == "open"
        self.world.publish()
        self.world.mine(9)

    def answer(self, score: int, key: SecretKey = MINER) -> str:
        with self.turn:
            made = self.world.answer(key, f"an answer by {key.public.hex()[:8]}")
            self.world.mine(9)
            follow(self.store._database, self.world)
        self._judged += 1
        judge(self.store._database, made.hex(), score, self._judged)
        return made.hex()

    def client(self) -> SignerClient:
        return SignerClient(self.data / SOCKET, timeout_s=30)

    def _listens(self) -> bool:
        try:
            self.client().close()
        except SignerUnavailableError:
            return False
        return True

    def tell(self) -> None:
        """Be the follower: tell the signer, where there is one, and write the rows."""
        with self.turn:
            told = self._told()
            if self.world.chain.mining is not None:
                follow(self.store._database, self.world)
        try:
            with self.client() as client:
                client.reconcile(told)
        except ValidatorError:
            return

    def drive(self, until: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Make blocks until it holds."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, f"{what}: {self.posts.find()}"
            self.tell()
            with self.turn:
                self.world.mine()
            time.sleep(BLOCK_S)
        self.tell()

    def reorder(self, answer: str) -> None:
        """Take the block of a verdict, and all after it, off the chain."""
        with self.turn:
            chain = self.world.chain
            (sent,) = self.transactions(answer)
            block = chain.records[sent.hash()].executed_in
            depth = chain.topoheight - chain.topoheights[block] + 1
            self.world.node.reorder(depth, Rewrite.EMPTY, order=None, keep_mining=False)

    def post(self, answer: str) -> Post:
        return self.posts.get(answer)

    def is_final(self, answer: str) -> bool:
        found = [post for post in self.posts.find() if post.answer_id == answer]
        return bool(found) and found[0].state is PostState.FINALIZED

    def scores(self, answer: str) -> list[int]:
        found = self.world.chain.mining.tasks[TASK].answer(bytes.fromhex(answer))
        return [each.score for each in found.validation_scores if each.validator == OWN]

    def transactions(self, answer: str) -> list[Any]:
        """Every transaction with a verdict of ours on this answer that was in a block."""
        return [
            record.transaction
            for record in self.world.chain.records.values()
            if isinstance(payload := record.transaction.payload, ValidateAnswer)
            and payload.answer_id == bytes.fromhex(answer)
            and record.transaction.source == OWN
        ]

    def _told(self) -> dict[str, ToldEndpoint]:
        seen = self.view.snapshot(OWN) if self.world.chain.mining else None
        if seen is None:
            return {}
        verdicts = [
            ToldVerdict(
                task=each.verdict.task, answer=each.verdict.answer, score=each.verdict.score,
                submitter=each.submitter, answer_hash=each.answer_hash,
                answer_height=each.answer_height, nonce=each.nonce, transaction=each.transaction,
            )
            for each in seen.verdicts
        ]  # fmt: skip
        return {
            "node": ToldEndpoint(
                genesis=seen.genesis, stable_height=seen.stable_height, since=seen.since,
                next_nonce=seen.next_nonce, pruned_height=None, verdicts=verdicts,
                pending=sorted(seen.pending), answers=self._told_answers(),
            )
        }  # fmt: skip

    def _told_answers(self) -> list[ToldAnswer]:
        made = []
        for task in self.world.chain.mining.tasks.values():
            for answer in task.submitted_answers:
                (facts,) = self.view.answers(task.task_id, answer.answer_id).values()
                made.append(
                    ToldAnswer(
                        task=task.task_id, publisher=facts.publisher, reward=facts.reward,
                        answer=claim_of(self.world, answer.answer_id, task.task_id),
                        own_score=facts.own_score,
                    )
                )  # fmt: skip
        return made


def kill(process: subprocess.Popen[bytes] | None) -> None:
    """End a process as a power loss does."""
    assert process is not None
    process.kill()
    assert process.wait(20) == -9
    assert os.getpid() != process.pid
