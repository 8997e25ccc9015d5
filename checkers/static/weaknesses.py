"""What is known of security rules that ruff and bandit share: ruff's S602 is bandit's B602.

Weaknesses (CWE) and levels are those that bandit 1.9.4 gives; where its level depends on the call,
the highest one that it gives without certainty is left to bandit itself, and ruff's is a warning.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from checkers.static.protocol import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_CWE: Final = {
    20: "313 314 315 316 317 318 319 405 406 407 408 409 411 506",
    22: "202 310",
    78: "102 307 404 601 602 603 604 605 606 607",
    79: "308 704",
    80: "702 703",
    89: "608 610 611",
    94: "201 612 701",
    155: "609",
    259: "105 106 107",
    284: "412",
    295: "323 501 507",
    319: "312 321 401 402 415 508 509",
    326: "505",
    327: "303 304 305 324 413 502 503 504",
    330: "311",
    377: "108 306",
    400: "113",
    502: "301 302 403 614",
    605: "104",
    703: "101 110 112",
    732: "103",
    838: "613",
}
CWE_OF: Final[Mapping[str, int]] = MappingProxyType(
    {number: cwe for cwe, numbers in _BY_CWE.items() for number in numbers.split()}
)
"""By the number of the rule, without its letter."""

_BY_LEVEL: Final = {
    Level.ERROR: "201 304 312 321 324 401 402 411 412 413 415 501 507 602 609 613 701",
    Level.NOTE: "101 105 106 107 110 112 311 403 404 405 406 407 408 409 603 606 607",
}
_LEVEL_OF: Final = {
    number: level for level, numbers in _BY_LEVEL.items() for number in numbers.split()
}


def level_of(number: str) -> Level:
    """Return how grave a finding of the rule is by itself."""
    return _LEVEL_OF.get(number, Level.WARNING)
