"""The smallest program of each language: it prints 42, or compiles where the language only does."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HELLO: Mapping[str, bytes] = MappingProxyType(
    {
        "python": b"print(6 * 7)\n",
        "c": b'#include <math.h>\n#include <stdio.h>\nint main() { printf("%g", sqrt(1764)); }\n',
        "cpp": b"#include <iostream>\nint main() { std::cout << 42 << '\\n'; }\n",
        "javascript": b"console.log(6 * 7)\n",
        "typescript": b"const answer: number = 42;\nconsole.log(answer);\n",
        "rust": b'fn main() { println!("{}", 6 * 7); }\n',
        "go": b'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(6 * 7) }\n',
        "java": b"""\
class Main {
    public static void main(String[] args) { System.out.println(6 * 7); }
}
""",
        "solidity": b"""\
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;
contract Answer { function answer() external pure returns (uint256) { return 42; } }
""",
        "vyper": b"@external\n@pure\ndef answer() -> uint256:\n    return 42\n",
        "bash": b"echo $((6 * 7))\n",
    }
)
OUTPUT = b"42"
"""What the program prints, besides white space around it."""
