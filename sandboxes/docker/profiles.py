"""The table as profiles for the engine: `SecurityOpt: ["seccomp=" + container_profile()]`.

A profile takes the place of the engine's own, so it is an allow-list as that one is: what is not
named is refused. The jobs inside install their own filter on top of either profile.
"""

from __future__ import annotations

import errno
import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sandboxes.seccomp.table import ERRORS, FOR_CAGES, OPEN_NAMES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandboxes.seccomp.table import Rule

# One profile for both machines; the engine passes over names that its machine does not have.
MACHINES: Final = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")


@cache
def container_profile() -> str:
    """For a container whose supervisor starts jobs and makes no cages: the job's own table."""
    return _profile(frozenset())


@cache
def outer_profile() -> str:
    """For a container whose supervisor makes namespaces and mounts; else as closed as a job."""
    return _profile(FOR_CAGES)


def _profile(also: frozenset[str]) -> str:
    by_argument = [rule for rule in RULES if rule.name not in also]
    # "None of these values" cannot be said soundly: libseccomp compares 64 bits where the kernel
    # reads 32. Such calls are open here and left to the job's filter.
    open_names = OPEN_NAMES | also | {rule.name for rule in by_argument if rule.refuse}
    entries = [_entry("SCMP_ACT_ALLOW", open_names)]
    for rule in by_argument:
        if not rule.refuse:
            entries += _allowed_values(rule)
    for error in sorted(set(ERRORS.values())):
        names = {name for name, given in ERRORS.items() if given == error} - also
        entries.append(_entry("SCMP_ACT_ERRNO", names, errnoRet=error))
    document = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.ENOSYS,
        "archMap": [{"architecture": machine, "subArchitectures": []} for machine in MACHINES],
        "syscalls": entries,
    }
    return json.dumps(document, separators=(",", ":"))


def _entry(action: str, names: Iterable[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"names": sorted(names), "action": action, "args": [], **more}


def _allowed_values(rule: Rule) -> list[dict[str, Any]]:
    """One entry for each value: the engine joins the arguments of one entry by `and`."""
    return [
        {
            "names": [rule.name],
            "action": "SCMP_ACT_ALLOW",
            "args": [
                {
                    "index": rule.argument,
                    "value": rule.mask,
                    "valueTwo": value,
                    "op": "SCMP_CMP_MASKED_EQ",
                }
            ],
        }
        for value in rule.values
    ]
