from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING

from tests.fakes.protection import KEY, created, opened, request
from tests.integration.protection.clients import GIVE_UP_S, ask, race, serve
from validator.errors import ProtectionInUseError

if TYPE_CHECKING:
    from pathlib import Path

PROCESSES = 8
ANSWERS = 200
# Not fork: a child must not inherit the owner's lock.
SPAWN = multiprocessing.get_context("spawn")


def test_of_eight_processes_that_race_for_a_history_one_owns_it(tmp_path: Path) -> None:
    folder = tmp_path / "protection"
    created(folder).close()
    start, done = SPAWN.Barrier(PROCESSES), SPAWN.Event()
    pipes = [SPAWN.Pipe(duplex=False) for _ in range(PROCESSES)]
    racers = [SPAWN.Process(target=race, args=(folder, start, end, done)) for _, end in pipes]
    for racer in racers:
        racer.start()

    said = [ours.recv() if ours.poll(GIVE_UP_S) else "silence" for ours, _ in pipes]
    done.set()
    for racer in racers:
        racer.join(GIVE_UP_S)

    assert sorted(said) == sorted(["owner"] + [ProtectionInUseError.code] * (PROCESSES - 1))
    assert [racer.exitcode for racer in racers] == [0] * PROCESSES
    opened(folder).close()


def test_eight_processes_with_random_scores_get_one_verdict_for_each_answer(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "protection"
    said: list[tuple[int, int, str]] = []
    pipes = [SPAWN.Pipe() for _ in range(PROCESSES)]
    clients = [
        SPAWN.Process(target=ask, args=(seed, ANSWERS, theirs))
        for seed, (_, theirs) in enumerate(pipes)
    ]
    with created(folder) as database:
        threads = [threading.Thread(target=serve, args=(database, ours, said)) for ours, _ in pipes]
        for started in (*clients, *threads):
            started.start()
        for ended in (*clients, *threads):
            ended.join(GIVE_UP_S)
        tally = database.tally
        recorded = {
            answer: database.row(KEY, request(answer).verdict.answer) for answer in range(ANSWERS)
        }

    assert len(said) == PROCESSES * ANSWERS == sum(tally.values())
    permitted = {(answer, score) for answer, score, word in said if word in ("new", "repeat")}
    assert len(permitted) == len({answer for answer, _ in permitted}) == ANSWERS
    assert tally["new"] == ANSWERS
    assert tally["other_root"] > ANSWERS
    for answer, score in permitted:
        row = recorded[answer]
        assert row is not None
        assert row.score == score
