"""The job's own system call filter, laid over the engine's.

The default profile of engines still in use lets an unprivileged job make io_uring rings, vsock and
kernel-crypto sockets, and each of these has been a way out. The filter answers errors rather than
killing, so that a library that merely asks goes on. No privilege is needed to install it, and it
can never be taken off.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from types import MappingProxyType
from typing import Final

PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2

# Classic BPF, <linux/filter.h> and <linux/seccomp.h>.
LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
RETURN: Final = 0x06  # BPF_RET | BPF_K
ALLOW: Final = 0x7FFF0000
ERRNO: Final = 0x00050000
NUMBER_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16

X32_BIT: Final = 0x40000000
CLONE_NEW: Final = 0x7E020000  # every CLONE_NEW* flag of clone(2)
SOCKET_FAMILIES: Final = (1, 2, 10)  # AF_UNIX, and loopback of AF_INET, AF_INET6
AUDIT_ARCH: Final = MappingProxyType({"x86_64": 0xC000003E, "aarch64": 0xC00000B7})

# Since Linux 5.1 new calls have one number everywhere.
COMMON: Final = MappingProxyType(
    {
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
        "fspick": 433, "clone3": 435, "pidfd_getfd": 438, "mount_setattr": 442,
        "memfd_secret": 447,
    }
)  # fmt: skip
NUMBERS: Final = MappingProxyType(
    {
        "x86_64": {
            **COMMON,
            "socket": 41, "socketpair": 53, "clone": 56, "ptrace": 101, "syslog": 103,
            "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164,
            "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
            "init_module": 175, "delete_module": 176, "quotactl": 179, "clock_settime": 227,
            "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
            "unshare": 272, "perf_event_open": 298, "fanotify_init": 300,
            "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
            "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
            "bpf": 321, "userfaultfd": 323,
        },
        "aarch64": {
            **COMMON,
            "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60,
            "acct": 89, "unshare": 97, "kexec_load": 104, "init_module": 105,
            "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117,
            "reboot": 142, "settimeofday": 170, "adjtimex": 171, "socket": 198,
            "socketpair": 199, "add_key": 217, "request_key": 218, "keyctl": 219, "clone": 220,
            "swapon": 224, "swapoff": 225, "perf_event_open": 241, "fanotify_init": 262,
            "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268,
            "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273,
            "bpf": 280, "userfaultfd": 282,
        },
    }
)  # fmt: skip
# A C library that gets ENOSYS falls back to the older call, whose flags the filter can read.
UNKNOWN: Final = frozenset({"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"})
BY_ARGUMENT: Final = frozenset({"socket", "socketpair", "clone"})


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _answer(number: int) -> bytes:
    return _instruction(RETURN, ERRNO | number)


def _families(number: int, families: tuple[int, ...]) -> list[bytes]:
    block = [_instruction(LOAD, FIRST_ARGUMENT_AT)]
    for at, family in enumerate(families):
        block.append(_instruction(EQUAL, family, then=len(families) - at))
    block += [_answer(errno.EAFNOSUPPORT), _instruction(RETURN, ALLOW)]
    return [_instruction(EQUAL, number, otherwise=len(block)), *block]


def program(machine: str | None = None) -> bytes:
    """Return the filter for a machine as an array of `struct sock_filter`."""
    machine = machine or platform.machine()
    if machine not in NUMBERS:
        raise OSError(errno.ENOSYS, f"no system call filter for {machine}")
    numbers = NUMBERS[machine]
    code = [
        _instruction(LOAD, ARCH_AT),
        _instruction(EQUAL, AUDIT_ARCH[machine], then=1),
        _answer(errno.ENOSYS),
        _instruction(LOAD, NUMBER_AT),
        _instruction(AT_LEAST, X32_BIT, otherwise=1),
        _answer(errno.ENOSYS),
    ]
    for name, number in numbers.items():
        if name not in BY_ARGUMENT:
            reason = errno.ENOSYS if name in UNKNOWN else errno.EPERM
            code += [_instruction(EQUAL, number, otherwise=1), _answer(reason)]
    code += _families(numbers["socket"], SOCKET_FAMILIES)
    code += _families(numbers["socketpair"], SOCKET_FAMILIES[:1])
    code += [
        _instruction(EQUAL, numbers["clone"], otherwise=3),
        _instruction(LOAD, FIRST_ARGUMENT_AT),
        _instruction(ANY_BIT, CLONE_NEW, otherwise=1),
        _answer(errno.EPERM),
        _instruction(RETURN, ALLOW),
    ]
    return b"".join(code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(code: bytes) -> None:
    """Put the filter on the calling process, for good; its children inherit it."""
    libc = ctypes.CDLL(None, use_errno=True)
    prog = _Program(len(code) // 8, code)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(prog), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the system call filter cannot be installed")
