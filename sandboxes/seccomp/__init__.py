"""The job's own system call filter: the table as a BPF program.

It lies over the engine's profile, or stands alone where there is none. It answers errors rather
than killing, so that a library that merely asks goes on. No privilege is needed to install it, and
it can never be taken off.
"""

from __future__ import annotations

import errno
import os
import struct
from functools import cache
from types import MappingProxyType
from typing import Final

from sandboxes.seccomp.numbers import NUMBERS
from sandboxes.seccomp.table import ERRORS, OPEN_NAMES, RULES, WHOLE, Rule

__all__ = ["NUMBERS", "program"]

# Classic BPF, <linux/filter.h> and <linux/seccomp.h>.
LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
GO: Final = 0x05  # BPF_JMP | BPF_JA
EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
RETURN: Final = 0x06  # BPF_RET | BPF_K
ALLOW: Final = 0x7FFF0000
ERRNO: Final = 0x00050000
NUMBER_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16
FAR: Final = 255  # instructions that a conditional jump can pass over

AUDIT_ARCH: Final = MappingProxyType({"x86_64": 0xC000003E, "aarch64": 0xC00000B7})

Code = tuple[bytes, ...]
Run = tuple[int, Code]
"""Numbers from here up to the next run have one answer."""


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


YES: Final = (_instruction(RETURN, ALLOW),)


def _no(number: int) -> Code:
    return (_instruction(RETURN, ERRNO | number),)


def _by_argument(rule: Rule) -> Code:
    # Both machines are little-endian: the low half of an argument comes first.
    code = [_instruction(LOAD, FIRST_ARGUMENT_AT + 8 * rule.argument)]
    if rule.mask != WHOLE:
        code.append(_instruction(AND, rule.mask))
    for at, value in enumerate(rule.values):
        code.append(_instruction(EQUAL, value, then=len(rule.values) - at))
    found, other = (_no(rule.error), YES) if rule.refuse else (YES, _no(rule.error))
    return (*code, *other, *found)


def _runs(numbers: dict[int, str], rules: dict[str, Rule]) -> list[Run]:
    """The answer for every number there is: the last run has no end."""
    found: list[Run] = []
    for number in range(max(numbers) + 2):
        name = numbers.get(number, "")
        if name in rules:
            answer = _by_argument(rules[name])
        else:
            answer = YES if name in OPEN_NAMES else _no(ERRORS.get(name, errno.ENOSYS))
        if not found or found[-1][1] != answer:
            found.append((number, answer))
    return found


def _search(runs: list[Run]) -> Code:
    """Halve the numbers until one run is left: few steps for every call of every job."""
    if len(runs) == 1:
        return runs[0][1]
    middle = len(runs) // 2
    below, above = _search(runs[:middle]), _search(runs[middle:])
    start = runs[middle][0]
    if len(below) <= FAR:
        return (_instruction(AT_LEAST, start, then=len(below)), *below, *above)
    step = (_instruction(AT_LEAST, start, otherwise=1), _instruction(GO, len(below)))
    return (*step, *below, *above)


@cache
def program(machine: str | None = None, more: tuple[Rule, ...] = ()) -> bytes:
    """Return the filter for a machine as an array of `struct sock_filter`.

    Rules in `more` close calls that the table leaves open. Numbers of the x32 calls lie above all
    others, so they are closed like those of kernels to come.
    """
    machine = machine or os.uname().machine
    if machine not in NUMBERS:
        raise OSError(errno.ENOSYS, f"no system call filter for {machine}")
    numbers = {number: name for name, number in NUMBERS[machine].items()}
    rules = {rule.name: rule for rule in (*RULES, *more)}
    code = (
        _instruction(LOAD, ARCH_AT),
        _instruction(EQUAL, AUDIT_ARCH[machine], then=1),
        *_no(errno.ENOSYS),
        _instruction(LOAD, NUMBER_AT),
        *_search(_runs(numbers, rules)),
    )
    return b"".join(code)
