"""What Slither's detectors stand for: category, weaknesses (CWE) and registry numbers (SWC).

Detectors are those of slither-analyzer 0.11.6, and `unread-result`, which is ours; impact and
confidence come with each result. What is of style, or of the compiler's version, is not in the
table: it has no category. Nor have `low-level-calls`, which names every such call, checked or not,
and `reentrancy-unlimited-gas`, which is of `send` and `transfer` alone: they hand on too little gas
to come back. Categories are the audit check's canonical names: those of the DASP Top
10 (2018), and finer ones. SWC numbers are those of the SWC registry (SWC-100 to SWC-136), CWE
numbers those that the registry relates to them, else of CWE 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from checkers.static.protocol import Level

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Weakness:
    """What a detector looks for.

    `category` is a canonical name of the audit check, `group` the broad one that it is a kind of
    (DASP's, where DASP has one), or the same. `swc` is None where the registry has no number.
    """

    category: str
    group: str
    cwe: tuple[int, ...] = ()
    swc: int | None = None


# group, category, CWE, SWC (0: none), detectors
_ROWS: Final = (
    ("reentrancy", "", 841, 107, "reentrancy-balance reentrancy-benign reentrancy-eth"),
    ("reentrancy", "", 841, 107, "reentrancy-events reentrancy-no-eth"),
    ("access_control", "unprotected_withdrawal", 284, 105, "arbitrary-send-eth"),
    ("access_control", "unprotected_withdrawal", 284, 105, "arbitrary-send-erc20"),
    ("access_control", "unprotected_withdrawal", 284, 105, "arbitrary-send-erc20-permit"),
    ("access_control", "unprotected_selfdestruct", 284, 106, "suicidal"),
    ("access_control", "", 284, 0, "protected-vars unprotected-upgrade events-access"),
    ("access_control", "tx_origin", 477, 115, "tx-origin"),
    ("access_control", "untrusted_callee", 829, 112, "controlled-delegatecall"),
    ("access_control", "improper_initialization", 665, 118, "multiple-constructors void-cst"),
    ("access_control", "improper_initialization", 665, 118, "reused-constructor"),
    ("access_control", "arbitrary_write", 123, 124, "controlled-array-length"),
    ("access_control", "", 670, 0, "incorrect-modifier"),
    ("arithmetic", "precision_loss", 682, 0, "divide-before-multiply"),
    ("arithmetic", "", 682, 0, "incorrect-exp incorrect-shift events-maths"),
    ("arithmetic", "", 682, 0, "incorrect-unary tautology tautological-compare"),
    ("arithmetic", "truncating_cast", 681, 0, "enum-conversion"),
    ("unchecked_low_level_calls", "", 252, 104, "unchecked-lowlevel unchecked-send"),
    ("unchecked_low_level_calls", "", 252, 104, "unchecked-transfer unread-result unused-return"),
    ("denial_of_service", "failed_call_dos", 703, 113, "calls-loop"),
    ("denial_of_service", "gas_limit_dos", 400, 128, "costly-loop"),
    ("denial_of_service", "gas_griefing", 400, 126, "return-bomb"),
    ("denial_of_service", "unexpected_balance", 667, 132, "incorrect-equality locked-ether"),
    ("bad_randomness", "", 330, 120, "weak-prng gelato-unprotected-randomness"),
    ("front_running", "", 362, 114, "out-of-order-retryable"),
    ("time_manipulation", "", 829, 116, "timestamp"),
    ("price_oracle", "", 20, 0, "chainlink-feed-registry chronicle-unchecked-price"),
    ("price_oracle", "", 20, 0, "pyth-unchecked-confidence pyth-unchecked-publishtime"),
    ("input_validation", "", 20, 0, "missing-zero-check"),
    ("signature_verification", "signature_replay", 294, 0, "domain-separator-collision"),
    ("business_logic", "", 840, 0, "delegatecall-loop msg-value-loop msg-value-in-nonpayable"),
    ("other", "uninitialized_storage", 824, 109, "uninitialized-storage"),
    ("other", "hash_collision", 294, 133, "encode-packed-collision"),
    ("other", "hidden_characters", 451, 130, "rtlo"),
    ("other", "shadowing", 710, 119, "shadowing-abstract shadowing-state"),
    ("other", "shadowing", 710, 119, "shadowing-builtin shadowing-local"),
    ("other", "", 457, 0, "uninitialized-fptr-cst uninitialized-local uninitialized-state"),
    ("other", "assert_violation", 670, 110, "assert-state-change"),
    ("other", "", 670, 0, "constant-function-asm constant-function-state function-init-state"),
    ("other", "", 670, 0, "boolean-cst incorrect-return return-leave variable-scope"),
    ("other", "", 670, 0, "array-by-reference mapping-deletion incorrect-using-for"),
    ("other", "", 573, 0, "erc20-interface erc721-interface erc20-indexed"),
    ("other", "", 694, 0, "name-reused"),
    ("other", "", 1102, 0, "abiencoderv2-array storage-array public-mappings-nested"),
    ("other", "dead_code", 1164, 131, "unused-state write-after-write"),
    ("other", "dead_code", 1164, 135, "redundant-statements"),
    ("other", "deprecated_functions", 477, 111, "deprecated-standards"),
    ("other", "deprecated_functions", 477, 0, "optimism-deprecation pyth-deprecated-functions"),
)
WEAKNESSES: Final[Mapping[str, Weakness]] = MappingProxyType(
    {
        detector: Weakness(category or group, group, (cwe,), swc or None)
        for group, category, cwe, swc, detectors in _ROWS
        for detector in detectors.split()
    }
)
"""By the detector's own name."""

_LEVELS: Final[Mapping[str, Level]] = MappingProxyType(
    {
        "High": Level.ERROR,
        "Medium": Level.WARNING,
        "Low": Level.NOTE,
        "Informational": Level.NOTE,
        "Optimization": Level.NOTE,
    }
)


def level_of(impact: str, confidence: str) -> Level:
    """Return the level of a result: its impact, one step milder where confidence is low."""
    level = _LEVELS.get(impact, Level.NOTE)
    if confidence != "Low":
        return level
    return Level.WARNING if level is Level.ERROR else Level.NOTE


def category_of(detector: str) -> str | None:
    """Return the canonical category of what a detector finds; None for matters of style."""
    known = WEAKNESSES.get(detector)
    return None if known is None else known.category


def cwe_of(detector: str) -> tuple[int, ...]:
    """Return the weaknesses that a detector stands for; none for matters of style."""
    known = WEAKNESSES.get(detector)
    return () if known is None else known.cwe
