"""A small contract with three weaknesses, and reports about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from checkers.audit.categories import canonical
from checkers.audit.check import AuditCheck
from checkers.audit.explanations import Source
from checkers.audit.findings import read_report
from checkers.audit.matching import Known
from checkers.audit.places import Place
from checkers.audit.scoring import Score, score
from checkers.options import CHECK_OPTIONS, AuditOptions
from checkers.protocol import Answer, CheckResult, Context, Submission
from checkers.registry import run_check
from sandboxes.protocol import Limits, Sandbox

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from checkers.audit.places import Scanner

FILE = "Bank.sol"
BANK = """\
pragma solidity ^0.8.0;
contract Bank {
    address owner;
    mapping(address => uint256) balances;

    function setOwner(address next) public { owner = next; }

    function withdraw(uint256 amount) public {
        require(balances[msg.sender] >= amount);
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent);
        balances[msg.sender] -= amount;
    }

    function pay(address payable whom) public {
        whom.send(1 ether);
    }
}
"""
LINES = BANK.count("\n")
SOURCES = {FILE: Source(FILE, BANK)}
NAMED = "owner, withdraw, balances, amount, sent, whom, pay, setOwner, next are touched here"
GOLD = (
    ("access_control", 6, "high"),
    ("reentrancy", 10, "high"),
    ("unchecked_low_level_calls", 16, "medium"),
)


def known(*rows: tuple[str, int, str | None], scanned: Collection[int] = ()) -> tuple[Known, ...]:
    return tuple(
        Known(Place(FILE, (line, line), category_of(name)), severity, line in scanned)
        for name, line, severity in rows
    )


def category_of(name: str) -> str:
    found = canonical(name)
    assert found is not None, name
    return found


def found(category: str, first: int, last: int | None = None, **other: Any) -> dict[str, Any]:
    severity = next((one[2] for one in GOLD if one[0] == category), "medium")
    return {
        "category": category,
        "file": FILE,
        "lines": [first, first if last is None else last],
        "severity": severity,
        "explanation": NAMED,
        **other,
    }


def scored(report: Sequence[Any], gold: tuple[Known, ...] = known(*GOLD), **options: Any) -> Score:
    return score(read_report(report, {FILE: LINES}), gold, SOURCES, **options)


def points(report: Sequence[Any], gold: tuple[Known, ...] = known(*GOLD)) -> int:
    return scored(report, gold).points


def options(**changes: Any) -> AuditOptions:
    gold = [
        {"category": name, "file": FILE, "lines": [line], "severity": severity}
        for name, line, severity in GOLD
    ]
    raw = {"check": "audit", "target": FILE, "known": gold, **changes}
    parsed = CHECK_OPTIONS.validate_python(raw)
    assert isinstance(parsed, AuditOptions)
    return parsed


def audit(
    answer: Answer, scanner: Scanner | None = None, source: bytes = BANK.encode(), **changes: Any
) -> CheckResult:
    context = Context(cast("Sandbox", None), time.monotonic, time.monotonic() + 60, Limits())
    submission = Submission("general", answer, materials={FILE: source})
    if scanner is None and not changes.get("paid"):
        return run_check("audit", submission, options(**changes), context)
    return AuditCheck(scanner).check(submission, options(**changes), context)


def report(*findings: dict[str, Any]) -> Answer:
    return Answer(findings=findings)
