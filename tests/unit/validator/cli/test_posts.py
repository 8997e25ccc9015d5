from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from validator.cli import run
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.posting import PostState
from validator.store.chain_tables import chain_answers, posts
from validator.store.posts import PostStore
from validator.store.store import open_store
from validator.store.values import dump

if TYPE_CHECKING:
    from pathlib import Path

HELD, SENT = "ab" * 32, "cd" * 32
HOSTILE = "\x1b[31mred\u202e [bold]loud"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a held post and one under way."""
    clock = SystemClock()
    folder = tmp_path / "data"
    with open_store(None, folder, clock, RandomIds(clock)) as store:
        store._database.write(lambda c: [_add(c, HELD, "held"), _add(c, SENT, "unconfirmed")])
    return folder


def _add(connection: Any, name: str, state: str) -> None:
    connection.execute(
        insert(posts).values(
            answer_id=name, task_id="d5" * 32, submission_id="sub_1", verdict_id="ver_1", score=85,
            reward="10000000000", deadline_ms=5, state=state, reason=HOSTILE, created_at=1,
            updated_at=1,
        )
    )  # fmt: skip
    connection.execute(
        insert(chain_answers).values(
            answer_id=name, task_id="d5" * 32, submitter="60" * 32, answer_hash="aa" * 32,
            content=dump(HOSTILE), height=7, timestamp_ms=8, standing="submitted", created_at=0,
            updated_at=0,
        )
    )  # fmt: skip


def post(data: Path, name: str) -> Any:
    clock = SystemClock()
    with open_store(None, data, clock, RandomIds(clock)) as store:
        return PostStore(store._database, clock).get(name)


def ask(data: Path, *words: str) -> int:
    return run(["posts", *words, "--data-dir", str(data)])


def test_the_list_shows_states_and_reasons_and_no_control_characters(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(data, "list") == 0

    shown = capsys.readouterr().out
    assert HELD in shown
    assert "held  85 points" in shown
    assert "\\x1b[31mred\\u202e [bold]loud" in shown
    assert "\x1b" not in shown


def test_the_list_can_be_narrowed_to_a_state_and_read_by_programs(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(data, "list", "--state", "held", "--json") == 0

    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert (item["answer_id"], item["state"], item["reward"]) == (HELD, "held", "10000000000")
    assert item["created_at"] == "1970-01-01T00:00:00.000001+00:00"


def test_one_post_is_shown_with_its_answer(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(data, "show", HELD.upper()) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert ask(data, "show", HELD, "--json") == 0
    assert json.loads(capsys.readouterr().out)["answer"]["content"] == HOSTILE


def test_approving_lets_it_go_out_in_a_name(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(data, "approve", HELD, "--by", "alice") == 0
    assert capsys.readouterr().out == f"{HELD} is unstarted\n"
    found = post(data, HELD)
    assert (found.state, found.approved_by) == (PostState.UNSTARTED, "alice")
    assert ask(data, "approve", HELD, "--by", "alice") == 2
    assert "is not held" in capsys.readouterr().err


def test_send_is_for_the_manual_mode(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(data, "send", HELD, "--by", "alice") == 2
    assert "post.mode manual, and it is auto" in capsys.readouterr().err
    monkeypatch.setenv("TOSV_POST", '{"mode": "manual"}')
    assert ask(data, "send", HELD, "--by", "alice", "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "unstarted"


def test_withdrawing_ends_what_is_not_signed_and_nothing_else(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(data, "withdraw", SENT, "--why", "too late") == 2
    assert "is unconfirmed; only one that is held or unstarted" in capsys.readouterr().err
    assert ask(data, "withdraw", HELD, "--why", f"copied {HOSTILE}") == 0
    assert "\x1b" not in capsys.readouterr().out
    assert post(data, HELD).state is PostState.FATAL_ERROR
    assert post(data, SENT).state is PostState.UNCONFIRMED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "xyz"), "ANSWER_ID must be 64 hexadecimal digits"),
        (("show", "00" * 32), "No post for this answer"),
        (("approve", HELD, "--by", "a b"), "--by must be 1 to 64 visible"),
        (("approve", HELD, "--by", ""), "--by must be 1 to 64 visible"),
        (("withdraw", HELD, "--why", " "), "--why must be a text"),
        (("withdraw", HELD), "why"),
        (("list", "--state", "lost"), "state"),
        (("list", "--limit", "0"), "limit"),
    ],
)
def test_wrong_input_gets_one_sentence(
    data: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(data, *words) == 2

    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_where_nothing_was_kept_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path / "none", "list") == 2
    assert "holds no posts" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
