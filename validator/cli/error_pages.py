"""The pages of `docs/errors`, one for each error: `python -m validator.cli.error_pages FOLDER`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from validator.errors import ValidatorError

if TYPE_CHECKING:
    from collections.abc import Iterator


def error_classes() -> list[type[ValidatorError]]:
    """Return every error of the engine, by code."""
    return sorted(set(_family(ValidatorError)), key=lambda kind: kind.code)


def pages() -> dict[str, str]:
    """Return file names and their text."""
    found = {f"{kind.code}.md": _page(kind) for kind in error_classes()}
    rows = "".join(
        f"| [{kind.code}]({kind.code}.md) | {kind.status} | {kind.title} |\n"
        for kind in error_classes()
    )
    index = (
        "# Errors\n\n"
        "Every refusal has a code, over HTTP as `application/problem+json` and on the command\n"
        'line with `--json` as `{"error": problem}`. These pages are made from\n'
        "`validator/errors` by `python -m validator.cli.error_pages docs/errors`.\n\n"
        "| code | status | title |\n|---|---|---|\n" + rows
    )
    return found | {"README.md": index}


def main(folder: Path) -> None:
    """Write all pages into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _family(kind: type[ValidatorError]) -> Iterator[type[ValidatorError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _page(kind: type[ValidatorError]) -> str:
    meaning = inspect.cleandoc(kind.__doc__ or "")
    return (
        f"# {kind.code}: {kind.title}\n\n"
        f"HTTP status {kind.status}.\n\n"
        f"{meaning}\n\n"
        f"**What to do.** {kind.hint}\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
