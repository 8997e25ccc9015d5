"""Processes around one history: those that race to own it, and those that ask its one owner."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.fakes.protection import opened, request
from validator.errors import ProtectionInUseError, VerdictConflictError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier, Event
    from pathlib import Path

    from validator.protection.database import ProtectionDatabase

GIVE_UP_S = 120


def race(folder: Path, start: Barrier, told: Connection, done: Event) -> None:
    """Try to own the history when all others do; keep it until told to stop."""
    start.wait(GIVE_UP_S)
    try:
        database = opened(folder)
    except ProtectionInUseError as error:
        told.send(error.code)
        return
    told.send("owner")
    done.wait(GIVE_UP_S)
    database.close()


def ask(seed: int, answers: int, owner: Connection) -> None:
    """Ask the owner for a random score for each answer, in an order of one's own."""
    rng = random.Random(seed)
    for answer in rng.sample(range(answers), answers):
        owner.send((answer, rng.randrange(101)))
        owner.recv()
    owner.send(None)


def serve(
    database: ProtectionDatabase, client: Connection, said: list[tuple[int, int, str]]
) -> None:
    """Answer one client until it is done: what a signer does behind its socket."""
    while (asked := client.recv()) is not None:
        answer, score = asked
        try:
            permit = database.protect(request(answer, score))
            word = "new" if permit.is_new else "repeat"
        except VerdictConflictError as error:
            word = error.why
        said.append((answer, score, word))
        client.send(word)
