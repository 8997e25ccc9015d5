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
        "bash": b"echo $((6 * 7))\n",
    }
)
OUTPUT = b"42"
"""What the program prints, besides white space around it."""
