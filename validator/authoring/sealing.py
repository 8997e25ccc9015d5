"""Parts a task: what everybody may read, and what is sealed until no more answers can come.

The public part keeps what a miner needs: public cases, schemas, limits. Hidden cases and questions,
gold answers, seeds, harnesses and comparing programs go to the sealed one, which the public part is
committed to (threat model, row 10). Weights are shared out so that each check keeps its share of
the score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from checkers.option_parts import MAX_WEIGHT
from validator.content.commitment import commit
from validator.content.documents import TASK_OF_CHAIN
from validator.errors import TaskFolderError

if TYPE_CHECKING:
    from validator.authoring.folder import TaskFolder

_GOLD: Final = frozenset({"math", "audit", "performance"})
"""Checks that are nothing without what must be hidden."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The two documents, as bytes to be served; `sealed` is None where nothing is hidden."""

    public: bytes
    sealed: bytes | None


def part(folder: TaskFolder, task_id: bytes, salt: bytes, sealed_uri: str) -> Parted:
    """Return the documents of a task. Raises TaskFolderError where no public check is left to show.

    `task_id` are the chain's 32 bytes, `salt` 16 to 64 random ones, `sealed_uri` is where the
    sealed part will lie.
    """
    task = {name: value for name, value in folder.task.items() if name not in TASK_OF_CHAIN}
    checks = list(task.get("checks") or ())
    shown, hidden = _split(checks)
    public: dict[str, Any] = {"schema": "tosv.task/1", "task": {**task, "checks": shown or None}}
    if not shown:
        del public["task"]["checks"]
    if not hidden:
        return Parted(_bytes(public), None)
    body = {"schema": "tosv.sealed/1", "task_id": task_id.hex(), "checks": hidden}
    commitment = str(commit(body, salt))
    public["sealed_checks"] = {"uri": sealed_uri, "commitment": commitment}
    return Parted(_bytes(public), _bytes({**body, "salt": salt.hex()}))


def _split(checks: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return public and hidden checks, their weights scaled by one factor."""
    parts = [_parts(check) for check in checks]
    scale = _scale(checks)
    shown, hidden = [], []
    for check, (public, sealed, share) in zip(checks, parts, strict=True):
        weight = check.get("weight", 1) * scale
        own = round(weight * share) if public and sealed else weight
        if public:
            shown.append({**public, "weight": max(own, min(weight, 1))})
        if sealed:
            rest = weight - own if public else weight
            hidden.append({**sealed, "weight": max(rest, min(weight, 1))})
    return shown, hidden


def _scale(checks: list[dict[str, Any]]) -> int:
    """Return by what all weights may be multiplied, so that halves stay whole numbers."""
    largest = max((check.get("weight", 1) for check in checks), default=1)
    return max(1, MAX_WEIGHT // max(largest, 1) // 2)


def _parts(
    check: dict[str, Any],
) -> tuple[dict[str, Any] | None, dict[str, Any] | None, float]:
    """Return what of a check is public, what is sealed, and the public share of its weight."""
    if check.get("check") in _GOLD or check.get("harness") is not None:
        return None, check, 0.0
    comparator = check.get("comparator")
    if isinstance(comparator, dict) and "program" in comparator:
        return None, check, 0.0
    if check.get("check") == "reasoning" and check.get("must_mention"):
        shown = {name: value for name, value in check.items() if name != "must_mention"}
        return shown, check, 0.5
    name = next((name for name in ("cases", "calls", "questions") if check.get(name)), None)
    return (check, None, 1.0) if name is None else _by_case(check, name)


def _by_case(
    check: dict[str, Any], name: str
) -> tuple[dict[str, Any] | None, dict[str, Any] | None, float]:
    items = check[name]
    public = [item for item in items if not item.get("hidden")]
    sealed = [item for item in items if item.get("hidden")]
    if not (public and sealed):
        return (check, None, 1.0) if public else (None, check, 0.0)
    weights = sum(item.get("weight", 1) for item in items)
    share = sum(item.get("weight", 1) for item in public) / weights if weights else 0.5
    shown, hidden = {**check, name: public}, {**check, name: sealed}
    if name == "questions":  # both read the same claims, and neither may count the other's
        shown["elsewhere"] = [item["id"] for item in sealed]
        hidden["elsewhere"] = [item["id"] for item in public]
    return shown, hidden, share


def _bytes(document: dict[str, Any]) -> bytes:
    try:
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    except (TypeError, ValueError):
        raise TaskFolderError("task.json: holds what is no JSON") from None
