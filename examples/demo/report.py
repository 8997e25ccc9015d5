"""The report in HTML: one file without script; every text of others is escaped."""

from __future__ import annotations

import json
import os
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from examples.demo.visible import visible_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from examples.demo.ledger import Entry
    from examples.demo.results import Judged, Summary
    from examples.scenarios.pictures import Picture


SHOWN_CASES = 4


def render(
    judged: Sequence[Judged],
    summary: Summary,
    chain: Sequence[Entry] = (),
    shown: Mapping[str, Sequence[Picture]] | None = None,
) -> str:
    """Return the whole page; `chain` are verdicts on the chain, `shown` pictures by answer."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible_html
    groups = [
        {"task": items[0].example.document["task"], "items": items}
        for items in (list(found) for _, found in groupby(judged, key=lambda i: i.example.task))
    ]
    return environment.get_template("report.html.j2").render(
        groups=groups,
        summary=summary,
        chain=chain,
        shown=shown or {},
        texts=texts,
        wrong_cases=wrong_cases,
        cage=_cage(judged),
    )


def write(
    path: Path,
    judged: Sequence[Judged],
    summary: Summary,
    chain: Sequence[Entry] = (),
    shown: Mapping[str, Sequence[Picture]] | None = None,
) -> None:
    """Write the page beside its place and move it there, so that no half of it is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(render(judged, summary, chain, shown), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def texts(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the answer consists of, as pairs of title and text."""
    found = [(name, str(answer[name])) for name in ("content", "code") if name in answer]
    files = answer.get("files", {}).items()
    found += [(path, body["text"]) for path, body in files if "text" in body]
    for name in ("claims", "findings"):
        if name in answer:
            found.append((name, json.dumps(answer[name], indent=1, ensure_ascii=False)))
    if "reasoning" in answer:
        found.append(("reasoning", answer["reasoning"]))
    return found


def wrong_cases(check: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The first cases that did not pass; of hidden ones a verdict tells nothing."""
    found = [case for case in check.get("cases", ()) if case.get("status", "pass") != "pass"]
    return found[:SHOWN_CASES]


def _cage(judged: Sequence[Judged]) -> str:
    """The cage that was used; verdicts that needed none say `none`."""
    cages = {item.verdict["sandbox"]["backend"] for item in judged if "sandbox" in item.verdict}
    return ", ".join(sorted(cages - {"none"})) or "none needed"
