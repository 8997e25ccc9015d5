"""Evidence for people and for programs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from validator.cli.output import show, stdout
from validator.cli.verdict_view import STYLES

if TYPE_CHECKING:
    from validator.evidence.predicate import DigestSet
    from validator.evidence.verification import Holding
    from validator.pipeline.replay import Replayed


def holding_to_json(holding: Holding) -> dict[str, Any]:
    """Return what a bundle proves, for programs."""
    predicate = holding.statement.predicate
    checkpoint = holding.checkpoint
    return {
        "verdict_id": predicate.verdict_id,
        "decision": predicate.decision,
        "score": predicate.score,
        "origin": predicate.origin,
        "subjects": {item.name: _spelled(item.digest) for item in holding.statement.subject},
        "result_digest": predicate.result_digest,
        "engine": predicate.engine,
        "rules": predicate.rules,
        "sandbox": predicate.sandbox.model_dump(mode="json"),
        "keys": list(holding.key_ids),
        "log": {
            "origin": checkpoint.origin,
            "place": holding.place,
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
        },
    }


def show_holding(holding: Holding) -> None:
    """Print what a bundle proves, subjects first."""
    console = stdout()
    found = holding_to_json(holding)
    for name, digest in found["subjects"].items():
        console.print(show(f"{name:12} {digest}"), soft_wrap=True)
    console.print(show(f"{'origin is':12} {found['origin']}"), soft_wrap=True)
    points = "no score" if found["score"] is None else f"{found['score']} of 100"
    said = f"{found['decision']}, {points} ({found['rules']}, engine {found['engine']})"
    console.print(show(f"{'verdict':12} {said}", STYLES[found["decision"]]), soft_wrap=True)
    cage = holding.statement.predicate.sandbox
    weak = f", weak: {', '.join(cage.weak)}" if cage.weak else ""
    console.print(show(f"{'sandbox':12} {cage.backend}{weak}"), soft_wrap=True)
    log = found["log"]
    where = f"leaf {log['place']} of {log['size']} in {log['origin']}"
    console.print(show(f"{'log':12} {where}"), soft_wrap=True)
    console.print(show(f"{'key':12} {', '.join(found['keys'])}"), soft_wrap=True)


def replayed_to_json(replayed: Replayed) -> dict[str, Any]:
    """Return what came of a replay, for programs."""
    return {
        "same": replayed.same,
        "doubt": replayed.doubt,
        "expected": replayed.expected,
        "found": replayed.verdict.result_digest,
        "checks": [
            {
                "check": one.result.check,
                "status": one.result.status.value,
                "score": one.result.score,
            }
            for one in replayed.verdict.checks
        ],
    }


def show_replayed(replayed: Replayed) -> None:
    """Print what came of a replay."""
    console = stdout()
    for one in replayed.verdict.checks:
        result = one.result
        points = "" if result.score is None else f" {result.score}"
        line = f"{result.check:12} {result.status.value}{points}  {result.summary}"
        console.print(show(line, STYLES[result.status.value]), soft_wrap=True)
    console.print(show(f"{'signed':12} {replayed.expected}"), soft_wrap=True)
    console.print(show(f"{'again':12} {replayed.verdict.result_digest}"), soft_wrap=True)
    outcome = "the same result" if replayed.same else "another result"
    if replayed.doubt is not None:
        outcome = f"not shown either way: {replayed.doubt}"
    console.print(show(outcome, "green" if replayed.same else "bold red"))


def _spelled(digest: DigestSet) -> str:
    (found,) = digest.model_dump(by_alias=True, exclude_none=True).items()
    kind, value = found
    return f"{kind}:{value}"
