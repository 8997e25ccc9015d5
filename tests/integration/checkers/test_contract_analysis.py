"""Slither, solc and Vyper in the cage: what answers may bring to quieten, lead or break them."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checkers.audit.places import Place
from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, Context, Submission
from checkers.registry import run_check
from checkers.static.protocol import Level, Report, Target
from checkers.static.scan import examine, scan, target_of
from checkers.static.slither import Slither
from checkers.static.solc import Solc
from checkers.static.vyper import Vyper
from sandboxes.factory import open_sandbox
from sandboxes.images.groups import DEFAULT_PREFIX
from sandboxes.languages import build, syntax
from sandboxes.protocol import Job, Limits, Sandbox, SandboxError, Status, ToolchainMissingError
from tests.components import (
    SOAK,
    missing,
    require_bubblewrap,
    require_docker,
    require_shared_data,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(cpu_s=90, wall_s=120, memory_mb=2048, processes=128, files=4096)
IMAGES = os.environ.get("TOSV_TEST_IMAGES", DEFAULT_PREFIX)

BANK = """pragma solidity ^0.4.24;
contract Bank {
    mapping (address => uint) balances;
    function withdraw(uint amount) public {
        require(balances[msg.sender] >= amount);
        require(msg.sender.call.value(amount)());
        balances[msg.sender] -= amount;
    }
}
"""
BASE = 'import "../lib/Base.sol";'
REENTRANCY = ("reentrancy-eth", (6, 6))


@pytest.fixture(
    scope="module", params=["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
)
def cage(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    require_docker() if request.param == "docker" else require_bubblewrap()
    try:
        opened = open_sandbox(request.param, images=IMAGES)
    except SandboxError as error:
        missing(str(error))
        raise
    try:
        with opened.open("solidity") as session:
            session.put({"s0.sol": b""})
            if b"0.4.26" not in session.run(_list_compilers()).stdout:
                missing("the image or folder of contracts is of another release")
    except ToolchainMissingError as error:
        missing(str(error))
    yield opened
    opened.close()


def _list_compilers() -> Job:
    return Job(("ls", "/opt/solidity/node_modules", "/opt/solidity/detectors.py"))


def slither(cage: Sandbox, files: dict[str, str | bytes]) -> Report:
    content = {n: t if isinstance(t, bytes) else t.encode() for n, t in files.items()}
    report = examine(cage, target_of(content), 100)
    assert report is not None
    return report


def rules(report: Report) -> set[tuple[str, tuple[int, int]]]:
    return {(one.rule, one.lines) for one in report.found}


def test_a_weak_contract_is_found_out_alike_in_two_runs(cage: Sandbox) -> None:
    first, second = (slither(cage, {"contracts/Bank.sol": BANK}) for _ in range(2))

    assert first.unchecked is None
    assert REENTRANCY in rules(first)
    assert {one.file for one in first.found} == {"contracts/Bank.sol"}
    assert not any("s0.sol" in one.message or "/box" in one.message for one in first.found)
    assert first == second


def test_the_scan_for_audits_names_places_and_categories(cage: Sandbox) -> None:
    places = scan(cage, {"Bank.sol": BANK.encode(), "notes.md": b"x"}, 100)

    assert places is not None
    assert Place("Bank.sol", (6, 6), "reentrancy") in places
    assert scan(cage, {"notes.md": b"x"}, 100) == ()
    assert scan(cage, {"Bank.sol": b"contract {"}, 100) is None


def test_a_paid_audit_pays_less_for_what_slither_finds(cage: Sandbox) -> None:
    known = [
        {"category": "reentrancy", "file": "Bank.sol", "lines": [6]},
        {"category": "access_control", "file": "Bank.sol", "lines": [3]},
    ]
    found = (
        {
            "category": "reentrancy",
            "title": "r",
            "severity": "high",
            "file": "Bank.sol",
            "lines": [6, 6],
            "explanation": "withdraw calls before it writes balances",
        },
    )
    submission = Submission(
        "general", Answer(findings=found), materials={"Bank.sol": BANK.encode()}
    )
    scores = {}
    for paid in (False, True):
        raw = {"check": "audit", "target": "Bank.sol", "known": known, "paid": paid}
        context = Context(cage, time.monotonic, time.monotonic() + 120, LIMITS)
        result = run_check("audit", submission, CHECK_OPTIONS.validate_python(raw), context)
        assert result.reason is None, result
        scores[paid] = result.score

    # P = 1 in both; R = 1/2 unpaid, and 0.3 / 1.3 where what the scanner finds counts less.
    assert scores == {False: 67, True: 38}


QUIETENING = {
    "next line": ("        require(msg", "  // slither-disable-next-line all\n        require(msg"),
    "start": ("contract Bank", "// slither-disable-start all\ncontract Bank"),
    "start and end": ("mapping", "// slither-disable-start reentrancy-eth\n    mapping"),
    "annotation": ("    function", "    /// @custom:security non-reentrant\n    function"),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIETENING)
def test_no_comment_quietens_slither(cage: Sandbox, name: str) -> None:
    before, after = QUIETENING[name]
    text = BANK.replace(before, after, 1)
    line = 1 + text[: text.index("msg.sender.call")].count("\n")
    report = slither(cage, {"Bank.sol": text})

    assert report.unchecked is None
    assert ("reentrancy-eth", (line, line)) in rules(report)


def test_nothing_that_an_answer_brings_configures_slither_or_runs(cage: Sandbox) -> None:
    mark = "#!/bin/sh\necho ran >/box/marker; echo ran >&2\n"
    settings = {"solc": "./x.sh", "detectors_to_run": "pragma", "exclude_high": True}
    planted: dict[str, str | bytes] = {
        "Bank.sol": BANK,
        "x.sh": mark,
        "slither.config.json": json.dumps(settings),
        "slither.db.json": json.dumps([{"id": "x", "description": "reentrancy"}]),
        "hardhat.config.js": "require('fs').writeFileSync('/box/marker', 'ran')",
        "foundry.toml": "[profile.default]",
        "package.json": "{}",
        "node_modules/.bin/hardhat": mark,
        "crytic_compile.config.json": json.dumps({"solc": "./x.sh"}),
    }
    content = {n: t if isinstance(t, bytes) else t.encode() for n, t in planted.items()}
    target = target_of(content)
    assert set(target.files) == {"s0.sol"}
    # Even where all of it lay beside the source, and in the job's own folder.
    with cage.open("solidity") as session:
        session.put({**content, **target.files}, executable=("x.sh", "node_modules/.bin/hardhat"))
        job = Slither().job(target, LIMITS)
        beside = {name: text for name, text in content.items() if name != "Bank.sol"}
        job = replace(job, files=beside, collect=(*job.collect, "marker", "src/marker"))
        outcome = session.run(job)
    report = Slither().read(outcome, target)

    assert set(outcome.artifacts) == {"report.json"}
    assert report.unchecked is None
    assert REENTRANCY in rules(report)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../x.sol", "/opt/solidity/x.sol", "s0.sol"])
def test_an_import_reaches_nothing_outside_the_answer(cage: Sandbox, path: str) -> None:
    report = slither(
        cage, {"a.sol": f'pragma solidity ^0.8.0;\nimport "{path}";\ncontract A {{}}\n'}
    )

    assert report.found == ()
    assert str(report.unchecked).startswith("a.sol: it does not compile with solc 0.8")
    assert "not found" in str(report.unchecked)
    assert "root:" not in str(report)


def test_files_that_import_each_other_are_one_program(cage: Sandbox) -> None:
    report = slither(
        cage,
        {
            "src/Bank.sol": BANK.replace("contract Bank", f"{BASE}\ncontract Bank is Base"),
            "lib/Base.sol": "pragma solidity >=0.4.11 <0.5.0;\ncontract Base { address owner;\n"
            "  function set() public { owner = tx.origin; require(tx.origin == owner); } }\n",
            "new/Other.sol": "pragma solidity ^0.8.20;\ncontract Other { function f() external {\n"
            "    selfdestruct(payable(msg.sender)); } }\n",
        },
    )  # fmt: skip

    assert report.unchecked is None
    found = {(one.file, one.rule) for one in report.found}
    assert ("src/Bank.sol", "reentrancy-eth") in found
    assert ("lib/Base.sol", "tx-origin") in found
    assert ("new/Other.sol", "suicidal") in found


# crytic/slither#2489, closed as not to be fixed.
CRASH = (
    b"pragma solidity ^0.4.24; contract A { function f(address x) public {\n"
    b"(bool ok, ) = x.call(''); ok; } }"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"pragma solidity 0.4.3; contract A {}", "pragma 0.4.3 needs a compiler that is not"),
        (b"pragma solidity ^0.4.0; pragma solidity ^0.8.0; contract A {}", "needs a compiler"),
        (b"\xff\xfe contract", "it is not UTF-8 text"),
        (b"pragma solidity ^0.8.0; contract A { uint x = ; }", "it does not compile with solc 0.8"),
        (b"contract A { uint x = " + b"(" * 20000 + b"1" + b")" * 20000 + b"; }", ""),
        (CRASH, "Slither broke down on it"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_checked_and_never_clean(
    cage: Sandbox, text: bytes, words: str
) -> None:
    report = slither(cage, {"a.sol": text, "Bank.sol": BANK})

    assert str(report.unchecked).startswith("a.sol: ")
    assert words in str(report.unchecked)
    assert {one.file for one in report.found} == {"Bank.sol"}, "one file took another with it"


def test_a_result_that_decides_nothing_is_as_unchecked_as_none(cage: Sandbox) -> None:
    old = (
        "pragma solidity ^0.4.24;\ncontract A {\n  function f(address a, uint n) public {\n"
        "    bool lost = a.send(n);\n    bool kept = a.send(n);\n    require(kept);\n"
        "    bool over = a.send(n);\n    over = true;\n    require(over);\n"
        "    if (a.send(n)) {}\n    if (a.send(n)) { n = 1; }\n  }\n"
        "  function g(address a) public returns (bool ok) { ok = a.send(1); }\n}\n"
    )
    new = (
        "pragma solidity ^0.8.0;\ncontract A {\n  bytes data;\n  bool ok;\n"
        "  function f(address a) public {\n    (, data) = a.call('');\n"
        "    (ok, data) = a.call('');\n    (bool lost, ) = a.call('');\n  }\n}\n"
    )
    report = slither(cage, {"new.sol": new, "old.sol": old})

    assert report.unchecked is None
    found = {(one.file, one.lines[0]) for one in report.found if one.rule == "unread-result"}
    assert found == {
        ("old.sol", 4),
        ("old.sol", 7),
        ("old.sol", 10),
        ("new.sol", 6),
        ("new.sol", 8),
    }


def test_a_repaired_contract_has_no_finding_of_the_categories_repaired(cage: Sandbox) -> None:
    text = (
        "pragma solidity ^0.8.0;\ncontract A {\n  mapping(address => uint) owed;\n"
        "  function take() public {\n    uint n = owed[msg.sender];\n    owed[msg.sender] = 0;\n"
        "    (bool sent, ) = msg.sender.call{value: n}('');\n    require(sent);\n  }\n"
        "  function give(address payable a) public {\n    a.transfer(owed[a]);\n"
        "    owed[a] = 0;\n  }\n}\n"
    )
    places = scan(cage, {"A.sol": text.encode()}, 100)

    assert places is not None
    repaired = {"reentrancy", "unchecked_low_level_calls"}
    assert not [one for one in places if one.category in repaired]


def test_the_compilers_own_words_come_with_their_lines(cage: Sandbox) -> None:
    target = target_of(
        {
            "new.sol": b"pragma solidity ^0.8.0;\ncontract A {\n function f() public { int x; }}\n",
            "old.sol": b"pragma solidity ^0.4.9;\ncontract B {\n  uint x = y;\n}\n",
        }
    )  # fmt: skip
    with cage.open("solidity") as session:
        session.put(target.files)
        report = Solc().read(session.run(Solc().job(target, LIMITS)), target)

    assert report.unchecked is None
    found = {(one.file, one.lines, one.level) for one in report.found}
    assert ("new.sol", (3, 3), Level.WARNING) in found
    assert ("old.sol", (3, 3), Level.ERROR) in found


def test_vyper_says_what_is_wrong_and_where(cage: Sandbox) -> None:
    texts = {"s0.vy": b"x: uint256\n", "s1.vy": b"@external\ndef f() -> uint256:\n    return y\n"}
    target = Target("vyper", texts, {"s0.vy": "good.vy", "s1.vy": "bad.vy"})
    with cage.open("vyper") as session:
        session.put(target.files)
        report = Vyper().read(session.run(Vyper().job(target, LIMITS)), target)

    assert report.unchecked is None
    assert [(one.file, one.lines) for one in report.found] == [("bad.vy", (3, 3))]


@pytest.mark.parametrize(
    "pragma", ["0.4.15", "^0.4.18", ">=0.5.0 <0.6.0", "^0.6.0", "~0.7.0", "0.8.20"]
)
def test_the_compile_check_chooses_a_compiler_by_pragma(cage: Sandbox, pragma: str) -> None:
    good = f"pragma solidity {pragma};\ncontract A {{ uint x; }}\n".encode()
    bad = f"pragma solidity {pragma};\ncontract A {{ uint x = y; }}\n".encode()
    with cage.open("solidity") as session:
        assert build(session, "solidity", {"main.sol": good}).ok
        assert build(session, "solidity", {"main.sol": bad}).status is Status.COMPILE_ERROR
        assert syntax(session, "solidity", {"main.sol": bad}).ok, "it only has to parse"
        broken = {"main.sol": bad.replace(b"uint", b"uint (")}
        assert syntax(session, "solidity", broken).status is Status.COMPILE_ERROR


def test_a_compiler_that_breaks_down_judges_nothing(cage: Sandbox) -> None:
    # 0.4.11 aborts where it should report an error.
    files = {"main.sol": b"pragma solidity 0.4.11;\ncontract A { uint ( x; }\n"}
    with cage.open("solidity") as session, pytest.raises(ToolchainMissingError):
        build(session, "solidity", files)

    assert scan(cage, files, 100) is None
    later = slither(cage, {"main.sol": "pragma solidity ^0.4.11;\ncontract A { uint ( x; }\n"})
    assert "it does not compile with solc 0.4.26 (main.sol line 2" in str(later.unchecked)


def _public_set() -> list[dict[str, Any]]:
    lines = require_shared_data("code/solidity_contracts.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return rows if SOAK else rows[::7]


def test_the_public_set_is_examined_whole(cage: Sandbox) -> None:
    silent = []
    for row in _public_set():
        report = slither(cage, {"main.sol": row["source"]})
        if not report.found:
            assert report.unchecked, row["id"]
            silent.append(row["id"])
    assert len(silent) <= 1, silent
