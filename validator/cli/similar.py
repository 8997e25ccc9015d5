"""`tos-validator similar`: how alike files of code or text are."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from validator.cli.options import JsonOption  # noqa: TC001 - typer reads annotations at run time
from validator.cli.output import print_json, show, stdout
from validator.errors import UsageError

if TYPE_CHECKING:
    from validator.cli.similar_files import Compared, Pair

MAX_FILES: Final = 500
MAX_ROWS: Final = 100


def similar(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Code or text; the language is the extension's."),
    ],
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0.0, max=1.0, help="Show pairs from here on, and call them copies."
        ),
    ] = None,
    same_task: Annotated[
        bool,
        typer.Option(
            "--same-task", help="They answer one task: judge by how alike its answers are."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare files with each other and show which are near copies.

    Names, comments and layout of code make no difference, nor case, marks and layout of text.

    Example: tos-validator similar a.py b.py c.py --same-task
    """
    from validator.cli.similar_files import compare_files

    _refuse_count(files)
    found = compare_files(files, threshold, same_task=same_task)
    if as_json:
        print_json(_document(found))
    else:
        _print_people(found)


def _refuse_count(files: list[str]) -> None:
    if len(files) < 2:  # noqa: PLR2004 - a pair
        raise UsageError("FILE... names one file; a comparison needs at least two")
    if len(files) > MAX_FILES:
        raise UsageError(f"FILE... names {len(files)} files; at most {MAX_FILES} are compared")
    twice = next((one for one, other in combinations(sorted(files), 2) if one == other), None)
    if twice is not None:
        raise UsageError(f"FILE... names {twice!r} twice; name each file once")


def _document(found: Compared) -> dict[str, Any]:
    return {
        "pairs": [
            {
                "a": pair.a,
                "b": pair.b,
                "similarity": round(pair.likeness.similarity, 4),
                "kind": pair.kind,
                "nearness": pair.nearness,
                "contained": round(pair.contained, 4),
            }
            for pair in found.pairs
        ],
        "clusters": [list(group) for group in found.clusters],
        "notes": [{"file": name, "note": note} for name, note in found.notes],
    }


def _print_people(found: Compared) -> None:
    from rich.table import Table

    table = Table()
    for heading in ("a", "b", "similarity", "kind", "says"):
        table.add_column(heading)
    for pair in found.pairs[:MAX_ROWS]:
        table.add_row(*_row(pair))
    console = stdout()
    console.print(table)
    if len(found.pairs) > MAX_ROWS:
        console.print(show(f"and {len(found.pairs) - MAX_ROWS} pairs that are less alike"))
    for group in found.clusters:
        console.print(show("near copies of each other: " + ", ".join(group)), soft_wrap=True)
    for name, note in found.notes:
        console.print(show(f"{name}: {note}"), soft_wrap=True)


def _row(pair: Pair) -> tuple[Any, ...]:
    says = {"same": "same", "near_copy": "near copy", "reported": "too short, or as all are"}
    style = "bold" if pair.nearness in ("same", "near_copy") else ""
    figure = f"{pair.likeness.similarity:.3f}"
    return (
        show(pair.a), show(pair.b), show(figure, style), pair.kind, says.get(pair.nearness, ""),
    )  # fmt: skip
