"""One table of weaknesses: names of DASP, SWC, CWE and OWASP to one canonical name.

Two categories mean the same when their canonical names are equal, or when one is the group of the
other: `SWC-115` is `tx_origin`, a kind of `access_control`, so it matches `DASP-2` and `CWE-284`,
and does not match `SWC-106`, another kind of the same group.

Sources: DASP Top 10 (2018), the SWC registry (SWC-100 to SWC-136), OWASP Smart Contract Top 10
(2025), OWASP Top 10 (2021) with the CWEs that it lists, and CWE 4 for the parents.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from checkers.audit.weaknesses import WEAKNESSES

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH: Final = 128
"""Characters of a category's name that are read."""

TAXONOMIES: Final = ("swc", "dasp", "cwe", "owasp")

# `SWC-107`, `swc 107: Reentrancy`, `CWE_0841`, `A03`, `SC05`, `external/cwe/cwe-079`.
_NUMBERED: Final = re.compile(
    r"(?:external/cwe/)?(swc|cwe|dasp|sc|a)[\s_:#.-]{0,3}0{0,4}([1-9][0-9]{0,4})(?![0-9a-z])",
    re.ASCII,
)
_YEAR: Final = re.compile(r"(sc|a)[\s_:#.-]{0,3}(0[1-9]|10)[\s_:-]?(20[0-9]{2})(?![0-9])", re.ASCII)
_YEARS: Final = {"sc": "2025", "a": "2021"}
_BARE: Final = re.compile(r"0{0,4}([1-9][0-9]{0,4})", re.ASCII)
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


def _tables() -> tuple[dict[str, str], dict[str, str]]:
    names: dict[str, str] = {}
    parents: dict[str, str] = {}
    for weakness in WEAKNESSES:
        if weakness.group is not None:
            parents[weakness.name] = weakness.group
        numbers = [f"swc{number}" for number in weakness.swc]
        numbers += [f"cwe{number}" for number in weakness.cwe]
        for text in (weakness.name, *weakness.also, *weakness.owasp, *numbers):
            names[_key(text)] = weakness.name
    return names, parents


def _key(text: str) -> str:
    return _NOT_WORD.sub("", text.lower())


_NAMES, _PARENTS = _tables()
NAMES: Final[Mapping[str, str]] = MappingProxyType(_NAMES)
"""Every spelling (lower case, letters and digits only) to its canonical name."""

GROUPS: Final[Mapping[str, str]] = MappingProxyType(_PARENTS)
"""A canonical name to the group that it is a kind of; groups themselves are not in it."""


def canonical(text: str, taxonomy: str | None = None) -> str | None:
    """Return the canonical name of a category however it is spelled; None: it is unknown.

    A number comes before the words after it (`SWC-107: Arithmetic` is reentrancy). A bare number
    is read in `taxonomy` (`swc`, `dasp` or `cwe`) where the task names one.
    """
    lowered = text[: MAX_LENGTH + 1].strip().lower()
    if not lowered or len(lowered) > MAX_LENGTH:
        return None
    dated = _YEAR.match(lowered)
    if dated is not None:
        # Other years number their entries otherwise; reading them by this table would mislead.
        return NAMES.get(f"{dated[1]}{dated[2]}") if dated[3] == _YEARS[dated[1]] else None
    numbered = _NUMBERED.match(lowered)
    if numbered is not None:
        return NAMES.get(_number(numbered[1], int(numbered[2])))
    bare = _BARE.fullmatch(lowered)
    if bare is not None and taxonomy in ("swc", "cwe", "dasp"):
        return NAMES.get(_number(taxonomy, int(bare[1])))
    return NAMES.get(_key(lowered))


def _number(taxonomy: str, number: int) -> str:
    return f"{taxonomy}{number:02d}" if taxonomy in ("sc", "a") else f"{taxonomy}{number}"


def group_of(name: str) -> str:
    """Return the group of a canonical name; a group is its own."""
    return GROUPS.get(name, name)


def same(one: str, other: str) -> bool:
    """True when two canonical names mean the same: equal, or one is the other's group."""
    return one == other or GROUPS.get(one) == other or GROUPS.get(other) == one
