"""One client of eight: asks for random scores for the same answers, and tells what it got."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from tests.fakes.chain import claim
from tests.fakes.signing import ask
from validator.errors import VerdictConflictError
from validator.signing.client import SignerClient


def main(socket: Path, seed: int, count: int) -> None:
    """Print one JSON line for each answer."""
    rng = random.Random(seed)
    with SignerClient(socket, timeout_s=120) as client:
        for number in range(count):
            score = rng.randint(0, 100)
            try:
                signed = client.sign(ask(claim(number), score, nonce=number))
                found = {"new": signed.is_new, "data": signed.transaction.data.hex()}
            except VerdictConflictError:
                found = {"refused": True}
            sys.stdout.write(json.dumps({"number": number, "score": score} | found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
