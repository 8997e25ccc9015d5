"""The table of system calls: whole, without doubt, and right about the numbers."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest

from sandboxes import seccomp
from sandboxes.docker.profiles import container_profile, outer_profile
from sandboxes.seccomp.numbers import NUMBERS
from sandboxes.seccomp.table import CLONE_NEW, CLOSED, ERRORS, FOR_CAGES, OPEN_NAMES, RULES

KNOWN = set(NUMBERS["x86_64"]) | set(NUMBERS["aarch64"])
BY_ARGUMENT = {rule.name for rule in RULES}
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC = Path("/usr/include/asm-generic/unistd.h")

# Calls that an engine's own profile refuses to a container with our capabilities (moby, 2025), so
# that a profile of ours in its place may not allow them.
REFUSED_BY_ENGINES = """
io_uring_setup io_uring_enter io_uring_register acct add_key bpf clock_settime clone3
create_module delete_module finit_module get_kernel_syms get_mempolicy init_module ioperm iopl
kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind mount move_pages migrate_pages
nfsservctl open_by_handle_at perf_event_open pidfd_getfd pivot_root process_madvise
process_vm_readv process_vm_writev query_module quotactl quotactl_fd reboot request_key
set_mempolicy set_mempolicy_home_node setdomainname sethostname setns settimeofday swapon
swapoff sysfs syslog _sysctl umount2 unshare uselib userfaultfd ustat vhangup fanotify_init
fsconfig fsmount fsopen fspick mount_setattr move_mount open_tree chroot afs_syscall tuxcall
security vserver getpmsg putpmsg
"""


ASKED_FOR = """
io_uring_setup keyctl add_key request_key userfaultfd ptrace unshare setns mount
clone3 kexec_load init_module bpf perf_event_open iopl ioperm quotactl_fd lookup_dcookie
vhangup sethostname setdomainname fanotify_init memfd_secret pidfd_getfd process_madvise
move_pages name_to_handle_at swapon
"""


def test_every_call_is_in_exactly_one_place() -> None:
    groups = [OPEN_NAMES, BY_ARGUMENT, *(set(group.names) for group in CLOSED)]

    assert set().union(*groups) == KNOWN
    assert sum(map(len, groups)) == len(KNOWN)
    assert all(group.reason for group in CLOSED)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_no_number_is_given_twice(machine: str) -> None:
    numbers = NUMBERS[machine]

    assert len(set(numbers.values())) == len(numbers)
    assert max(numbers.values()) == 469


@pytest.mark.skipif(not HEADER.exists(), reason="no kernel headers of x86_64")
def test_numbers_of_x86_64_are_the_headers() -> None:
    found = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))

    assert found
    for name, number in found.items():
        if int(number) <= 469 and name not in ("uretprobe", "uprobe"):
            assert NUMBERS["x86_64"].get(name) == int(number), name


@pytest.mark.skipif(not GENERIC.exists(), reason="no kernel headers")
def test_numbers_of_aarch64_are_the_generic_ones() -> None:
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", GENERIC.read_text()))
    for name, number in NUMBERS["aarch64"].items():
        if number <= 450:
            plain = {"newfstatat": "fstatat"}.get(name, name)
            assert int(found.get(name, found.get(plain, -1))) == number, name


def test_what_the_design_asks_to_be_closed_is_closed() -> None:
    for name in ASKED_FOR.split():
        assert name in ERRORS, name
    assert {"landlock_create_ruleset", "futex", "execve", "memfd_create"} <= OPEN_NAMES
    assert ERRORS["clone3"] == ERRORS["io_uring_setup"] == errno.ENOSYS
    assert ERRORS["mount"] == errno.EPERM


def allows(profile: str, name: str) -> list[dict[str, int]] | None:
    """The argument conditions under which a profile allows a call; None: never."""
    found = [
        entry
        for entry in json.loads(profile)["syscalls"]
        if name in entry["names"] and entry["action"] == "SCMP_ACT_ALLOW"
    ]
    return [arg for entry in found for arg in entry["args"]] if found else None


def test_a_profile_is_an_allow_list_as_strict_as_the_engines_own() -> None:
    document = json.loads(container_profile())

    assert document["defaultAction"] == "SCMP_ACT_ERRNO"
    assert all(allows(container_profile(), name) is None for name in REFUSED_BY_ENGINES.split())
    actions = {entry["action"] for entry in document["syscalls"]}
    assert actions == {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}


def test_the_container_profile_says_what_the_filter_says() -> None:
    profile = container_profile()

    for name in OPEN_NAMES:
        assert allows(profile, name) == [], name
    for name in ERRORS:
        assert allows(profile, name) is None, name
    for rule in RULES:
        conditions = allows(profile, rule.name)
        if rule.refuse:
            assert conditions == []
            continue
        assert conditions is not None
        assert [arg["valueTwo"] for arg in conditions] == list(rule.values)
        assert {arg["value"] for arg in conditions} == {rule.mask}
        assert {arg["op"] for arg in conditions} == {"SCMP_CMP_MASKED_EQ"}
        assert {arg["index"] for arg in conditions} == {rule.argument}


def test_an_outer_container_may_make_cages_and_nothing_else() -> None:
    inner, outer = container_profile(), outer_profile()
    opened = {name for name in KNOWN if allows(inner, name) != allows(outer, name)}

    assert opened == FOR_CAGES
    assert all(allows(outer, name) == [] for name in FOR_CAGES)
    clone = allows(inner, "clone")
    assert clone is not None
    assert clone[0]["value"] == CLONE_NEW
    for name in ("fsopen", "move_mount", "chroot", "ptrace", "bpf", "io_uring_setup", "clone3"):
        assert allows(outer, name) is None, name


def test_no_entry_of_a_profile_contradicts_another() -> None:
    for profile in (container_profile(), outer_profile()):
        seen: dict[str, str] = {}
        for entry in json.loads(profile)["syscalls"]:
            for name in entry["names"]:
                assert seen.setdefault(name, entry["action"]) == entry["action"], name


def test_a_machine_without_a_table_gets_no_filter() -> None:
    with pytest.raises(OSError, match="no system call filter for vax"):
        seccomp.program("vax")
