"""Posts as an operator reads them."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from validator.cli.output import print_rows, show, stdout
from validator.domain.posting import PostState
from validator.errors import NotFoundError
from validator.store.values import instant
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validator.domain.posting import Post
    from validator.settings import Settings
    from validator.store.posts import AnswerRow, PostStore

_STYLES = {
    PostState.HELD: "yellow",
    PostState.CONFIRMED: "green",
    PostState.FINALIZED: "green",
    PostState.CONFIRMED_MISSING_RECEIPT: "red",
    PostState.FATAL_ERROR: "red",
}


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[PostStore]:
    """Open the posts of the database that is there. A question must not make one.

    Raises NotFoundError where no service has kept anything, and StoreUnavailableError.
    """
    from validator.domain.clock import SystemClock
    from validator.store.database import Database
    from validator.store.posts import PostStore
    from validator.store.schema import migrate

    url = settings.database.url
    if url is None and not settings.data_dir.is_dir():
        raise NotFoundError(f"{plain(str(settings.data_dir), 120)} holds no posts.")
    database = Database(url.get_secret_value() if url else None, settings.data_dir, 1)
    try:
        migrate(database)
        yield PostStore(database, SystemClock())
    finally:
        database.close()


def post_to_json(post: Post) -> dict[str, Any]:
    """Return a post; times are RFC 3339 but for those named `_ms`, the reward is decimal text."""
    return asdict(post) | {
        "state": post.state.value,
        "reward": str(post.reward),
        "created_at": instant(post.created_at).isoformat(),
        "updated_at": instant(post.updated_at).isoformat(),
    }


def answer_to_json(answer: AnswerRow) -> dict[str, Any]:
    """Return an answer as it was read from the chain; its content is a stranger's text."""
    return {
        "submitter": answer.submitter,
        "answer_hash": answer.answer_hash,
        "content": answer.content,
        "height": answer.height,
        "timestamp_ms": answer.timestamp_ms,
    }


def print_table(posts: Sequence[Post]) -> None:
    """Print a list for people, with whole ids so that they can be given to other commands."""
    console = stdout()
    for post in posts:
        nonce = "" if post.nonce is None else f"  nonce {post.nonce}"
        console.print(show(post.answer_id), soft_wrap=True)
        line = f"  {post.state.value}  {post.score} points{nonce}"
        console.print(show(line, _STYLES.get(post.state, "")), soft_wrap=True)
        if post.reason is not None:
            console.print(show(f"  {post.reason}", "dim"), soft_wrap=True)
    if not posts:
        console.print("no posts")


def print_post(post: Post, answer: AnswerRow) -> None:
    """Print one post for people."""
    shown = post_to_json(post)
    named = [(name, "-" if value is None else value) for name, value in shown.items()]
    print_rows([*named, *answer_to_json(answer).items()])


def print_state(post: Post) -> None:
    """Print what became of a post."""
    reason = "" if post.reason is None else f": {post.reason}"
    text = f"{post.answer_id} is {post.state.value}{reason}"
    stdout().print(show(text, _STYLES.get(post.state, "")), soft_wrap=True)
