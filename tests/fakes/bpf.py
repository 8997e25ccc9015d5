"""The kernel's side of a filter: classic BPF over `struct seccomp_data`, as far as we use it."""

from __future__ import annotations

import struct

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LD_W_ABS, ALU_AND, JA, JEQ, JGE, RET = 0x20, 0x54, 0x05, 0x15, 0x35, 0x06
DATA_BYTES = 64  # sizeof(struct seccomp_data)
LONGEST = 4096  # BPF_MAXINSNS


def verify(code: bytes) -> None:
    """Raise unless the kernel would take it: lengths, offsets, jumps, and an end on every way."""
    assert len(code) % 8 == 0
    steps = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    assert 0 < len(steps) <= LONGEST
    for at, (kind, then, otherwise, value) in enumerate(steps):
        if kind == LD_W_ABS:
            assert value % 4 == 0
            assert value < DATA_BYTES
        elif kind == JA:
            assert at + 1 + value < len(steps)
        elif kind in (JEQ, JGE):
            assert at + 1 + max(then, otherwise) < len(steps)
        else:
            assert kind in (ALU_AND, RET)
    assert steps[-1][0] == RET


def answer(code: bytes, number: int, arguments: tuple[int, ...] = (), *, arch: int) -> int:
    """What the filter returns for one call."""
    six = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, arch, 0, *six)
    at = held = 0
    while True:
        kind, then, otherwise, value = struct.unpack_from("=HBBI", code, at * 8)
        at += 1
        if kind == RET:
            return int(value)
        if kind == LD_W_ABS:
            (held,) = struct.unpack_from("=I", data, value)
        elif kind == ALU_AND:
            held &= value
        elif kind == JA:
            at += value
        elif kind in (JEQ, JGE):
            at += then if (held == value if kind == JEQ else held >= value) else otherwise
        else:
            raise AssertionError(hex(kind))
