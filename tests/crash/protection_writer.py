"""A signer that is meant to be killed: it is told one word after each commit, and says what it did.

`python -m tests.crash.protection_writer FOLDER SEED`. A line `asks ANSWER SCORE` is written before
the history is asked, `may ANSWER SCORE` after it has permitted.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from tests.fakes.protection import opened, request
from validator.errors import VerdictConflictError


def say(*words: object) -> None:
    # One write for each line, and none in a buffer: what is said has happened.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def main() -> None:
    rng = random.Random(int(sys.argv[2]))
    with opened(Path(sys.argv[1])) as database:
        say("ready")
        while True:
            answer, score = rng.randrange(100_000), rng.randrange(101)
            say("asks", answer, score)
            try:
                database.protect(request(answer, score))
            except VerdictConflictError:
                continue
            say("may", answer, score)


def die_after_commit(folder: str) -> None:
    """Be killed between the commit and the return: the key was never touched."""
    with opened(Path(folder)) as database:
        commit = type(database._session).write

        def write_and_die(session: object) -> object:
            context = commit(session)  # type: ignore[arg-type]
            leave = context.__exit__

            class Dying:
                def __enter__(self) -> object:
                    return context.__enter__()

                def __exit__(self, *error: object) -> None:
                    leave(*error)  # type: ignore[arg-type]
                    os.kill(os.getpid(), 9)

            return Dying()

        type(database._session).write = write_and_die  # type: ignore[assignment,method-assign]
        database.protect(request(0, 80))


if __name__ == "__main__":
    if sys.argv[2] == "once":
        die_after_commit(sys.argv[1])
    main()
