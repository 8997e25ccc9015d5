"""The program says exactly what the table says: every number, every argument, every machine."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandboxes import seccomp
from sandboxes.bubblewrap import filters
from sandboxes.seccomp.numbers import NUMBERS
from sandboxes.seccomp.table import ERRORS, OPEN_NAMES, RULES
from tests.fakes import bpf

if TYPE_CHECKING:
    from sandboxes.seccomp.table import Rule

MACHINES = ["x86_64", "aarch64"]
BY_NAME = {rule.name: rule for rule in RULES}
X32, I386, ARM32 = 0x40000000, 0x40000003, 0x40000028
words = st.integers(0, 2**64 - 1)


def ask(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    own = seccomp.AUDIT_ARCH[machine]
    return bpf.answer(seccomp.program(machine), number, arguments, arch=arch or own)


def wanted(machine: str, number: int, arguments: tuple[int, ...]) -> int:
    """The table, read without the compiler."""
    names = [name for name, known in NUMBERS[machine].items() if known == number]
    name = names[0] if names else ""
    if name in OPEN_NAMES:
        return bpf.ALLOW
    if name in BY_NAME:
        rule = BY_NAME[name]
        low = arguments[rule.argument] % 2**32 & rule.mask
        good = low not in rule.values if rule.refuse else low in rule.values
        return bpf.ALLOW if good else bpf.ERRNO | rule.error
    return bpf.ERRNO | ERRORS.get(name, errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_kernel_would_take_the_program(machine: str) -> None:
    bpf.verify(seccomp.program(machine))
    bpf.verify(filters.program(machine))


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_has_the_answer_of_the_table(machine: str) -> None:
    arguments = (0,) * 6
    for number in [*range(1200), 2**31 - 1, 2**31, 2**32 - 1]:
        assert ask(machine, number) == wanted(machine, number, arguments), number


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, 2**32 - 1), arguments=st.tuples(*[words] * 6))
def test_no_number_with_any_arguments_answers_otherwise(
    machine: str, number: int, arguments: tuple[int, ...]
) -> None:
    assert ask(machine, number, *arguments) == wanted(machine, number, arguments)


def near(rule: Rule) -> st.SearchStrategy[int]:
    """Arguments at and around the values of a rule, with noise where the kernel does not look."""
    close = st.sampled_from([value ^ bit for value in rule.values for bit in (0, 1, 0x80, 0x200)])
    noise = st.integers(0, 2**32 - 1).map(lambda high: high << 32)
    hidden = words.map(lambda word: word & ~rule.mask & 0xFFFFFFFF)
    return st.tuples(close, noise, hidden).map(lambda parts: parts[0] | parts[1] | parts[2])


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(data=st.data())
def test_a_rule_looks_at_what_the_kernel_looks_at(
    machine: str, rule: Rule, data: st.DataObject
) -> None:
    number = NUMBERS[machine].get(rule.name)
    if number is None:
        return
    arguments = data.draw(st.tuples(*[near(rule)] * 6))

    assert ask(machine, number, *arguments) == wanted(machine, number, arguments)
    allowed = ask(machine, number, *arguments) == bpf.ALLOW
    assert rule.allows(arguments[rule.argument]) == allowed


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, 2**32 - 1), arch=st.sampled_from([I386, ARM32, 0, 0xC00000F3]))
def test_another_machines_calls_are_all_closed(machine: str, number: int, arch: int) -> None:
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[machine]
    for foreign in (arch, seccomp.AUDIT_ARCH[other]):
        assert ask(machine, number, arch=foreign or 1) == bpf.ERRNO | errno.ENOSYS


@given(number=st.integers(X32, 2**32 - 1))
def test_x32_is_closed_whatever_lies_behind_it(number: int) -> None:
    assert ask("x86_64", number) == bpf.ERRNO | errno.ENOSYS


def test_numbers_of_kernels_to_come_are_closed_as_if_they_were_not_there() -> None:
    for machine in MACHINES:
        newest = max(NUMBERS[machine].values())
        answers = {ask(machine, number) for number in range(newest + 1, newest + 500)}
        assert answers == {bpf.ERRNO | errno.ENOSYS}


@given(pid=words)
def test_in_a_user_namespace_the_limits_of_others_are_out_of_reach(pid: int) -> None:
    for machine in MACHINES:
        arch, number = seccomp.AUDIT_ARCH[machine], NUMBERS[machine]["prlimit64"]
        given_to = bpf.answer(filters.program(machine), number, (pid,), arch=arch)
        own = pid % 2**32 == 0
        assert given_to == (bpf.ALLOW if own else bpf.ERRNO | errno.EPERM)
        assert ask(machine, number, pid) == bpf.ALLOW
