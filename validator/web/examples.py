"""One small, complete submission for each task type: shown in OpenAPI, and each one is judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_FASTER = "def total(n):\n    return n * (n + 1) // 2\n"
_SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
_REPORT = (
    "Orders rose by 12 percent from May to June, because the two largest customers moved their "
    "yearly purchase forward; without them the month would have been flat."
)
_AUDIT = (
    "withdraw() sends ether before it sets the balance to zero, so a contract that calls back "
    "can drain the vault. Set the balance first, or use a reentrancy lock."
)

EXAMPLES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "code": {
            "task": {
                "id": "sum-of-two",
                "type": "code",
                "language": "python",
                "title": "Sum of two numbers",
                "description": "Read two whole numbers from one line and print their sum.",
                "checks": [
                    {"check": "syntax"},
                    {
                        "check": "tests",
                        "weight": 3,
                        "comparator": "tokens",
                        "cases": [
                            {"name": "small", "stdin": "2 3\n", "expected_stdout": "5\n"},
                            {"stdin": "-7 7\n", "expected_stdout": "0\n", "hidden": True},
                        ],
                    },
                ],
            },
            "answer": {"id": "first-try", "code": _SUM},
        },
        "code_syntax": {
            "task": {"type": "code_syntax", "language": "python"},
            "answer": {"code": "def double(x):\n    return 2 * x\n"},
        },
        "math": {
            "task": {
                "type": "math",
                "description": "Solve x^2 = 2 for x > 0.",
                "checks": [{"check": "math", "expected": "\\sqrt{2}"}],
            },
            "answer": {"content": "\\sqrt{2}"},
        },
        "structured_data": {
            "task": {
                "type": "structured_data",
                "description": "Give one order as JSON.",
                "checks": [
                    {
                        "check": "schema",
                        "schema": {
                            "type": "object",
                            "required": ["id", "amount"],
                            "properties": {
                                "id": {"type": "integer"},
                                "amount": {"type": "number", "minimum": 0},
                            },
                        },
                    }
                ],
            },
            "answer": {"content": '{"id": 7, "amount": 12.5}'},
        },
        "data_analysis": {
            "task": {
                "type": "data_analysis",
                "description": "Why did orders rise in June?",
                "checks": [{"check": "reasoning", "min_words": 10}],
            },
            "answer": {"content": "12 %", "reasoning": _REPORT},
        },
        "security_audit": {
            "task": {
                "type": "security_audit",
                "description": "Find what lets a stranger empty the vault.",
                "checks": [{"check": "reasoning", "must_mention": ["balance"]}],
            },
            "answer": {"content": "Reentrancy in withdraw().", "reasoning": _AUDIT},
        },
        "algorithm_optimization": {
            "task": {
                "type": "algorithm_optimization",
                "language": "python",
                "description": "Sum the numbers from 1 to n without a loop.",
                "checks": [
                    {
                        "check": "tests",
                        "entry": "total",
                        "calls": [
                            {"args": [10], "expected": 55},
                            {"args": [1000000], "expected": 500000500000},
                        ],
                    }
                ],
            },
            "answer": {"code": _FASTER},
        },
        "general": {
            "task": {
                "type": "general",
                "description": "Explain in two sentences why the sky is blue.",
            },
            "answer": {
                "content": "Air scatters short waves more than long ones, so blue light reaches "
                "the eye from everywhere. The rest goes straight on.",
            },
        },
    }
)
