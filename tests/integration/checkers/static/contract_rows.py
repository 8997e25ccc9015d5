"""Rows of Solidity and Vyper."""

from __future__ import annotations

from tests.integration.checkers.static.rows import MARKER, Failure, Injection

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
RUNS = f"#!/bin/sh\necho {MARKER}\ntouch /tmp/{MARKER}\n"
HARDHAT = f"require('fs').writeFileSync('/tmp/{MARKER}', '')\n"
SETTINGS = '{"solc": "./x.sh", "detectors_to_run": "pragma", "exclude_high": true}'


def slither(
    name: str, planted: dict[str, str | bytes], source: str = BANK, found: str = "reentrancy-eth"
) -> Injection:
    return Injection(
        name, "slither", "solidity", {"Bank.sol": source}, planted, (f"slither/{found}",)
    )


def quiet(name: str, before: str, after: str) -> Injection:
    return slither(name, {}, BANK.replace(before, after, 1))


INJECTIONS = (
    slither("slither.config.json with a compiler", {"slither.config.json": SETTINGS, "x.sh": RUNS}),
    slither("slither.db.json", {"slither.db.json": '[{"id": "x", "description": "reentrancy"}]'}),
    slither(
        "a project of Hardhat",
        {
            "hardhat.config.js": HARDHAT,
            "package.json": "{}",
            "node_modules/.bin/hardhat": RUNS,
        },
    ),
    slither("a project of Foundry", {"foundry.toml": "[profile.default]\n"}),
    quiet(
        "slither-disable-next-line",
        "        require(msg",
        "        // slither-disable-next-line all\n        require(msg",
    ),
    quiet("slither-disable-start", "contract Bank", "// slither-disable-start all\ncontract Bank"),
    quiet(
        "security annotation",
        "    function",
        "    /// @custom:security non-reentrant\n    function",
    ),
    Injection(
        "a compiler of its own",
        "solc",
        "solidity",
        {"a.sol": "pragma solidity ^0.8.0;\ncontract A {\n    uint x = y;\n}\n"},
        {"solc.js": HARDHAT, "package.json": "{}", "remappings.txt": "a=/etc/\n"},
        ("solc/7576",),
    ),
    Injection(
        "a module called vyper",
        "vyper",
        "vyper",
        {"a.vy": "@external\ndef f() -> uint256:\n    return y\n"},
        {"vyper.py": f"print('{MARKER}')\n", "vyper/__init__.py": f"print('{MARKER}')\n"},
        ("vyper/UndeclaredDefinition",),
    ),
)

SOLIDITY = ("slither", "solc")
# crytic/slither#2489, closed as not to be fixed.
CRASH = (
    b"pragma solidity ^0.4.24; contract A { function f(address x) public {\n"
    b"(bool ok, ) = x.call(''); ok; } }"
)


def imports(path: str) -> dict[str, bytes]:
    return {"a.sol": f'pragma solidity ^0.8.0;\nimport "{path}";\ncontract A {{}}\n'.encode()}


FAILURES = (
    Failure("a syntax error", SOLIDITY, "solidity", {"a.sol": b"contract A { uint x = ; }"}),
    Failure("a file of the machine", SOLIDITY, "solidity", imports("/etc/passwd")),
    Failure("a file above", SOLIDITY, "solidity", imports("../../etc/passwd")),
    Failure("what Slither breaks down on", ("slither",), "solidity", {"a.sol": CRASH}),
    Failure("bytes that are not UTF-8", SOLIDITY, "solidity", {"a.sol": b"// \xff\xfe\n"}),
    Failure(
        "no fault",
        ("solc",),
        "solidity",
        {
            "a.sol": b"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\ncontract A {}\n",
        },
        clean=True,
    ),
    Failure("a syntax error", ("vyper",), "vyper", {"a.vy": b"def f(:\n"}),
    Failure("no fault", ("vyper",), "vyper", {"a.vy": b"x: uint256\n"}, clean=True),
)
