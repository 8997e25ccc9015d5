"""A voter's two commands: what they print is what the service takes in."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.validator.keys.making import CHEAP, SECRET
from validator import keys
from validator.cli import run
from validator.rounds.commitment import Opening, signature_holds
from validator.rounds.reading import read_commit, read_reveal
from validator.wire.tos import Network, SecretKey

if TYPE_CHECKING:
    from pydantic import SecretBytes

GENESIS = "0a" * 32
ROUND = {
    "round_id": "rnd_" + "1" * 32, "task_id": "task-1", "answer_id": "answer-1",
    "genesis": GENESIS, "phase": "commit",
}  # fmt: skip

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pw").write_bytes(b"correct horse\n")
    Path("pw").chmod(0o600)
    Path("round.json").write_text(json.dumps(ROUND))
    key_file("key", bytes.fromhex(GENESIS))


def key_file(name: str, genesis: bytes | None) -> None:
    passphrase: SecretBytes = keys_passphrase()
    made = keys.seal(SecretKey(SECRET), Network.DEVNET, passphrase, genesis=genesis, cost=CHEAP)
    keys.write_key_file(Path(name), made)


def keys_passphrase() -> SecretBytes:
    from pydantic import SecretBytes

    return SecretBytes(b"correct horse")


def commit(*more: str, key: str = "key", score: str = "83") -> int:
    return run(
        ["votes", "commit", key, "round.json", "vote.json", "--score", score,
         "--passphrase-file", "pw", *more]
    )  # fmt: skip


def printed(capsys: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_vote_that_is_committed_can_be_revealed(capsys: Capture) -> None:
    Path("why.md").write_text("because")
    assert commit("--reasoning", "why.md") == 0
    body = printed(capsys)
    sent = read_commit(json.dumps(body).encode(), Network.DEVNET)
    assert run(["votes", "reveal", "vote.json"]) == 0
    shown = read_reveal(json.dumps(printed(capsys)).encode(), Network.DEVNET)

    opened = Opening(
        ROUND["round_id"], "task-1", "answer-1", shown.score, shown.salt, shown.reasoning_sha256
    )
    assert opened.commit() == sent.commit
    assert shown.reasoning_sha256 == hashlib.sha256(b"because").hexdigest()
    assert signature_holds(sent.voter, sent.signature, GENESIS, ROUND["round_id"], sent.commit)
    assert stat.S_IMODE(Path("vote.json").stat().st_mode) == 0o600


def test_the_commit_shows_nothing_of_the_vote(capsys: Capture) -> None:
    assert commit() == 0

    assert set(printed(capsys)) == {"voter", "commit", "signature"}


def test_two_votes_never_share_a_salt(capsys: Capture) -> None:
    assert commit() == 0
    first = printed(capsys)["commit"]
    Path("vote.json").unlink()
    assert commit() == 0

    assert printed(capsys)["commit"] != first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"genesis": None}, "genesis: must be text"),
        ({"round_id": ""}, "round_id: must be text"),
        ({"genesis": "xyz"}, "genesis of ROUND must be 64 hex digits"),
        ({"genesis": "0b" * 32}, "bound to"),
    ],
)
def test_a_round_that_is_none_is_refused_and_nothing_is_written(
    change: dict[str, Any], said: str, capsys: Capture
) -> None:
    Path("round.json").write_text(json.dumps(ROUND | change))

    assert commit() == 2
    assert said in capsys.readouterr().err
    assert not Path("vote.json").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"task_id": "t"}'])
def test_a_file_that_is_no_round_is_one_sentence(text: str, capsys: Capture) -> None:
    Path("round.json").write_text(text)

    assert commit() == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_vote_is_never_written_over_another(capsys: Capture) -> None:
    assert commit() == 0
    kept = Path("vote.json").read_bytes()
    capsys.readouterr()

    assert commit(score="3") == 2
    assert "something is there already" in capsys.readouterr().err
    assert Path("vote.json").read_bytes() == kept


@pytest.mark.parametrize("score", ["101", "-1", "nan", "8.5"])
def test_a_score_that_is_none_is_refused(score: str, capsys: Capture) -> None:
    assert commit(score=score) == 2
    assert "--score" in capsys.readouterr().err


def test_another_file_is_no_vote(capsys: Capture) -> None:
    Path("vote.json").write_text('{"voter": "", "score": 1, "salt": "", "reasoning_sha256": null}')
    Path("vote.json").chmod(0o600)

    assert run(["votes", "reveal", "vote.json"]) == 2
    assert "tosv.vote/1" in capsys.readouterr().err
