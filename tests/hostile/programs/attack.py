"""What attacks share: a door that opens is printed, so that the table can forbid it."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
tried = 0


def door(name, action, *words):
    global tried
    tried += 1
    try:
        action(*words)
    except (OSError, ValueError, EOFError):
        return
    print("OPEN", name, flush=True)


def must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def read(path):
    if os.path.isdir(path):
        if not os.listdir(path):
            raise OSError("empty")
        return
    with open(path, "rb") as file:
        if not file.read(1):
            raise OSError("empty")


def done():
    print("tried", tried, flush=True)
