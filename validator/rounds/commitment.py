"""Commit and reveal: what a voter binds itself to, and how that is signed.

    commit    = BLAKE3("TOSV-VOTE/1" 00 || canonical JSON of
                {round, task_id, answer_id, score, salt, reasoning_sha256})
    signature = of the statement (purpose `vote`, genesis, round; message: the commit's 32 bytes)

The canonical JSON is `tosv-c14n/1`. The salt, 128 random bits or more, keeps a commit from being
guessed: there are only 101 scores. The signature names the voter, so that a copied commit is
nobody's but the copier's, and the copier cannot open it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from validator.wire.canonical import canonical_json
from validator.wire.statement import Purpose, Statement
from validator.wire.tos import PublicKey, blake3_256

PREFIX: Final = b"TOSV-VOTE/1\x00"
MIN_SALT_BYTES: Final = 16
MAX_SALT_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commit hides. `salt` and `reasoning_sha256` are hexadecimal; `score` is 0 to 100.

    `reasoning_sha256` is the SHA-256 of the voter's reasoning, None without one.
    """

    round_id: str
    task_id: str
    answer_id: str
    score: int
    salt: str
    reasoning_sha256: str | None

    def commit(self) -> str:
        """Return the commit: 64 hexadecimal digits."""
        said = {
            "round": self.round_id,
            "task_id": self.task_id,
            "answer_id": self.answer_id,
            "score": self.score,
            "salt": self.salt,
            "reasoning_sha256": self.reasoning_sha256,
        }
        return blake3_256(PREFIX + canonical_json(said)).hex()


def vote_statement(genesis: str, round_id: str, commit: str) -> Statement:
    """Return what a voter signs; genesis and commit are 64 hexadecimal digits each."""
    return Statement(Purpose.VOTE, bytes.fromhex(genesis), round_id, bytes.fromhex(commit))


def signature_holds(voter: str, signature: str, genesis: str, round_id: str, commit: str) -> bool:
    """Say whether the voter's chain key signed this commit in this round of this chain."""
    key = PublicKey(bytes.fromhex(voter))
    return vote_statement(genesis, round_id, commit).holds(key, bytes.fromhex(signature))
