"""What the commands print, and what a terminal must never be told.

Text of others goes through `show`: control and bidi characters become visible, and rich's markup
is not read from it (threat model, row 27).
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from validator.wire.plain import plain, visible
from validator.wire.problem import problem_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

    from validator.errors import ValidatorError

EXIT_OK = 0
EXIT_REJECTED = 1
EXIT_BAD_INPUT = 2
EXIT_OPEN = 3
EXIT_INTERRUPTED = 130

MAX_SHOWN = 2000


def stdout() -> Console:
    """Return a console on standard output that invents no markup, emoji or colours for words."""
    from rich.console import Console  # slow to import, and no use to --json

    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, soft_wrap=False)


def stderr() -> Console:
    """Return the same on standard error."""
    from rich.console import Console

    return Console(file=sys.stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


def show(text: str, style: str = "", keep: str = "") -> Text:
    """Return hostile text as rich shows it: visible, cut, never markup."""
    from rich.text import Text

    cut = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + " ..."
    return Text(visible(cut, keep), style=style)


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one line of JSON, in ASCII: no terminal reads anything but characters in it."""
    sys.stdout.write(json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def print_rows(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one a line and unbroken, so that a value can be copied whole."""
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0)
    console = stdout()
    for name, value in listed:
        console.print(show(f"{name:<{width}}  {value}"), soft_wrap=True)


def print_error(error: ValidatorError, *, as_json: bool, place: str = "") -> None:
    """Say an error in one sentence, and what to do, on standard error; with JSON also as data."""
    before = f"{place}: " if place else ""
    end = "" if error.detail.endswith((".", "?", "!")) else "."
    sys.stderr.write(plain(f"{before}{error.detail}{end} {error.hint}", MAX_SHOWN) + "\n")
    if as_json:
        print_json({"error": problem_to_json(error)})
