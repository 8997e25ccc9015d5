"""The index of the corpus and a few whole submissions, written from the tasks themselves."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from examples.demo.corpus import KINDS, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from examples.demo.corpus import Example

README = TASKS.parent / "README.md"
SUBMISSIONS = TASKS.parent / "submissions"
SHOWN = (
    "interval-merge/reference",
    "interval-merge/unsorted",
    "room-schedule/reference",
    "lru-cache/reference",
    "stopping-distance/in-kilometres",
    "order-document/missing-currency",
    "open-question/reference",
    "broken-comparator/reference",
)
"""Answers that lie in `submissions/` as one JSON file each, ready for `tos-validator check`."""

HEAD = """\
# Examples

Tasks to copy from, each with a reference answer, mistakes as people and models make them, and
hostile answers; all written for this project. `make demo` judges them all through the whole
service; `python -m examples --only interval-merge` judges one task.

- `tasks/<name>/task.json` is the `task` of a submission, exactly as the API takes it.
- `tasks/<name>/answers.json` names every answer, what should become of it, and why. The answers'
  texts lie beside it in `answers/`. **Hostile ones attack whatever runs them: never run them
  outside a sandbox.**
- `submissions/*.json` are whole submissions (task and answer in one file):
  `tos-validator check examples/submissions/interval-merge--reference.json`. Any other one:
  `python -m examples --only lru-cache/one-too-many --print | tos-validator check -`.

This file and `submissions/` are written by `python -m examples --write`; a test compares them.

"""


def pages(examples: Sequence[Example]) -> dict[str, str]:
    """Return everything that `--write` writes: path below `examples/`, text."""
    by_name = {example.name: example for example in examples}
    found = {"README.md": HEAD + _tables(examples)}
    for name in SHOWN:
        text = json.dumps(by_name[name].document, indent=2, ensure_ascii=False) + "\n"
        found[f"submissions/{name.replace('/', '--')}.json"] = text
    return found


def write(examples: Sequence[Example]) -> int:
    """Write the index and the submissions, and take away submissions that are no longer shown."""
    SUBMISSIONS.mkdir(exist_ok=True)
    wanted = pages(examples)
    for old in SUBMISSIONS.glob("*.json"):
        if f"submissions/{old.name}" not in wanted:
            old.unlink()
    for path, text in wanted.items():
        (TASKS.parent / path).write_text(text, encoding="utf-8")
    return 0


def _tables(examples: Sequence[Example]) -> str:
    tasks = [list(items) for _, items in groupby(examples, key=lambda e: e.task)]
    kinds = Counter(example.kind for example in examples)
    lines = [
        f"{len(tasks)} tasks, {len(examples)} answers: "
        + ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
        + ".",
        "",
        "| task | type | language | checks | answers |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(items) for items in tasks]
    return "\n".join(lines) + "\n"


def _row(items: Sequence[Example]) -> str:
    task: Mapping[str, Any] = items[0].document["task"]
    kinds = Counter(item.kind for item in items)
    answers = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kinds[kind])
    title = f"[{task['id']}](tasks/{task['id']}/task.json): {task['title']}"
    checks = "; ".join(_check(check) for check in task.get("checks", ())) or "default plan"
    return f"| {title} | {task['type']} | {task.get('language', '')} | {checks} | {answers} |"


def _check(check: Mapping[str, Any]) -> str:
    name = str(check["check"])
    if name == "tests":
        return f"{name} ({_form(check)})"
    if name == "math":
        return f"{name} ({check.get('kind', 'auto')})"
    return name


def _form(check: Mapping[str, Any]) -> str:
    if "harness" in check:
        return "harness"
    if "calls" in check:
        return "calls" + (", hidden" if any(c.get("hidden") for c in check["calls"]) else "")
    comparator = check.get("comparator", "trimmed")
    name = comparator if isinstance(comparator, str) else next(iter(comparator))
    return f"stdin, {name}" + (", hidden" if any(c.get("hidden") for c in check["cases"]) else "")
