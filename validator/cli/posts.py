"""`tos-validator posts`: verdicts on their way to the chain, and the operator's word about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import print_json
from validator.domain.posting import PostMode, PostState
from validator.errors import UsageError

if TYPE_CHECKING:
    from validator.domain.posting import Post

app = typer.Typer(help="Show, approve and withdraw verdicts for the chain.", rich_markup_mode=None)

AnswerArgument = Annotated[
    str, typer.Argument(metavar="ANSWER_ID", help="The answer's id, 64 hexadecimal digits.")
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who approves (default: the user's name)."),
]

_ANSWER: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[!-~]{1,64}")
_MAX_WHY: Final = 500


@app.command(name="list")
def list_posts(
    state: Annotated[
        PostState | None, typer.Option("--state", help="Only those in this state.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 50,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest posts, and why those that wait are waiting.

    Example: tos-validator posts list --state held
    """
    from validator.cli.post_lists import opened, post_to_json, print_table

    with opened(read_settings(config, data_dir).settings) as store:
        found = store.newest(() if state is None else (state,), limit)
    if as_json:
        print_json({"items": [post_to_json(post) for post in found]})
    else:
        print_table(found)


@app.command(name="show")
def show_one(
    answer: AnswerArgument,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one post, and the answer that it is about.

    Example: tos-validator posts show 5f2c0a... --json
    """
    from validator.cli.post_lists import answer_to_json, opened, post_to_json, print_post

    name = _answer(answer)
    with opened(read_settings(config, data_dir).settings) as store:
        post, about = store.get(name), store.answer(name)
    if as_json:
        print_json(post_to_json(post) | {"answer": answer_to_json(about)})
    else:
        print_post(post, about)


@app.command()
def approve(
    answer: AnswerArgument,
    by: ByOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a held verdict go out. The approval is recorded in the audit log, with the name.

    Example: tos-validator posts approve 5f2c0a... --by alice
    """
    name, who = _answer(answer), _name(by)
    from validator.cli.post_lists import opened

    with opened(read_settings(config, data_dir).settings) as store:
        _say(store.approve(name, who), as_json=as_json)


@app.command()
def send(
    answer: AnswerArgument,
    by: ByOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send one verdict, where `post.mode` is manual.

    Example: tos-validator posts send 5f2c0a...
    """
    name, who = _answer(answer), _name(by)
    from validator.cli.post_lists import opened
    from validator.posting.poster import mode_of

    settings = read_settings(config, data_dir).settings
    mode = mode_of(settings.post, settings.network)
    if mode is not PostMode.MANUAL:
        raise UsageError(
            f"`posts send` is for post.mode manual, and it is {mode.value}; see `posts approve`"
        )
    with opened(settings) as store:
        _say(store.approve(name, who), as_json=as_json)


@app.command()
def withdraw(
    answer: AnswerArgument,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for the record.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a post of which nothing was signed. Its verdict is kept, and never posted.

    Example: tos-validator posts withdraw 5f2c0a... --why "the task was published by mistake"
    """
    name = _answer(answer)
    if not why.strip() or len(why) > _MAX_WHY:
        raise UsageError(f"--why must be a text of at most {_MAX_WHY} characters")
    from validator.cli.post_lists import opened

    with opened(read_settings(config, data_dir).settings) as store:
        _say(store.withdraw(name, why), as_json=as_json)


def _answer(text: str) -> str:
    name = text.strip().lower()
    if not _ANSWER.fullmatch(name):
        raise UsageError("ANSWER_ID must be 64 hexadecimal digits, as `posts list` shows them")
    return name


def _name(given: str | None) -> str:
    from getpass import getuser

    try:
        name = getuser() if given is None else given
    except (KeyError, OSError):  # an account without a name
        name = ""
    if not _NAME.fullmatch(name):
        raise UsageError("--by must be 1 to 64 visible ASCII characters without blanks")
    return name


def _say(post: Post, *, as_json: bool) -> None:
    from validator.cli.post_lists import post_to_json, print_state

    if as_json:
        print_json(post_to_json(post))
    else:
        print_state(post)
