"""Runs inside the cage: calls one function of the answer and writes its result to a file.

Shares a process with hostile code, so nothing here is trusted outside: what comes back is only a
value to compare, and a forged value is a wrong value like any other. Standard library only.
"""

import importlib.util
import json
import os
import sys

MAX_DEPTH = 100

# Taken before the answer is imported, so that replacing them harms the answer alone.
_dumps, _open, _exit, _str, _type = json.dumps, open, os._exit, str, type
_isinstance, _iter, _hex, _float_repr = isinstance, iter, hex, float.__repr__


class Unfit(Exception):
    """The function returned something that JSON has no form for."""


def encode(value, depth=0):
    """Tagged JSON that keeps apart what plain JSON mixes: integers, floats, sets, tuples."""
    if depth > MAX_DEPTH:
        raise Unfit("the result is nested too deep")
    if value is None or value is True or value is False or _type(value) is _str:
        return value
    if _isinstance(value, str):
        return str.__str__(value)
    if _isinstance(value, int):
        return ["i", _hex(int.__index__(value))]
    if _isinstance(value, float):
        return ["f", _float_repr(value)]
    if _isinstance(value, dict):
        return ["d", [[key_text(key), encode(item, depth + 1)] for key, item in value.items()]]
    return [sequence_tag(value), [encode(item, depth + 1) for item in value]]


def sequence_tag(value):
    if _isinstance(value, tuple):
        return "t"
    if _isinstance(value, (set, frozenset)):
        return "S"
    if _isinstance(value, list) or (
        hasattr(value, "__iter__") and not _isinstance(value, (bytes, bytearray, memoryview))
    ):
        return "l"
    raise Unfit("the result holds a " + _type(value).__name__ + ", which JSON cannot")


def key_text(key):
    """Keys as `json.dumps` writes them."""
    if _isinstance(key, str):
        return str.__str__(key)
    if key is None or _isinstance(key, (bool, int, float)):
        return (
            {None: "null", True: "true", False: "false"}[key]
            if (key is None or _isinstance(key, bool))
            else repr(key)
        )
    raise Unfit("the result has a key of type " + _type(key).__name__)


def load(path):
    folder, name = os.path.split(path)
    sys.path[:0] = [folder] if folder == "/program" else [folder, "/program"]
    stem = name.rpartition(".")[0]
    spec = importlib.util.spec_from_file_location(stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    return module


def answer_to(request):
    try:
        module = load(request["path"])
        function = getattr(module, request["function"], None)
        if not callable(function):
            raise Unfit("there is no function called " + request["function"])
        return {"value": encode(function(*request["args"], **request["kwargs"]))}
    except BaseException as error:
        kind = _type(error).__name__
        try:
            message = _str(error)
        except BaseException:
            message = ""
        return {"error": [kind, message[:2000]]}


def main():
    with _open(sys.argv[1], "rb") as source:
        request = json.loads(source.read())
    record = _dumps(answer_to(request)).encode()
    with _open(request["result"], "wb") as sink:
        sink.write(record)
    _exit(0)


main()
